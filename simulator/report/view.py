"""What the runner tells while drills run; how it is shown is up to the view."""

from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from scoring.scorecard import Scorecard
from scoring.timeline import Event, Window


class View(Protocol):
    """A context manager that is told what happens. `drill` is the drill's name; each call returns at once.

    The calls come from one thread. Instants are aware UTC datetimes, limits are drill seconds.
    """

    def phase(self, drill: str, text: str) -> None:
        """The drill has entered a phase, such as `baseline`, `injecting`, `responding`, `verifying`."""

    def window(self, drill: str, window: Window) -> None:
        """A load window has been measured."""

    def event(self, drill: str, event: Event) -> None:
        """An event has been recorded."""

    def sla(
        self,
        drill: str,
        measure: str,
        limit_drill_s: float,
        started_at: datetime | None,
        stopped_at: datetime | None = None,
    ) -> None:
        """A measure (`ttd` ... `ttr`) has this limit; told again when it starts and when it stops."""

    def scored(self, drill: str, scorecard: Scorecard) -> None:
        """The drill is over, and this is what it earned."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
