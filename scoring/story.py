"""A timeline read once, in order: the instants that everything else measures from.

Seconds named `_s` count wall seconds since the drill started; durations of a playbook become wall seconds by the clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.impact import Span, ends_at, impact_spans
from scoring.playbook import Playbook
from scoring.timeline import Event, Timeline, Truth, Window, in_order, windows_in_order


@dataclass(frozen=True)
class Story:
    """What happened in one drill. Instants that never came are None."""

    timeline: Timeline
    playbook: Playbook
    truth: Truth
    events: tuple[Event, ...]
    by_kind: Mapping[str, Sequence[Event]]
    windows: tuple[Window, ...]
    spans: tuple[Span, ...]
    ended_at: datetime
    is_over: bool
    aborted: Event | None
    injected: Event | None
    reverted: Event | None
    onset_at: datetime | None
    onset: Event | None
    """The event that shows the onset; None when the load windows show it."""
    page: Event | None
    first_alert: Event | None

    @property
    def clock(self) -> float:
        """Drill seconds per wall second."""
        return self.timeline.drill.clock

    @property
    def begin_at(self) -> datetime | None:
        """From when an alert or a declaration can be about the fault: its injection or its onset."""
        known = [at for at in (self.onset_at, self.injected.occurred_at if self.injected else None) if at]
        return min(known) if known else None

    def drill_s(self, start: datetime, end: datetime) -> float:
        """Drill seconds between two instants, never below zero."""
        return max(0.0, (end - start).total_seconds() * self.clock)

    def later(self, at: datetime, drill_s: float) -> datetime:
        """The instant so many drill seconds after another."""
        try:
            return at + timedelta(seconds=drill_s / self.clock)
        except OverflowError:
            return datetime.max.replace(tzinfo=at.tzinfo)

    def all(self, *kinds: str) -> list[Event]:
        """Events of these kinds in the order in which they occurred, up to the drill's end."""
        found = [e for kind in kinds for e in self.by_kind.get(kind, ()) if e.occurred_at <= self.ended_at]
        return found if len(kinds) == 1 else sorted(found, key=lambda e: e.occurred_at)

    def since_begin(self, *kinds: str) -> list[Event]:
        """The same from the fault's beginning on; empty when there was no fault."""
        begin_at = self.begin_at
        return [] if begin_at is None else [e for e in self.all(*kinds) if e.occurred_at >= begin_at]

    @property
    def accepted_alerts(self) -> list[Event]:
        """Alerts that name the fault, from its beginning on."""
        return [e for e in self.since_begin("alert.firing") if e.alert_name in self.truth.alerts]


def read_story(timeline: Timeline, playbook: Playbook) -> Story:
    """The story of a timeline. Pure; duplicates and the order of arrival make no difference."""
    events = in_order(timeline.events)
    windows = windows_in_order(timeline.impact)
    truth = timeline.truth or Truth()
    spans = tuple(impact_spans(windows, playbook.verification))
    ended_at, is_over = _end(timeline, events, windows)
    injected = _first(events, "fault.injected")
    onset_at, onset = _onset(events, spans, injected, ended_at)
    story = Story(
        timeline=timeline,
        playbook=playbook,
        truth=truth,
        events=events,
        by_kind=_by_kind(events),
        windows=windows,
        spans=spans,
        ended_at=ended_at,
        is_over=is_over,
        aborted=next((e for e in events if e.kind == "drill.aborted" and e.occurred_at <= ended_at), None),
        injected=injected,
        reverted=_first(events, "fault.reverted"),
        onset_at=None if truth.control else onset_at,
        onset=onset,
        page=None,
        first_alert=None,
    )
    alert = next(iter(story.accepted_alerts), None)
    declared = next(iter(story.since_begin("incident.declared")), None)
    return Story(**{**story.__dict__, "first_alert": alert, "page": alert or declared})


def _by_kind(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.kind, []).append(event)
    return found


def _first(events: Iterable[Event], kind: str) -> Event | None:
    return next((event for event in events if event.kind == kind), None)


def _end(timeline: Timeline, events: tuple[Event, ...], windows: tuple[Window, ...]) -> tuple[datetime, bool]:
    ends = [e.occurred_at for e in events if e.kind in {"drill.ended", "drill.aborted"}]
    if timeline.drill.ended_at is not None:
        ends.append(timeline.drill.ended_at)
    if ends:
        return min(ends), True
    seen = [timeline.drill.started_at, *(e.occurred_at for e in events[-1:]), *(ends_at(w) for w in windows[-1:])]
    return max(seen), False


def _onset(
    events: tuple[Event, ...], spans: tuple[Span, ...], injected: Event | None, ended_at: datetime
) -> tuple[datetime | None, Event | None]:
    """First impact that did not end before the injection, as reported, else as the windows show it."""
    if injected is None:
        return None, None
    ends = [e for e in events if e.kind == "impact.ended"]
    for event in events:
        if event.kind == "impact.started" and event.occurred_at <= ended_at:
            end = next((e.occurred_at for e in ends if e.occurred_at >= event.occurred_at), None)
            if end is None or end > injected.occurred_at:
                return event.occurred_at, event
    for span in spans:
        if span.started_at <= ended_at and (span.ended_at is None or span.ended_at > injected.occurred_at):
            return span.started_at, None
    return injected.occurred_at, injected
