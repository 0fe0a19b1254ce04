"""The causes of an incident one by one: when each was injected and detected, and whether it was cured.

An incident of several causes is mitigated only when none of them is left. The first cause is the one injected first.
A fault that was held ready and never ordered is no cause.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from scoring.scorecard.mitigation import Mitigation
from scoring.story import Story
from scoring.story.evidence import Condition, read_conditions
from scoring.story.looks import Looks
from scoring.timeline import Event, Fault

GONE = "cause_gone"
"""The oracle's condition that a cause is gone; of several causes `cause_gone:<failure mode>`."""


@dataclass(frozen=True)
class Cause:
    """One cause. `detected` is the first alert that names it, `detection_s` drill seconds from its injection to that.

    `is_gone` is None where nobody looked. Of several causes each is mitigated when it is gone; a single one when users
    are served again.
    """

    fault: Fault
    is_first: bool
    injected_at: datetime | None
    detected: Event | None
    detection_s: float | None
    is_gone: bool | None
    is_mitigated: bool


def tell_causes(story: Story, mitigation: Mitigation) -> Iterator[Cause]:
    """Every cause in the order of injection; none in a control drill, or where nothing was injected."""
    if story.truth.control or story.injected is None:
        return
    causes = _causes(story)
    for number, fault in enumerate(causes):
        injected = _injection(story, fault, is_only=len(causes) == 1)
        detected = _detection(story, fault)
        detection_s = story.drill_s(injected.occurred_at, detected.occurred_at) if injected and detected else None
        is_gone = _is_gone(story, fault, is_only=len(causes) == 1)
        yield Cause(
            fault=fault,
            is_first=number == 0,
            injected_at=injected.occurred_at if injected else None,
            detected=detected,
            detection_s=detection_s,
            is_gone=is_gone,
            is_mitigated=mitigation.started_at is not None if len(causes) == 1 else is_gone is True,
        )


def with_every_cause_gone(story: Story, mitigation: Mitigation) -> Mitigation:
    """The mitigation, unless one of several causes was left: then users being served again was no mitigation."""
    causes = _causes(story)
    if len(causes) < 2 or mitigation.started_at is None:
        return mitigation
    left = [fault.failure_mode for fault in causes if _is_gone(story, fault, is_only=False) is False]
    if not left:
        return mitigation
    seen = f"still there: {', '.join(left)}"
    conditions = (*mitigation.conditions, Condition("every_cause_gone", False, seen))
    return replace(mitigation, started_at=None, held_at=None, conditions=conditions)


def _causes(story: Story) -> list[Fault]:
    first, *later = story.truth.causes
    return [first, *(fault for fault in later if _injection(story, fault, is_only=False) is not None)]


def _injection(story: Story, fault: Fault, *, is_only: bool) -> Event | None:
    if is_only:
        return story.injected
    injected = story.by_kind.get("fault.injected", ())
    return next((event for event in injected if event.text("fault") == fault.failure_mode), None)


def _detection(story: Story, fault: Fault) -> Event | None:
    times = story.chronicle.times.get("alert.firing", ())
    if story.begin_at is None:
        return None
    first, last = bisect_left(times, story.begin_at), bisect_right(times, story.ended_at)
    place = story.alerts.first_of(fault.alerts, first, last)
    return None if place is None else story.by_kind["alert.firing"][place]


def _is_gone(story: Story, fault: Fault, *, is_only: bool) -> bool | None:
    last = story.chronicle.index(Looks).last_for_recovery
    name = GONE if is_only else f"{GONE}:{fault.failure_mode}"
    seen = read_conditions(last) if last is not None else []
    return next((condition.ok for condition in seen if condition.name == name), None)
