"""One clock for each limit that the level in force sets, and one for how long users have to be served at a stretch."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scoring.desk import SlaClock, Stage
from scoring.desk.drill_time import DrillTime
from scoring.desk.facts import Facts
from scoring.playbook import Level, Playbook

_SLACK_S = 1e-6


@dataclass(frozen=True)
class _Span:
    """What a clock measures, in drill seconds and instants."""

    id: str
    title: str
    limit_s: float
    from_at: datetime | None
    to_at: datetime | None = None
    sense: Literal["limit", "hold"] = "limit"
    outlives_drill: bool = False


def sla_clocks(
    facts: Facts, level: Level, playbook: Playbook, time: DrillTime, now: datetime, ended_at: datetime | None
) -> tuple[SlaClock, ...]:
    """The clocks of an incident at an instant, in the order in which they fall due.

    The first update is due from the declaration, or from when that should have come if this was earlier. A scorecard
    measures by the severity that the impact calls for; at the desk nobody knows it, so the level in force stands in.
    """
    until = min(now, ended_at) if ended_at else now
    spans = [*_response_spans(facts, level, playbook, time, until), *_review_spans(facts, level, playbook)]
    return tuple(_read(span, time, now if span.outlives_drill else until, ended_at) for span in spans)


def _response_spans(facts: Facts, level: Level, playbook: Playbook, time: DrillTime, now: datetime) -> Iterator[_Span]:
    sla = level.sla
    paged_at = facts.page.occurred_at if facts.page else None
    acknowledged_at = facts.acknowledged.occurred_at if facts.acknowledged else None
    declared_at = facts.declarations[0].occurred_at if facts.declarations else None
    yield _Span("acknowledge", "Acknowledge", sla.acknowledge.value, paged_at, acknowledged_at)
    yield _Span("classify", "Declare a severity", sla.classify.value, paged_at, declared_at)
    if level.first_update is not None:
        from_at, to_at = _first_update(facts, level, time, now)
        yield _Span("first_update", "First update", level.first_update.value, from_at, to_at)
    if level.update_every is not None:
        quiet_at = facts.quiet_from_at
        spoken = [e.occurred_at for e in facts.updates if quiet_at is None or e.occurred_at < quiet_at]
        last_at = spoken[-1] if spoken else None
        yield _Span("next_update", "Next update", level.update_every.value, last_at, quiet_at)
    served_at, holds_from_at, resolved_at = facts.served_again_at, facts.holds_from_at, _resolved_at(facts)
    yield _Span("mitigate", "Users served again", sla.mitigate.value, facts.onset_at, served_at)
    window_s = playbook.verification.window.value
    yield _Span("hold", "Served without a break", window_s, holds_from_at, resolved_at, "hold")
    yield _Span("resolve", "Resolve", sla.resolve.value, facts.onset_at, resolved_at)


def _review_spans(facts: Facts, level: Level, playbook: Playbook) -> Iterator[_Span]:
    filed_at = facts.reviewed[0].occurred_at if facts.reviewed else None
    for deadline in playbook.review.asked_of(level.id):
        title = deadline.title.rstrip(".")
        yield _Span(
            f"review.{deadline.id}",
            f"{title[:1].upper()}{title[1:]}",
            deadline.due.value,
            _resolved_at(facts),
            filed_at,
            outlives_drill=True,
        )


def _first_update(
    facts: Facts, level: Level, time: DrillTime, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """From when on people had to be told, and when they were, or nobody waited any more."""
    begins = [facts.declarations[0].occurred_at] if facts.declarations else []
    if facts.page is not None:
        should_be = time.later(facts.page.occurred_at, level.sla.classify.value)
        begins += [should_be] if should_be is not None and should_be <= now else []
    told_at = facts.updates[0].occurred_at if facts.updates else None
    ends = [at for at in (told_at, facts.quiet_from_at) if at is not None]
    from_at = min([*begins, *ends[:1]], default=None)
    return from_at, min(ends, default=None)


def _resolved_at(facts: Facts) -> datetime | None:
    return facts.resolved.occurred_at if facts.resolved and facts.is_over else None


def _read(span: _Span, time: DrillTime, now: datetime, ended_at: datetime | None) -> SlaClock:
    used_s = time.drill_s(span.from_at, span.to_at or now) if span.from_at else 0.0
    is_open = span.from_at is not None and span.to_at is None and (ended_at is None or span.outlives_drill)
    return SlaClock(
        id=span.id,
        title=span.title,
        sense=span.sense,
        limit_s=span.limit_s,
        used_s=round(used_s, 3),
        stage=_stage(span, used_s),
        is_moving=is_open and time.stopped_by is None,
        from_at=span.from_at,
        to_at=span.to_at,
        due_at=time.later(span.from_at, span.limit_s) if is_open and span.from_at else None,
    )


def _stage(span: _Span, used_s: float) -> Stage:
    if span.from_at is None:
        return "waiting"
    if span.sense == "hold":
        has_held = used_s >= span.limit_s - _SLACK_S
        return "met" if has_held else "ample" if span.to_at is None else "missed"
    is_within = used_s <= span.limit_s + _SLACK_S
    if span.to_at is not None:
        return "met" if is_within else "missed"
    return "over" if not is_within else "ample" if used_s <= span.limit_s / 2 else "half"
