"""When users were served again, by the oracle's rule: the start of the verification window that then holds.

A window is W = max(the playbook's verification window, the longest alert `for`) drill seconds. It holds from an instant
on if, until W later, no two of three load windows are outside the thresholds, the failed share of all requests is
within them, there are enough requests, offered load is at least the playbook's share of the baseline's, and every check
of the oracle is ok. Where load windows or checks are missing, the answer is "cannot tell", never yes or no.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.evidence import Answer, Checks, Condition, Load, verification_s
from scoring.story import Story
from scoring.timeline import Event

_SLACK_S = 0.05
"""Wall seconds by which clocks and timers may differ."""


@dataclass(frozen=True)
class Mitigation:
    """`started_at` is when the window that held began, `held_at` when it had held; both None if none did.

    `unsure_at` is the earliest instant at which one might have begun, had nothing been missing from the record.
    `reverted` says that users were served again only because the fault ended by itself.
    """

    started_at: datetime | None = None
    held_at: datetime | None = None
    unsure_at: datetime | None = None
    unsure_why: str = ""
    reverted: Event | None = None
    conditions: tuple[Condition, ...] = ()


def find_mitigation(story: Story) -> Mitigation:
    """The mitigation of a drill in which a fault was injected. Pure."""
    if story.onset_at is None:
        return Mitigation()
    found = _from_windows(story) if story.windows else _from_impact_events(story)
    if found.started_at is None:
        return found
    reverted = story.reverted
    slack = timedelta(seconds=_granularity_s(story))
    if reverted is not None and found.held_at is not None and reverted.occurred_at < found.held_at - slack:
        return Mitigation(reverted=reverted, conditions=found.conditions)
    return found


def _granularity_s(story: Story) -> float:
    return story.windows[0].seconds if story.windows else 1.0


def _from_impact_events(story: Story) -> Mitigation:
    """Without load windows: from the first `impact.ended` after which no impact starts for W."""
    assert story.onset_at is not None
    width = timedelta(seconds=verification_s(story))
    starts = [e.occurred_at for e in story.since_begin("impact.started")]
    if not starts:
        why = "neither load windows nor impact events show what users were served"
        return Mitigation(unsure_at=story.onset_at, unsure_why=why)
    for event in story.since_begin("impact.ended"):
        start, held_at = event.occurred_at, event.occurred_at + width
        calm = not any(start <= other < held_at for other in starts)
        if calm and held_at <= story.ended_at and Checks(story).judge(start, held_at)[0] is not Answer.FAILS:
            seen = f"impact ended and did not return for {width.total_seconds() * story.clock:.0f} drill seconds"
            return Mitigation(start, held_at, conditions=(Condition("users", True, seen),))
    return Mitigation(conditions=(Condition("users", False, "impact did not end for long enough"),))


def _from_windows(story: Story) -> Mitigation:
    load, checks = Load(story), Checks(story)
    width = timedelta(seconds=verification_s(story))
    unsure_at, unsure_why = None, ""
    last: tuple[Condition, ...] = ()
    for start in _candidates(story, load, checks):
        end = start + width
        if end > story.ended_at + timedelta(seconds=_SLACK_S):
            break
        answer, why = load.judge(start, end)
        if answer is not Answer.FAILS:
            checked, why_not = checks.judge(start, end)
            if checked is not Answer.HOLDS:
                answer, why = checked, why_not
        if answer is Answer.HOLDS:
            conditions = (*load.conditions(start, end), *checks.conditions(start, end))
            return Mitigation(start, end, unsure_at, unsure_why, conditions=conditions)
        if answer is Answer.CANNOT_TELL and unsure_at is None:
            unsure_at, unsure_why = start, why
    end = story.ended_at
    last = (*load.conditions(end - width, end), *checks.conditions(end - width, end))
    return Mitigation(unsure_at=unsure_at, unsure_why=unsure_why, conditions=last)


def _candidates(story: Story, load: Load, checks: Checks) -> Iterator[datetime]:
    """Instants at which a window can begin: where users or checks turn good, and every load window after that."""
    assert story.onset_at is not None
    first = story.onset_at
    yield from sorted({at for at in (first, *load.starts, *checks.turned_good) if at >= first})
