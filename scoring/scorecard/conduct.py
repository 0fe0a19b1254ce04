"""What fails a drill whatever its points, and which alerts named the fault, were collateral or were noise."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scoring.scorecard.acting import changes_target
from scoring.scorecard.finding import MOST_NAMED, names
from scoring.scorecard.mitigation import Mitigation
from scoring.scorecard.sla import Measure
from scoring.story import Story
from scoring.story.chronicle import Chronicle, Index
from scoring.story.evidence import read_conditions
from scoring.story.looks import Looks
from scoring.timeline import Event
from scoring.timeline.chain import Chain


@dataclass(frozen=True)
class HardFail:
    """One reason why the drill failed, with the events that show it."""

    what: str
    why: str
    events: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return {"what": self.what, "why": self.why, "events": list(self.events)}


@dataclass(frozen=True)
class Tally:
    """Alerts of one sort: how often they fired, their names sorted, and the first events."""

    count: int = 0
    names: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class AlertTallies:
    """Every alert that fired in the drill, as one of four.

    `accepted` names the fault and fired from its beginning on. `consequences` were expected to follow from it.
    `collateral` is true but does not name it. `noise` fired while nothing was injected: before the fault, and always in
    a control drill, in which every page is a false alarm.
    """

    accepted: Tally
    consequences: Tally
    collateral: Tally
    noise: Tally


def tally_alerts(story: Story) -> AlertTallies:
    """The alerts of a drill by what they were good for."""
    firing = story.by_kind.get("alert.firing", ())
    last = bisect_right(firing, story.ended_at, key=lambda event: event.occurred_at)
    begin_at = None if story.truth.control else story.begin_at
    first = last if begin_at is None else bisect_left(firing, begin_at, hi=last, key=lambda event: event.occurred_at)
    index, right = story.alerts, frozenset(story.truth.alerts)
    following = frozenset(story.truth.consequences) - right
    since = index.names(first, last)
    return AlertTallies(
        accepted=_tally(firing, index.accepted, first, last, [name for name in since if name in right]),
        consequences=_tally(firing, index.consequences, first, last, [name for name in since if name in following]),
        collateral=_tally(firing, index.others, first, last, [n for n in since if n not in right | following]),
        noise=_tally(firing, range(last), 0, first, index.names(0, first)),
    )


def _tally(firing: Sequence[Event], places: Sequence[int], first: int, last: int, alert_names: Sequence[str]) -> Tally:
    i, j = bisect_left(places, first), bisect_left(places, last)
    return Tally(j - i, tuple(alert_names), tuple(firing[place] for place in places[i : min(j, i + MOST_NAMED)]))


def hard_fails(story: Story, mitigation: Mitigation, ttm: Measure) -> list[HardFail]:
    """Each reason that fails the drill, by name.

    `never_mitigated`: the time to mitigate ran out and users were never served again for a whole verification window;
    `judge` leaves it out where nobody can be blamed for it.
    `data_destroyed`, `resource_destroyed`: the canary reads back wrong or a service is gone, at the oracle's last look.
    `acted_on_control`: the target was changed in a drill in which nothing was wrong. `rules_tampered`: a check found
    other rules in the monitor than were loaded. `record_tampered`: the hashes of the events do not agree.
    """
    found = []
    if ttm.verdict == "missed" and mitigation.started_at is None:
        by_itself = "; the fault ended by itself, which earns nothing" if mitigation.reverted else ""
        why = f"Users were never served again for the whole verification window{by_itself}."
        found.append(HardFail("never_mitigated", why, names(story.onset or story.injected, mitigation.reverted)))
    found += _destroyed(story)
    if story.truth.control:
        acts = story.first_where("action.taken", changes_target, MOST_NAMED)
        if acts:
            why = "The target was changed in a drill in which nothing was wrong."
            found.append(HardFail("acted_on_control", why, names(*acts)))
    bent = story.chronicle.index(Looks).bent_by(story.ended_at)
    if bent is not None:
        why = "The monitor's rules were not the ones that were loaded."
        found.append(HardFail("rules_tampered", why, names(bent)))
    fault = story.chronicle.index(Record).chain.fault()
    if fault is not None:
        found.append(HardFail("record_tampered", f"{fault[:1].upper()}{fault[1:].rstrip('.')}."))
    return found


class Record(Index):
    """The hash chain of every event as it arrived."""

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.chain = Chain(chronicle.drill.id)
        self._done = 0

    def catch_up(self) -> None:
        arrived = self.chronicle.arrived
        self.chain.add(arrived[self._done :])
        self._done = len(arrived)


def _destroyed(story: Story) -> list[HardFail]:
    """Data that reads back wrong, or a service that is gone, in the oracle's last look.

    The canary counts only while the oracle found what the baseline had ready: from a database that is down, nobody can
    tell what it holds.
    """
    last = story.chronicle.index(Looks).last_by(story.ended_at)
    if last is None:
        return []
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
