"""The view of many drills in a row: the live one on a terminal, and in a log a line when a drill is over."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console

from scoring.scorecard import Scorecard
from scoring.timeline import Event, Window
from simulator.report.live import LiveView
from simulator.report.view import View


class QuietView(View):
    """A `View` that writes what it is `told`, and nothing of what happens within a drill."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def told(self, line: str) -> None:
        """Write a line."""
        self._out.write(f"{line}\n")
        self._out.flush()

    def phase(self, drill: str, text: str) -> None:
        """Phases are for those who watch one drill."""

    def window(self, drill: str, window: Window) -> None:
        """So are windows."""

    def event(self, drill: str, event: Event) -> None:
        """And events."""

    def sla(
        self,
        drill: str,
        measure: str,
        limit_drill_s: float,
        started_at: datetime | None,
        stopped_at: datetime | None = None,
    ) -> None:
        """And SLAs."""

    def scored(self, drill: str, scorecard: Scorecard) -> None:
        """What a drill earned is told in its line."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()


class WatchedView(LiveView):
    """The live view; what is told is seen in its heading anyway."""

    def told(self, line: str) -> None:
        """The heading has it."""


def open_quiet_view(drills: Sequence[str], *, clock: float, title: str, console: Console) -> QuietView | WatchedView:
    """The live view where the console is a terminal that can be redrawn, else lines."""
    if console.is_terminal and not console.is_dumb_terminal:
        return WatchedView(drills, clock=clock, title=title, console=console)
    return QuietView(console.file)  # type: ignore[arg-type]
