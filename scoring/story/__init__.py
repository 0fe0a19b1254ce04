"""A timeline read in order: the instants that everything else measures from.

Seconds named `_s` count wall seconds since the drill started; durations of a playbook become wall seconds by the clock.
Instants are in running time (`scoring.timeline.running`): wall time, where nobody stopped or advanced the clock.
A story is a look at a chronicle: it costs the same however much is known.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from scoring.playbook import Playbook
from scoring.story.alerts import Alerts
from scoring.story.checks import Checks
from scoring.story.chronicle import Chronicle
from scoring.story.impact import Impact, Span, ends_at
from scoring.story.load import Load
from scoring.story.picks import Picks, Predicate
from scoring.timeline import Baseline, Drill, Event, Timeline, Truth, Window
from scoring.timeline.running import wall_at

LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Story:
    """What happened in one drill. Instants that never came are None."""

    chronicle: Chronicle
    ended_at: datetime
    is_over: bool
    onset_at: datetime | None
    onset: Event | None
    """The event that shows the onset; None when the load windows show it."""
    injected: Event | None
    reverted: Event | None
    aborted: Event | None
    begin_at: datetime | None
    """From when an alert or a declaration can be about the fault: its injection or its onset."""
    first_alert: Event | None
    page: Event | None

    @property
    def drill(self) -> Drill:
        """Which drill this is."""
        return self.chronicle.drill

    @property
    def playbook(self) -> Playbook:
        """By which the drill is judged."""
        return self.chronicle.playbook

    @property
    def truth(self) -> Truth:
        """What was really wrong."""
        return self.chronicle.truth

    @property
    def baseline(self) -> Baseline | None:
        """The steady state before the injection."""
        return self.chronicle.baseline

    @property
    def by_kind(self) -> Mapping[str, Sequence[Event]]:
        """Every event, by its kind, in order."""
        return self.chronicle.by_kind

    @property
    def windows(self) -> Sequence[Window]:
        """Every load window, in order."""
        return self.chronicle.windows

    @property
    def spans(self) -> Sequence[Span]:
        """The spans of impact that the load windows show."""
        return self.chronicle.index(Impact).spans

    @property
    def load(self) -> Load:
        """What the load windows say of a stretch of time."""
        return self.chronicle.index(Load)

    @property
    def checks(self) -> Checks:
        """What the oracle's checks say of a stretch of time."""
        return self.chronicle.index(Checks)

    @property
    def alerts(self) -> Alerts:
        """Alerts by name and by whether they name the fault."""
        return self.chronicle.index(Alerts)

    @property
    def clock(self) -> float:
        """Drill seconds per second that the drill clock runs."""
        return self.chronicle.drill.clock

    def wall_at(self, at: datetime) -> datetime:
        """The wall instant of a running instant."""
        running = self.chronicle.running
        return at if running is None else running.wall_at(at)

    def drill_s(self, start: datetime, end: datetime) -> float:
        """Drill seconds between two instants, never below zero."""
        return max(0.0, (end - start).total_seconds() * self.clock)

    def later(self, at: datetime, drill_s: float) -> datetime:
        """The instant so many drill seconds after another."""
        try:
            return at + timedelta(seconds=drill_s / self.clock)
        except OverflowError:
            return datetime.max.replace(tzinfo=at.tzinfo)

    def not_yet(self, duty: str) -> str:
        """Why nobody is judged by a duty that had no time to fall due: `declare a severity`."""
        return f"the drill ended before anybody had to {duty}" if self.is_over else f"nobody has to {duty} yet"

    def all(self, *kinds: str) -> list[Event]:
        """Events of these kinds in the order in which they occurred, up to the drill's end."""
        return self._between(kinds, None)

    def since_begin(self, *kinds: str) -> list[Event]:
        """The same from the fault's beginning on; empty when there was no fault."""
        return [] if self.begin_at is None else self._between(kinds, self.begin_at)

    def first(self, kind: str) -> Event | None:
        """The first event of a kind from the fault's beginning to the drill's end."""
        if self.begin_at is None:
            return None
        place = bisect_left(self.chronicle.times.get(kind, ()), self.begin_at)
        event = next(iter(self.by_kind.get(kind, ())[place : place + 1]), None)
        return event if event is not None and event.occurred_at <= self.ended_at else None

    def first_where(self, kind: str, holds: Predicate, most: int) -> list[Event]:
        """The first events of a kind for which something holds, up to the drill's end; each is asked once.

        `holds` is a function of a module, not one made on the spot, so that the next story knows it again.
        """
        return self.chronicle.index(Picks).first(kind, holds, self.ended_at, most)

    @property
    def accepted_alerts(self) -> list[Event]:
        """Alerts that name the fault, from its beginning on."""
        return [e for e in self.since_begin("alert.firing") if e.alert_name in self.truth.alerts]

    def _between(self, kinds: Iterable[str], begin_at: datetime | None) -> list[Event]:
        found: list[Event] = []
        is_mixed = False
        for kind in kinds:
            times = self.chronicle.times.get(kind, ())
            first = bisect_left(times, begin_at) if begin_at else 0
            some = self.by_kind.get(kind, ())[first : bisect_right(times, self.ended_at)]
            is_mixed = is_mixed or bool(found and some)
            found += some
        return sorted(found, key=wall_at) if is_mixed else found


def read_story(timeline: Timeline, playbook: Playbook) -> Story:
    """The story of a timeline. Pure; duplicates and the order of arrival make no difference."""
    chronicle = Chronicle(timeline.drill, timeline.truth or Truth(), playbook, timeline.baseline)
    chronicle.add(timeline.events)
    chronicle.add_windows(timeline.impact)
    return look_at(chronicle)


def look_at(chronicle: Chronicle) -> Story:
    """The story as far as it is known."""
    ended_at, is_over = _end(chronicle)
    injected = _first(chronicle, "fault.injected")
    onset_at, onset = _onset(chronicle, injected, ended_at)
    if chronicle.truth.control:
        onset_at = None
    begins = [at for at in (onset_at, injected.occurred_at if injected else None) if at]
    begin_at = min(begins, default=None)
    aborted = _first(chronicle, "drill.aborted")
    alert = _first_accepted(chronicle, begin_at, ended_at)
    story = Story(
        chronicle=chronicle,
        ended_at=ended_at,
        is_over=is_over,
        onset_at=onset_at,
        onset=onset,
        injected=injected,
        reverted=_first(chronicle, "fault.reverted"),
        aborted=aborted if aborted is not None and aborted.occurred_at <= ended_at else None,
        begin_at=begin_at,
        first_alert=alert,
        page=alert,
    )
    return story if alert is not None else replace(story, page=story.first("incident.declared"))


def _first(chronicle: Chronicle, kind: str) -> Event | None:
    return next(iter(chronicle.by_kind.get(kind, ())), None)


def _end(chronicle: Chronicle) -> tuple[datetime, bool]:
    ended_at, times = chronicle.drill.ended_at, chronicle.times
    ends = [times[kind][0] for kind in ("drill.ended", "drill.aborted") if times.get(kind)]
    if ended_at is not None:
        ends.append(chronicle.at(ended_at))
    if ends:
        return min(ends), True
    seen = [chronicle.at(chronicle.drill.started_at), *(every[-1] for every in times.values() if every)]
    return max([*seen, *(ends_at(window) for window in chronicle.windows[-1:])]), False


def _onset(chronicle: Chronicle, injected: Event | None, ended_at: datetime) -> tuple[datetime | None, Event | None]:
    """First impact that did not end before the injection, as reported, else as the windows show it."""
    if injected is None:
        return None, None
    ends, starts = chronicle.times.get("impact.ended", ()), chronicle.times.get("impact.started", ())
    over = bisect_right(ends, injected.occurred_at)
    place = bisect_right(starts, ends[over - 1]) if over else 0
    if place < len(starts) and starts[place] <= ended_at:
        return starts[place], chronicle.by_kind["impact.started"][place]
    spans = chronicle.index(Impact).spans
    place = bisect_right(spans, injected.occurred_at, key=lambda span: span.ended_at or LATEST)
    if place < len(spans) and spans[place].started_at <= ended_at:
        return spans[place].started_at, None
    return injected.occurred_at, injected


def _first_accepted(chronicle: Chronicle, begin_at: datetime | None, ended_at: datetime) -> Event | None:
    if begin_at is None:
        return None
    accepted = chronicle.index(Alerts).accepted
    place = bisect_left(accepted, bisect_left(chronicle.times.get("alert.firing", ()), begin_at))
    if place == len(accepted):
        return None
    event = chronicle.by_kind["alert.firing"][accepted[place]]
    return event if event.occurred_at <= ended_at else None
