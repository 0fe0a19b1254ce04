"""The view of a pipeline's log: one line per event with drill and wall times, and no control codes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self, TextIO

from rich.console import Console

from scoring.scorecard import Scorecard
from scoring.timeline import Event, Window
from simulator.report.countdown import Sla, count_down
from simulator.report.durations import clock_time, drill_time
from simulator.report.live import LiveView, utc_now
from simulator.report.models import MEASURES
from simulator.report.quiet import QuietView
from simulator.report.running import RunningClock
from simulator.report.sentences import milliseconds, plain, tell
from simulator.report.view import View

Loudness = Literal["quiet", "normal", "verbose"]


class LineView:
    """A `View` that writes to `out`. A state that is looked at again and again is told only when it changes.

    `is_verbose`: every look is told, and every load window.
    """

    def __init__(
        self,
        drills: Sequence[str],
        *,
        clock: float,
        out: TextIO,
        now: Callable[[], datetime] = utc_now,
        is_verbose: bool = False,
    ) -> None:
        self._factor = clock
        self._is_verbose = is_verbose
        self._out = out
        self._now = now
        self._width = max((len(name) for name in drills), default=0)
        self._clocks: dict[str, RunningClock] = {}
        self._last_check: dict[tuple[str, str], str] = {}
        self._stopped: set[tuple[str, str]] = set()

    def phase(self, drill: str, text: str) -> None:
        self._say(drill, self._now(), f"» {plain(text)}")

    def window(self, drill: str, window: Window) -> None:
        """Windows are for pictures; their meaning comes as impact events."""
        if self._is_verbose:
            p95 = "" if window.p95_ms is None else f", p95 {milliseconds(window.p95_ms)}"
            self._say(drill, window.at, f"{window.failures} of {window.requests} requests failed{p95}")

    def event(self, drill: str, event: Event) -> None:
        if event.kind == "drill.started":
            self._begin(drill, event.occurred_at)
        self._clock_of(drill, event.occurred_at).see(event)
        told = tell(event)
        if event.kind == "oracle.checked":
            phase, state = str(event.data.get("phase")), f"{event.data.get('ok')} {_names_failed(event)}"
            if self._last_check.get((drill, phase)) == state and not self._is_verbose:
                return
            self._last_check[drill, phase] = state
        self._say(drill, event.occurred_at, told.text)

    def sla(
        self,
        drill: str,
        measure: str,
        limit_drill_s: float,
        started_at: datetime | None,
        stopped_at: datetime | None = None,
    ) -> None:
        if started_at is None or stopped_at is None or (drill, measure) in self._stopped:
            return
        self._stopped.add((drill, measure))
        time = self._clock_of(drill, started_at).time
        state = count_down(Sla(measure, limit_drill_s, started_at, stopped_at), stopped_at, time)
        name = MEASURES.get(measure, (measure, measure))[1].lower()
        taken, limit = drill_time(state.elapsed_s), drill_time(limit_drill_s)
        self._say(drill, stopped_at, f"SLA {state.stage}: {name} took {taken}, {limit} allowed")

    def scored(self, drill: str, scorecard: Scorecard) -> None:
        if scorecard.score is None:
            self._say(drill, self._now(), f"{scorecard.verdict}: {plain(scorecard.why)}")
            return
        slas = "every SLA met" if scorecard.sla_met else "an SLA was missed"
        self._say(drill, self._now(), f"{scorecard.score:.0f} points, mark {scorecard.mark}, {slas}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()

    def _begin(self, drill: str, at: datetime) -> None:
        """A drill that is played again is told from its beginning."""
        self._clocks[drill] = RunningClock(at, self._factor)
        self._last_check = {key: state for key, state in self._last_check.items() if key[0] != drill}
        self._stopped = {key for key in self._stopped if key[0] != drill}

    def _clock_of(self, drill: str, at: datetime) -> RunningClock:
        """The drill's clock, which begins with the first that is told of it."""
        return self._clocks.setdefault(drill, RunningClock(at, self._factor))

    def _say(self, drill: str, at: datetime, text: str) -> None:
        since_s = self._clock_of(drill, at).elapsed_s(at)
        name = plain(drill).ljust(self._width)
        self._out.write(f"{clock_time(at.astimezone(UTC))}  {drill_time(since_s):>8}  {name}  {text}\n")
        self._out.flush()


def open_view(
    drills: Sequence[str], *, clock: float, title: str, console: Console, loudness: Loudness = "normal"
) -> View:
    """The live view where the console is a terminal that can be redrawn, else the view in lines.

    A quiet one tells nothing of what happens within a drill, a verbose one everything, in lines.
    """
    out: TextIO = console.file  # type: ignore[assignment]
    if loudness == "quiet":
        return QuietView(out)
    if loudness == "normal" and console.is_terminal and not console.is_dumb_terminal:
        return LiveView(drills, clock=clock, title=title, console=console)
    return LineView(drills, clock=clock, out=out, is_verbose=loudness == "verbose")


def _names_failed(event: Event) -> list[str]:
    conditions = event.data.get("conditions")
    return (
        [str(c.get("name")) for c in conditions if isinstance(c, dict) and not c.get("ok")]
        if isinstance(conditions, list)
        else []
    )
