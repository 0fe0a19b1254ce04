"""What facilitator and responders have done to the course of a drill, event by event. Pure but for the stopwatch."""

from dataclasses import dataclass, field
from datetime import datetime

from scoring.scorecard.updates import is_closing
from scoring.timeline import Event
from scoring.timeline.running import advance_s
from simulator.drill.stopwatch import Stopwatch

RUNNER = "runner"
"""The source of the runner's own events."""
NO_REASON = "no reason was given"


@dataclass
class Course:
    """`is_begun` without a facilitator; else `clock.started` begins it. Instants are those at which things occurred."""

    stopwatch: Stopwatch
    is_begun: bool = True
    page: Event | None = field(default=None, init=False)
    """The first inject that was delivered, or alert that fired once it had begun."""
    aborted: str | None = field(default=None, init=False)
    """Why somebody aborted it."""
    is_ended: bool = field(default=False, init=False)
    orders: list[str] = field(default_factory=list, init=False)
    """Failure modes in the order in which they were ordered; empty for one that was not named."""
    resolved_at: list[datetime] = field(default_factory=list, init=False)
    injected_at: list[datetime] = field(default_factory=list, init=False)
    closed_at: datetime | None = field(default=None, init=False)
    """When the last closing notice was posted."""

    def see(self, event: Event) -> None:
        """Take in what happened; in the order of arrival, each event once."""
        match event.kind:
            case "clock.stopped":
                self.stopwatch.stop()
            case "clock.started":
                self.stopwatch.start()
                self.is_begun = True
            case "clock.advanced":
                self.stopwatch.advance(advance_s(event) or 0.0)
            case "drill.aborted" if event.source != RUNNER:
                self.aborted = event.text("reason") or NO_REASON
            case "drill.ended":
                self.is_ended = True
            case "fault.ordered":
                self.orders.append(event.text("failure_mode"))
            case "fault.injected":
                self.injected_at.append(event.occurred_at)
            case "incident.resolved":
                self.resolved_at.append(event.occurred_at)
            case "update.posted" if is_closing(event):
                self.closed_at = event.occurred_at
            case "inject.delivered":
                self.page = self.page or event
            case "alert.firing" if self.is_begun:
                self.page = self.page or event

    @property
    def is_called_resolved(self) -> bool:
        """Whether somebody called it resolved after the last fault that came."""
        return bool(self.resolved_at) and max(self.resolved_at) >= max(self.injected_at, default=min(self.resolved_at))
