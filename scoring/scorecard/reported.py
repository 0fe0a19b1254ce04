"""What people said beside what was seen: when it was detected, mitigated and resolved.

What counts is what was seen; this only puts the two side by side. People report by events of theirs:

- **detected** by the first `incident.acknowledged` or `incident.declared`; seen is the first accepted alert;
- **mitigated** by the first `update.posted` whose status says that it is mended (`mitigated`, `monitoring` and the
  like) or over; seen is the start of the verification window that held;
- **resolved** by the first `incident.resolved` or closing notice; seen is the same, once the cause is gone as well.

An `update.posted`, `incident.resolved` or `review.filed` may also give instants in its data, `detected_at`,
`mitigated_at` and `resolved_at` (ISO 8601 with a zone; on `incident.resolved` also `at`): the last one given is then
what was reported. A review may give them after the drill.

gap = reported − observed in drill seconds, below zero where people said it before it was so. A **false all-clear** is
mitigated or resolved said while users were not served, or resolved said while the cause was there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from scoring.scorecard.all_clear import RESOLVED, Served, is_recovered
from scoring.scorecard.finding import names
from scoring.scorecard.mitigation import Mitigation
from scoring.scorecard.sla import spell
from scoring.scorecard.updates import POSTED, Updates
from scoring.story import Story
from scoring.story.chronicle import Chronicle, Index
from scoring.timeline import Event

REVIEWED = "review.filed"
_FIELDS = ("detected_at", "mitigated_at", "resolved_at")


@dataclass(frozen=True)
class Report:
    """One thing that people reported. `said_at` is when they first spoke, `reported_at` the instant that they gave."""

    said_at: datetime
    reported_at: datetime
    observed_at: datetime | None
    gap_s: float | None
    is_false_all_clear: bool
    why: str
    events: tuple[str, ...]


def reports(story: Story, mitigation: Mitigation) -> dict[str, Report]:
    """Reported and observed, by `detected`, `mitigated` and `resolved`; only what people reported is there. Pure."""
    if story.onset_at is None or story.begin_at is None:
        return {}
    updates, given = story.chronicle.index(Updates), story.chronicle.index(Given)
    noticed = [story.first("incident.acknowledged"), story.first("incident.declared")]
    posted = updates.events
    mended = [posted[bisect_left(updates.times, at)] for at in _since_begin(story, updates.mended_at)[:1]]
    closed = [posted[bisect_left(updates.times, at)] for at in _since_begin(story, updates.closed_at)[:1]]
    served_at = mitigation.started_at
    over_at = served_at if is_recovered(story) else None
    mitigated = _report(story, mended, given.last(story, "mitigated_at"), served_at, "users were served again")
    over = [story.first(RESOLVED), *closed]
    resolved = _report(story, over, given.last(story, "resolved_at"), over_at, "it was over for users")
    alerted_at = story.first_alert.occurred_at if story.first_alert else None
    found = {
        "detected": _report(story, noticed, given.last(story, "detected_at"), alerted_at, "an alert named it"),
        "mitigated": mitigated and _name_false_ones(story, mitigation, "mitigated", mitigated, updates.mended_at),
        "resolved": resolved
        and _name_false_ones(
            story, mitigation, "resolved", resolved, story.chronicle.times.get(RESOLVED, ()), updates.closed_at
        ),
    }
    return {name: report for name, report in found.items() if report is not None}


def _report(
    story: Story,
    spoke: Sequence[Event | None],
    given: tuple[datetime, Event] | None,
    observed_at: datetime | None,
    what: str,
) -> Report | None:
    first = min((event for event in spoke if event), key=lambda event: event.occurred_at, default=None)
    if given is not None:
        reported_at, event = given
    elif first is not None:
        reported_at, event = first.occurred_at, first
    else:
        return None
    said_at = first.occurred_at if first else event.occurred_at
    if observed_at is None:
        return Report(said_at, reported_at, None, None, False, f"It was never seen that {what}.", names(first, event))
    gap_s = (reported_at - observed_at).total_seconds() * story.clock
    why = f"The reported time is {spell(abs(gap_s))} {'before' if gap_s < 0 else 'after'} {what}."
    return Report(said_at, reported_at, observed_at, gap_s, False, why, names(first, event))


def _name_false_ones(
    story: Story, mitigation: Mitigation, name: str, report: Report, *said_at: Sequence[datetime]
) -> Report:
    """The report, named a false all-clear if it was said when it was not true."""
    served = Served(story, mitigation)
    claims = [_since_begin(story, times) for times in said_at]
    if any(served.first_false(times) is not None for times in claims):
        what = "users were not served"
    elif name == "resolved" and any(claims) and not is_recovered(story):
        what = "the cause was still there"
    else:
        return report
    return replace(report, is_false_all_clear=True, why=f"A false all-clear: it was called {name} while {what}.")


def _since_begin(story: Story, times: Sequence[datetime]) -> Sequence[datetime]:
    assert story.begin_at is not None
    return times[bisect_left(times, story.begin_at) : bisect_right(times, story.ended_at)]


class Given(Index):
    """Instants that people gave for what they report, by the kind of event and the field."""

    kinds = frozenset({POSTED, RESOLVED, REVIEWED})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self._done = dict.fromkeys(self.kinds, 0)
        self._given: dict[tuple[str, str], list[tuple[int, datetime]]] = {}
        """Positions among the events of a kind, and what was given there."""

    def catch_up(self) -> None:
        for kind, done in self._done.items():
            every = self.chronicle.by_kind.get(kind, [])
            for place in range(done, len(every)):
                self._take(kind, place, every[place])
            self._done[kind] = len(every)

    def forget(self, at: datetime) -> None:
        for kind in self.kinds:
            place = bisect_left(self.chronicle.times.get(kind, ()), at)
            self._done[kind] = min(self._done[kind], place)
            for field in _FIELDS:
                given = self._given.get((kind, field), [])
                del given[bisect_left(given, place, key=lambda entry: entry[0]) :]

    def last(self, story: Story, field: str) -> tuple[datetime, Event] | None:
        """The last instant given and the event that gives it; reviews may give theirs after the drill."""
        found: tuple[datetime, Event] | None = None
        for kind in sorted(self.kinds):
            times = self.chronicle.times.get(kind, ())
            until = len(times) if kind == REVIEWED else bisect_right(times, story.ended_at)
            given = self._given.get((kind, field), [])
            at = bisect_left(given, until, key=lambda entry: entry[0]) - 1
            if at >= 0:
                place, instant = given[at]
                event = self.chronicle.by_kind[kind][place]
                is_later = found is None or event.occurred_at >= found[1].occurred_at
                found = (instant, event) if is_later and event.occurred_at >= (story.begin_at or instant) else found
        return found

    def _take(self, kind: str, place: int, event: Event) -> None:
        for field in _FIELDS:
            said = event.data.get(field)
            if said is None and field == "resolved_at" and kind == RESOLVED:
                said = event.data.get("at")
            instant = _instant(said) if isinstance(said, str) else None
            if instant is not None:
                self._given.setdefault((kind, field), []).append((place, self.chronicle.at(instant)))


def _instant(text: str) -> datetime | None:
    """An ISO 8601 instant with a zone; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
