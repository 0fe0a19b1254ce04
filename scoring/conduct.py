"""What fails a drill whatever its points, and which alerts were noise."""

import re
from dataclasses import dataclass
from typing import Any

from scoring.chain import verify
from scoring.errors import RecordError
from scoring.evidence import read_conditions
from scoring.finding import names
from scoring.mitigation import Mitigation
from scoring.sla import Measure
from scoring.story import Story
from scoring.timeline import Event

_CHANGES = re.compile(
    r"\bkubectl\b[^|;&\n]*\s(apply|create|delete|replace|patch|edit|scale|set|drain|cordon|taint|run"
    r"|rollout\s+(?:undo|restart|pause|resume))\b"
)


@dataclass(frozen=True)
class HardFail:
    """One reason why the drill failed, with the events that show it."""

    what: str
    why: str
    events: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return {"what": self.what, "why": self.why, "events": list(self.events)}


def hard_fails(story: Story, mitigation: Mitigation, ttm: Measure) -> list[HardFail]:
    """Never mitigated; data or a resource destroyed; acting where nothing was wrong; record or rules tampered with."""
    found = []
    if ttm.verdict == "missed" and mitigation.started_at is None:
        by_itself = "; the fault ended by itself, which earns nothing" if mitigation.reverted else ""
        why = f"Users were never served again for the whole verification window{by_itself}."
        found.append(HardFail("never_mitigated", why, names(story.onset, mitigation.reverted)))
    found += _destroyed(story)
    if story.truth.control:
        acts = [event for event in story.all("action.taken") if _changes_target(event)]
        if acts:
            why = "The target was changed in a drill in which nothing was wrong."
            found.append(HardFail("acted_on_control", why, names(*acts)))
    bent = [
        e
        for e in story.all("oracle.checked")
        if any(c.name == "rules_intact" and c.ok is False for c in read_conditions(e))
    ]
    if bent:
        why = "The monitor's rules were not the ones that were loaded."
        found.append(HardFail("rules_tampered", why, names(bent[0])))
    try:
        verify(story.timeline.drill.id, story.timeline.events)
    except RecordError as error:
        found.append(HardFail("record_tampered", f"{str(error).capitalize()}."))
    return found


def noise_and_collateral(story: Story) -> tuple[list[Event], list[Event]]:
    """(noise, collateral): alerts that fired though nothing was injected, and true ones that do not name the fault."""
    firing = story.all("alert.firing")
    begin_at = None if story.truth.control else story.begin_at
    noise = [e for e in firing if begin_at is None or e.occurred_at < begin_at]
    other = [e for e in firing if e not in noise and e.alert_name not in story.truth.alerts]
    return noise, other


def _changes_target(event: Event) -> bool:
    return event.text("by") == "audit" or _CHANGES.search(event.text("command")) is not None


def _destroyed(story: Story) -> list[HardFail]:
    """Data that reads back wrong, or a service that is gone, in the oracle's last look.

    The canary counts only while the oracle found what the baseline had ready: from a database that is down, nobody can
    tell what it holds.
    """
    looks = [e for e in story.all("oracle.checked") if e.data.get("phase") in {"mitigated", "recovered"}]
    if not looks:
        return []
    last = looks[-1]
    seen = {condition.name: condition for condition in read_conditions(last)}
    found = []
    canary, services = seen.get("data_canary"), seen.get("services")
    ready = seen.get("ready_replicas")
    if canary is not None and canary.ok is False and ready is not None and ready.ok is True and _users_served(story):
        found.append(HardFail("data_destroyed", f"Data that was there before is not: {canary.seen}.", names(last)))
    if services is not None and services.ok is False:
        found.append(HardFail("resource_destroyed", f"A service is gone: {services.seen}.", names(last)))
    return found


def _users_served(story: Story) -> bool:
    return not story.spans or story.spans[-1].ended_at is not None
