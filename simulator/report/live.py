"""The view of a terminal: the running drill in full, the others as a line, redrawn a few times a second."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scoring.scorecard import Scorecard
from scoring.timeline import Event, Window
from scoring.timeline.running import RunningTime
from simulator.report.board import Board, error_share, sparkline
from simulator.report.countdown import Countdown, Sla, count_down
from simulator.report.durations import drill_time, wall_time
from simulator.report.models import MEASURES
from simulator.report.palette import MARK_STYLES, STAGE_STYLES, TONE_STYLES
from simulator.report.running import RunningClock
from simulator.report.sentences import milliseconds, percent, plain

Now = Callable[[], datetime]
_REDRAWS_PER_S = 4
_BAR_WIDTH = 16
_TIME_WIDTH = 8
_LEAST_P95_TOP_MS = 100.0


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class LiveView:
    """A `View` on a terminal. `drills` are the names in the order of play, `clock` is drill seconds per wall second."""

    def __init__(
        self,
        drills: Sequence[str],
        *,
        clock: float,
        title: str = "game day",
        console: Console | None = None,
        now: Now = utc_now,
    ) -> None:
        self._clock = clock
        self._title = title
        self._now = now
        self._lock = Lock()
        self._boards: dict[str, Board | None] = dict.fromkeys(drills)
        self._shown: str | None = None
        self._live = Live(
            console=console or Console(),
            get_renderable=self.render,
            refresh_per_second=_REDRAWS_PER_S,
            transient=True,
        )

    def phase(self, drill: str, text: str) -> None:
        with self._lock:
            self._board(drill).phase = plain(text, 60)

    def window(self, drill: str, window: Window) -> None:
        with self._lock:
            self._board(drill).windows.append(window)

    def event(self, drill: str, event: Event) -> None:
        with self._lock:
            if event.kind == "drill.started" and (known := self._boards.get(drill)) and known.scorecard is not None:
                self._boards[drill] = None  # it is played again
            self._board(drill).learn(event)

    def sla(
        self,
        drill: str,
        measure: str,
        limit_drill_s: float,
        started_at: datetime | None,
        stopped_at: datetime | None = None,
    ) -> None:
        with self._lock:
            self._board(drill).slas[measure] = Sla(measure, limit_drill_s, started_at, stopped_at)

    def scored(self, drill: str, scorecard: Scorecard) -> None:
        with self._lock:
            self._board(drill).scorecard = scorecard

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def render(self) -> RenderableType:
        """What is shown at this instant."""
        with self._lock:
            parts: list[RenderableType] = [_overview(self._title, self._boards, self._shown)]
            if self._shown is not None and (board := self._boards[self._shown]) is not None:
                parts.append(_panel(self._shown, board, self._now()))
            return Group(*parts)

    def _board(self, drill: str) -> Board:
        board = self._boards.get(drill)
        if board is None:
            board = self._boards[drill] = Board(RunningClock(self._now(), self._clock))
        if board.scorecard is None:
            self._shown = drill
        return board


def _overview(title: str, boards: dict[str, Board | None], shown: str | None) -> Text:
    line = Text(plain(title), style="bold", no_wrap=False)
    for name, board in boards.items():
        line.append("   ")
        card = board.scorecard if board else None
        if card is not None:
            score = "not scored" if card.score is None else f"{card.score:.0f} {card.mark}"
            sign = ("✓", "green") if card.sla_met else ("✗", "red")
            line.append(f"{sign[0]} {plain(name)} {score}", style=sign[1] if card.score is not None else "yellow")
        else:
            line.append(
                f"▶ {plain(name)}" if name == shown else f"· {plain(name)}", style="" if name == shown else "dim"
            )
    return line


def _panel(name: str, board: Board, now: datetime) -> Panel:
    clock = board.clock
    elapsed = f"{drill_time(clock.elapsed_s(now))} ({wall_time((now - clock.began_at).total_seconds())})"
    if clock.time.is_stopped(now):
        elapsed += " · clock stopped"
    parts: list[RenderableType] = [_signals(board)]
    if board.slas:
        parts += [Text(), _countdowns(board.ordered_slas(), now, clock.time)]
    parts += [Text(), _happenings(board)]
    title = Text.assemble((f" {plain(name)} ", "bold"), (f"· {board.phase} " if board.phase else "", ""))
    return Panel(
        Group(*parts), title=title, title_align="left", subtitle=elapsed, subtitle_align="right", padding=(1, 2)
    )


def _signals(board: Board) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", min_width=9, no_wrap=True)
    table.add_column(no_wrap=True, overflow="crop")
    last = board.windows[-1] if board.windows else None
    share = error_share(last) if last else None
    rates = [window.requests / window.seconds for window in board.windows]
    shares = [error_share(window) for window in board.windows]
    tails = [window.p95_ms for window in board.windows]
    table.add_row("requests", f"{rates[-1]:.0f} /s" if rates else "–", sparkline(rates, least_top=1))
    errors_style = "red" if share else ""
    shown = "–" if share is None else percent(share)
    table.add_row("errors", Text(shown, errors_style), Text(sparkline(shares, least_top=0.05), errors_style))
    p95 = milliseconds(last.p95_ms) if last and last.p95_ms is not None else "–"
    table.add_row("p95", p95, sparkline(tails, least_top=_LEAST_P95_TOP_MS))
    return table


def _countdowns(slas: list[Sla], now: datetime, time: RunningTime) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for sla in slas:
        state = count_down(sla, now, time)
        style = STAGE_STYLES[state.stage]
        name = MEASURES.get(sla.measure, (sla.measure, sla.measure))[1].lower()
        table.add_row(name, Text(_bar(state.share), style), Text(_standing(state, sla.limit_s), style))
    return table


def _standing(state: Countdown, limit_s: float) -> str:
    limit = drill_time(limit_s)
    match state.stage:
        case "waiting":
            return f"{limit} allowed"
        case "met":
            return f"✓ {drill_time(state.elapsed_s)} of {limit}"
        case "missed":
            return f"✗ {drill_time(state.elapsed_s)} of {limit}"
        case "over":
            return f"over by {drill_time(-state.left_s)}"
    return f"{drill_time(state.left_s)} left of {limit}"


def _bar(share: float) -> str:
    filled = min(_BAR_WIDTH, round(share * _BAR_WIDTH))
    return "━" * filled + "┄" * (_BAR_WIDTH - filled)


def _happenings(board: Board) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, justify="right", min_width=_TIME_WIDTH)
    table.add_column(overflow="ellipsis", no_wrap=True)
    if board.truth is not None:
        table.add_row("now", Text(board.truth.text, TONE_STYLES[board.truth.tone]))
    for told in list(board.alerts.values())[-4:]:
        table.add_row("", Text(told.text, TONE_STYLES[told.tone]))
    for at, told in list(board.responses)[-5:]:
        table.add_row(drill_time(board.clock.elapsed_s(at)), Text(told.text, TONE_STYLES[told.tone]))
    if board.scorecard is not None and board.scorecard.mark is not None:
        score = f"{board.scorecard.score:.0f} points, mark {board.scorecard.mark}"
        table.add_row("score", Text(score, MARK_STYLES[board.scorecard.mark]))
    return table
