"""The view in a responder's own terminal: nothing in it tells what is wrong, nor whether anything is."""

from datetime import datetime
from types import TracebackType
from typing import Self

from scoring.scorecard import Scorecard
from scoring.timeline import TRUTH_KINDS, Event, Window
from simulator.drill.phases import TELLING
from simulator.report.view import View

_FOUND_OUT = frozenset({"impact.started", "impact.ended"})
"""What a responder finds out by looking, or is paged for."""


class DiscreetView:
    """A `View` that hands on to another what a responder may see, under a `name` that says nothing.

    What the drill was is told with its scorecard, once it is over.
    """

    def __init__(self, view: View, name: str) -> None:
        self._view = view
        self._name = name

    def phase(self, drill: str, text: str) -> None:
        """Hands it on, unless it would tell of the fault."""
        if text not in TELLING:
            self._view.phase(self._name, text)

    def window(self, drill: str, window: Window) -> None:
        """Hands it on: what users are served is on every dashboard."""
        self._view.window(self._name, window)

    def event(self, drill: str, event: Event) -> None:
        """Hands it on, unless it tells the truth."""
        if event.kind not in TRUTH_KINDS | _FOUND_OUT:
            self._view.event(self._name, event)

    def sla(
        self,
        drill: str,
        measure: str,
        limit_drill_s: float,
        started_at: datetime | None,
        stopped_at: datetime | None = None,
    ) -> None:
        """Keeps it: whose SLAs they are would tell the severity, and when they start the fault."""

    def scored(self, drill: str, scorecard: Scorecard) -> None:
        """Hands it on."""
        self._view.scored(self._name, scorecard)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
