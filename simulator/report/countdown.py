"""An SLA that counts down, in drill time: pure, for any instant one asks about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scoring.timeline.running import RunningTime

Stage = Literal["waiting", "ample", "half", "over", "met", "missed"]


@dataclass(frozen=True)
class Sla:
    """A measure's limit in drill seconds, and the instants between which it is measured, as far as they came."""

    measure: str
    limit_s: float
    started_at: datetime | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True)
class Countdown:
    """Drill seconds gone by and left (negative once over), their share of the limit, and how that stands."""

    elapsed_s: float
    left_s: float
    share: float
    stage: Stage


def count_down(sla: Sla, now: datetime, time: RunningTime) -> Countdown:
    """Where the SLA stands at the wall instant `now`; it stands still while the drill clock does.

    `waiting` before it starts; then `ample` up to half of the limit (full points), `half` up to the limit, `over`
    beyond it; `met` (t ≤ limit) or `missed` once it has stopped.
    """
    if sla.started_at is None:
        return Countdown(0.0, sla.limit_s, 0.0, "waiting")
    until = now if sla.stopped_at is None else sla.stopped_at
    elapsed_s = max(0.0, time.drill_s(sla.started_at, until))
    left_s = sla.limit_s - elapsed_s
    share = elapsed_s / sla.limit_s if sla.limit_s > 0 else 1.0
    return Countdown(elapsed_s, left_s, share, _stage(share, left_s, is_stopped=sla.stopped_at is not None))


def _stage(share: float, left_s: float, *, is_stopped: bool) -> Stage:
    if is_stopped:
        return "met" if left_s >= -1e-6 else "missed"
    if left_s < 0:
        return "over"
    return "ample" if share <= 0.5 else "half"
