"""What is known of a running drill, as far as a view shows it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from scoring.scorecard import Scorecard
from scoring.timeline import Event, Window
from simulator.report.countdown import Sla
from simulator.report.models import MEASURES
from simulator.report.running import RunningClock
from simulator.report.sentences import Told, tell

HISTORY = 40
_BLOCKS = "▁▂▃▄▅▆▇█"
# Roles are on the timeline; here they would push away what is done.
_RESPONSES = frozenset(
    {
        "incident.acknowledged",
        "incident.declared",
        "incident.reclassified",
        "update.posted",
        "incident.escalated",
        "diagnosis.submitted",
        "action.taken",
        "incident.resolved",
        "review.filed",
    }
)


@dataclass
class Board:
    """One drill, by the clock that its times are counted with."""

    clock: RunningClock
    phase: str = ""
    windows: deque[Window] = field(default_factory=lambda: deque(maxlen=HISTORY))
    alerts: dict[str, Told] = field(default_factory=dict)
    responses: deque[tuple[datetime, Told]] = field(default_factory=lambda: deque(maxlen=8))
    slas: dict[str, Sla] = field(default_factory=dict)
    truth: Told | None = None
    scorecard: Scorecard | None = None

    def learn(self, event: Event) -> None:
        """Take in an event."""
        told = tell(event)
        self.clock.see(event)
        if event.kind == "drill.started":
            self.clock.began_at = event.occurred_at
        elif event.kind == "alert.firing":
            self.alerts[event.alert_name] = told
        elif event.kind == "alert.resolved":
            self.alerts.pop(event.alert_name, None)
        elif event.kind in _RESPONSES and event.data.get("by") != "audit":
            self.responses.append((event.occurred_at, told))
        elif event.kind in {"fault.injected", "impact.started", "impact.ended", "drill.aborted"}:
            self.truth = told

    def ordered_slas(self) -> list[Sla]:
        """The SLAs in the order of the measures."""
        known = [name for name in MEASURES if name in self.slas]
        return [self.slas[name] for name in known]


def error_share(window: Window) -> float | None:
    """The share of requests that failed; None without requests."""
    return window.failures / window.requests if window.requests else None


def sparkline(values: Iterable[float | None], *, least_top: float) -> str:
    """Values as blocks from 0 up to the largest one, which is at least `least_top`; a gap where there is none."""
    shown = list(values)
    top = max([least_top, *(value for value in shown if value is not None)])
    return "".join(" " if v is None else _BLOCKS[round(max(0.0, v) / top * (len(_BLOCKS) - 1))] for v in shown)
