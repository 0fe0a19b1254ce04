"""Severity by a playbook's criteria: of one moment, and the one that a whole drill is measured against."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scoring.impact import ends_at, is_outside
from scoring.playbook import Criterion, Level, Playbook
from scoring.story import Story
from scoring.timeline import Baseline, Window

_GAP_WINDOWS = 1.5
"""A hole longer than this many windows breaks a run of windows."""
_SILENT = -1
"""The gravity of a window in which nobody asked for anything."""


@dataclass(frozen=True)
class Seen:
    """What users met at one moment. `component` is where the fault is known or believed to be."""

    error_share: float
    p95_ms: float | None = None
    component: str | None = None


def level_for(seen: Seen, playbook: Playbook, baseline: Baseline | None = None) -> str | None:
    """The gravest level whose criteria hold for what is seen; None when users are within all of them.

    A component counts by the impact matrix once users are outside the playbook's thresholds.
    """
    return next((level.id for level in playbook.levels if _holds(level, seen, playbook, baseline)), None)


def expected_severity(story: Story, over_at: datetime) -> str | None:
    """The graver of the truth's level and the gravest level whose criteria held for one drill minute.

    A level holds over consecutive windows in which it or a graver one holds, once they last the playbook's
    `severity_hold.time` and have its `min_requests`; windows in which nobody asked for anything neither add nor break.
    Only what was before `over_at` counts, when the incident was over: what a look for recovery or a roll-back does to
    users afterwards is not the fault's. A fault that users never felt has the least level. None when nothing was
    injected.
    """
    if story.onset_at is None or story.injected is None:
        return None
    book = story.playbook
    measured = _gravest_held(story, [w for w in story.windows if story.onset_at <= w.at < over_at])
    reported = _reported(story)
    told = story.truth.severity.get(book.name)
    return book.graver(measured, reported, told) or book.levels[-1].id


def component_level(component: str, playbook: Playbook) -> str | None:
    """The impact matrix's level for a component, None where it has no row."""
    word = component.lower()
    return playbook.graver(*(row.level for row in playbook.matrix if word in row.names))


def _holds(level: Level, seen: Seen, playbook: Playbook, baseline: Baseline | None) -> bool:
    if any(_shows(criterion, seen, baseline) for criterion in level.criteria):
        return True
    limits = playbook.verification
    is_felt = seen.error_share > limits.error_share_above.value or (seen.p95_ms or 0) > limits.p95_ms_above.value
    return is_felt and component_level(seen.component or "", playbook) == level.id


def _shows(criterion: Criterion, seen: Seen, baseline: Baseline | None) -> bool:
    match criterion.measure:
        case "error_share":
            return criterion.holds(seen.error_share)
        case "availability":
            return criterion.holds(1 - seen.error_share)
        case "p95_ms":
            return seen.p95_ms is not None and criterion.holds(seen.p95_ms)
        case "p95_times_baseline":
            usual = baseline.p95_ms if baseline else None
            return bool(usual) and seen.p95_ms is not None and criterion.holds(seen.p95_ms / (usual or 1.0))


def _gravest_held(story: Story, windows: list[Window]) -> str | None:
    book, hold = story.playbook, story.playbook.severity_hold
    moments: list[tuple[Window, int | None]] = []
    for window in windows:
        if is_outside(window, book.verification) is None:
            moments.append((window, _SILENT))
            continue
        share = window.failures / window.requests
        level = level_for(Seen(share, window.p95_ms, story.truth.component), book, story.timeline.baseline)
        moments.append((window, len(book.levels) if level is None else book.gravity(level)))
    for gravity, level_ in enumerate(book.levels):
        runs = _runs(moments, gravity)
        if any(s * story.clock >= hold.time.value - 1e-6 and n >= hold.min_requests.value for s, n in runs):
            return level_.id
    return None


def _runs(moments: Iterable[tuple[Window, int | None]], gravity: int) -> Iterable[tuple[float, int]]:
    """(wall seconds, requests) of each run of windows of at least this gravity, as it grows."""
    seconds, requests = 0.0, 0
    last_end: datetime | None = None
    for window, its_gravity in moments:
        if its_gravity == _SILENT:
            last_end = last_end and ends_at(window)
            continue
        if its_gravity is None or its_gravity > gravity:
            seconds, requests, last_end = 0.0, 0, None
            continue
        if last_end is not None and (window.at - last_end).total_seconds() > _GAP_WINDOWS * window.seconds:
            seconds, requests = 0.0, 0
        seconds, requests, last_end = seconds + window.seconds, requests + window.requests, ends_at(window)
        yield seconds, requests


def _reported(story: Story) -> str | None:
    """From `impact.started` events, where a timeline carries no windows."""
    if story.windows:
        return None
    book = story.playbook
    levels = []
    for event in story.since_begin("impact.started"):
        share, p95 = event.data.get("error_share"), event.data.get("p95_ms")
        seen = Seen(
            float(share) if isinstance(share, int | float) else 0.0,
            float(p95) if isinstance(p95, int | float) else None,
            story.truth.component,
        )
        ends = [e.occurred_at for e in story.all("impact.ended") if e.occurred_at >= event.occurred_at]
        lasted_s = story.drill_s(event.occurred_at, min(ends, default=story.ended_at))
        if lasted_s >= book.severity_hold.time.value:
            levels.append(level_for(seen, book, story.timeline.baseline))
    return book.graver(*levels)
