"""What a recorded run tells a tabletop: alerts and when they came, what users met, what commands printed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.playbook import Playbook
from scoring.scorecard import score
from scoring.timeline import Baseline, Event, Timeline, Window
from scoring.timeline.arrival import in_order
from scoring.timeline.clocks import aligned

_LONGEST_OUTPUT = 1500


@dataclass(frozen=True)
class Fired:
    """An alert, drill seconds after the page. `until_s` is None for one that went on firing."""

    name: str
    summary: str
    description: str
    after_s: float
    until_s: float | None
    names_cause: bool


@dataclass(frozen=True)
class Ran:
    """A command of the run and the end of what it printed."""

    command: str
    output: str


@dataclass(frozen=True)
class Minute:
    """What users were served in a drill minute; `at` counts from the page. `error_share` is None without requests."""

    at: int
    per_second: float
    error_share: float | None
    p95_ms: float | None


@dataclass(frozen=True)
class Impact:
    """The worst that users met: a share of requests, wall milliseconds, a share of users where these are told apart."""

    error_share: float
    p95_ms: float | None
    users_share: float | None


@dataclass(frozen=True)
class Recorded:
    """A run as a tabletop tells it; the first of `alerts` is the page. `severity` is what it called for.

    `served_s` is when users were served again, in drill seconds after the page, None if they never were; `usual` is
    what they were served before.
    """

    drill: str
    played_at: datetime
    alerts: tuple[Fired, ...]
    impact: Impact
    minutes: tuple[Minute, ...]
    ran: tuple[Ran, ...]
    served_s: float | None
    severity: str
    usual: Baseline | None


class Unusable(ValueError):
    """A run that no tabletop can be made of, with the reason in a sentence."""


def read_run(timeline: Timeline, playbook: Playbook) -> Recorded:
    """The run. Raises Unusable for one in which nothing was injected, or no alert named it."""
    events = in_order(aligned(timeline.events))
    truth = timeline.truth
    injected = next((event for event in events if event.kind == "fault.injected"), None)
    if truth is None or truth.control or injected is None:
        raise Unusable("nothing was injected in it; take a run that is no control drill")
    named = {name for cause in truth.causes for name in (cause.alerts or truth.alerts)} | set(truth.alerts)
    firing = [e for e in events if e.kind == "alert.firing" and e.occurred_at >= injected.occurred_at]
    page = next((event for event in firing if event.alert_name in named), None)
    if page is None:
        raise Unusable("no alert that names the fault fired in it; take a run that was detected")
    clock = timeline.drill.clock
    card = score(timeline, playbook)
    return Recorded(
        drill=timeline.drill.id,
        played_at=timeline.drill.started_at,
        alerts=tuple(_fired(each, events, page, clock, named) for each in _once([page, *firing])),
        impact=_impact(events, timeline.impact, injected.occurred_at),
        minutes=_minutes(timeline.impact, page.occurred_at, clock),
        ran=tuple(_ran(event) for event in events if event.kind == "action.taken" and event.text("by") == "shell"),
        served_s=_after_s(card.mitigated_at, page, clock),
        severity=card.expected_severity or playbook.levels[-1].id,
        usual=timeline.baseline,
    )


def _once(firing: Iterable[Event]) -> list[Event]:
    """Each alert as it fired first."""
    return list({event.alert_name: event for event in reversed(list(firing))}.values())[::-1]


def _fired(event: Event, events: Sequence[Event], page: Event, clock: float, named: set[str]) -> Fired:
    over = next(
        (
            each
            for each in events
            if each.kind == "alert.resolved"
            and each.alert_name == event.alert_name
            and each.occurred_at >= event.occurred_at
        ),
        None,
    )
    return Fired(
        name=event.alert_name,
        summary=_note(event, "summary"),
        description=_note(event, "description"),
        after_s=_after_s(event.occurred_at, page, clock) or 0.0,
        until_s=_after_s(over.occurred_at, page, clock) if over else None,
        names_cause=event.alert_name in named,
    )


def _note(event: Event, name: str) -> str:
    notes = event.data.get("annotations")
    value = notes.get(name) if isinstance(notes, dict) else None
    return value if isinstance(value, str) else ""


def _after_s(at: datetime | None, page: Event, clock: float) -> float | None:
    return None if at is None else max(0.0, (at - page.occurred_at).total_seconds() * clock)


def _impact(events: Sequence[Event], windows: Sequence[Window], since: datetime) -> Impact:
    """By the worst load window from the injection on; by what `impact.started` says where no load was measured."""
    seen = [window for window in windows if window.at >= since - timedelta(seconds=1) and window.requests]
    if seen:
        worst = max(seen, key=lambda window: (window.failures / window.requests, window.p95_ms or 0.0))
        slow = max((window.p95_ms for window in seen if window.p95_ms is not None), default=None)
        hurt = [w.users_affected / w.users for w in seen if w.users and w.users_affected is not None]
        share = round(worst.failures / worst.requests, 3)
        return Impact(share, round(slow) if slow is not None else None, round(max(hurt), 3) if hurt else None)
    told = next((event for event in events if event.kind == "impact.started"), None)
    said = {name: told.data.get(name) for name in ("error_share", "p95_ms")} if told else {}
    numbers = {name: float(v) for name, v in said.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return Impact(numbers.get("error_share", 0.0), numbers.get("p95_ms"), None)


def _minutes(windows: Sequence[Window], page_at: datetime, clock: float) -> tuple[Minute, ...]:
    """Load windows put together by drill minutes, in order."""
    found: dict[int, list[Window]] = {}
    for window in sorted(windows, key=lambda window: window.at):
        found.setdefault(int((window.at - page_at).total_seconds() * clock // 60), []).append(window)
    return tuple(_minute(at, some) for at, some in sorted(found.items()))


def _minute(at: int, windows: Sequence[Window]) -> Minute:
    requests, seconds = sum(w.requests for w in windows), sum(w.seconds for w in windows)
    quantiles = sorted(w.p95_ms for w in windows if w.p95_ms is not None)
    return Minute(
        at=at,
        per_second=requests / seconds if seconds else 0.0,
        error_share=sum(w.failures for w in windows) / requests if requests else None,
        p95_ms=quantiles[len(quantiles) // 2] if quantiles else None,
    )


def _ran(event: Event) -> Ran:
    output = event.text("output").strip()
    kept = output if len(output) <= _LONGEST_OUTPUT else f"…{output[-_LONGEST_OUTPUT:]}"
    return Ran(event.text("command").strip(), kept)
