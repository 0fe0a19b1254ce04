"""The scoreboard at the end of a game day, for a terminal of any width and for a log without colour."""

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from scoring.scorecard import DimensionCard, MeasureCard, Scorecard
from simulator.report.durations import both_times, drill_time, wall_time
from simulator.report.models import MEASURES, DrillResult, GameDay
from simulator.report.palette import MARK_STYLES, VERDICT_SIGNS
from simulator.report.sentences import causes, percent, plain

_BAR_WIDTH = 10
_ROOM_FOR_TWO = 112


def print_scoreboard(game_day: GameDay, console: Console) -> None:
    """Write the scoreboard to the console."""
    console.print(scoreboard(game_day))


def scoreboard(game_day: GameDay) -> RenderableType:
    """Each drill with its measures and dimensions, then the result of the whole."""
    parts: list[RenderableType] = [_heading(game_day)]
    for drill in game_day.drills:
        parts += [Text(), _drill_line(drill)]
        if drill.scorecard is not None and drill.verdict == "scored":
            parts += [Padding(_Card(drill.scorecard, game_day.clock), (0, 0, 0, 2))]
        if reason := _reason(drill):
            parts.append(Padding(Text(reason, "yellow"), (0, 0, 0, 2)))
    return Group(*parts, Text(), result_line(game_day))


def result_line(game_day: GameDay) -> Text:
    """The last line: the score of the game day, whether every SLA was met, and how long it took."""
    words = {
        True: ("✓ every SLA met", "green"),
        False: ("✗ an SLA was missed", "red"),
        None: ("no drill was judged", "yellow"),
    }
    text, style = words[game_day.sla_met]
    score = "no score" if game_day.score is None else f"{game_day.score:.1f} of 100"
    took = wall_time((game_day.ended_at - game_day.started_at).total_seconds())
    return Text.assemble(("Game day: ", "bold"), (score, "bold"), "   ", (text, f"bold {style}"), f"   {took}")


class _Card:
    """A scorecard's measures and dimensions: side by side where there is room, else one below the other."""

    def __init__(self, card: Scorecard, clock: float) -> None:
        self._card = card
        self._clock = clock

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        measures = _measures(self._card, self._clock)
        if options.max_width >= _ROOM_FOR_TWO:
            table = Table.grid(padding=(0, 4))
            table.add_row(Group(measures, Text(), _facts(self._card)), _dimensions(self._card, columns=1))
            yield table
        else:
            yield from (measures, _facts(self._card), _dimensions(self._card, columns=2))


def _heading(game_day: GameDay) -> Text:
    facts = f"  playbook {game_day.playbook} · responder {game_day.responder} · clock {game_day.clock:g}×"
    return Text.assemble((plain(game_day.name), "bold"), (plain(facts, 200).join(("  ", "")), "dim"))


def _drill_line(drill: DrillResult) -> Text:
    card = drill.scorecard
    line = Text()
    if card is None or card.score is None or card.mark is None:
        line.append(f"? {plain(drill.title)}", "bold yellow").append(f"   {drill.verdict}, not scored", "yellow")
        return line
    sign, style = ("✓", "green") if card.sla_met else ("✗", "red")
    line.append(f"{sign} ", style).append(plain(drill.title), "bold").append(f"   {card.score:.1f}", "bold")
    return line.append(f"  {card.mark}", f"bold {MARK_STYLES[card.mark]}")


def _measures(card: Scorecard, clock: float) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for name, (short, title) in MEASURES.items():
        if name in card.measures:
            measure = card.measures[name]
            sign, style = VERDICT_SIGNS[measure.verdict]
            allowed = "" if measure.sla_seconds is None else f"/ {drill_time(measure.sla_seconds)}"
            shown = Text(f"{sign} {_word(measure)}", style)
            table.add_row(Text(short, "bold"), Text(title.lower(), "dim"), _taken(measure, clock), allowed, shown)
    return table


def _taken(measure: MeasureCard, clock: float) -> str:
    return "–" if measure.drill_seconds is None else both_times(measure.drill_seconds, clock)


def _word(measure: MeasureCard) -> str:
    if measure.verdict == "missed" and measure.drill_seconds is None:
        return "never done"
    return measure.verdict.replace("_", " ")


def _facts(card: Scorecard) -> Text:
    declared = card.declared_severity or "none"
    agreed = declared == card.expected_severity
    share = card.requests_failed / card.requests if card.requests else 0.0
    failed = f"{card.requests_failed:,} of {card.requests:,} requests failed"
    line = Text.assemble(
        ("severity ", "dim"),
        (f"{plain(declared)} declared", "" if agreed else "yellow"),
        f", {plain(card.expected_severity or 'none')} expected",
        ("\nusers    ", "dim"),
        failed + (f" ({percent(share)})" if card.requests else ""),
    )
    for number, cause in enumerate(causes(card)):
        line.append("\n         " if number else "\ncauses   ", "dim").append(cause)
    for fail in card.hard_fails:
        line.append(f"\nhard fail: {plain(fail.why)}", "bold red")
    return line


def _dimensions(card: Scorecard, *, columns: int) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in range(columns):
        table.add_column(no_wrap=True, style="dim")
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
    cells = [_dimension(name, dimension) for name, dimension in card.dimensions.items()]
    rows = -(-len(cells) // columns)
    for row in range(rows):
        table.add_row(*(part for cell in cells[row::rows] for part in cell))
    return table


def _dimension(name: str, dimension: DimensionCard) -> tuple[str, Text, str]:
    if dimension.grade is None or dimension.points is None:
        return name, Text("·" * _BAR_WIDTH, "dim"), "not assessed"
    filled = round(dimension.grade * _BAR_WIDTH)
    style = MARK_STYLES.get(dimension.mark or "", "")
    bar = Text("█" * filled + "░" * (_BAR_WIDTH - filled), style)
    return name, bar, f"{dimension.points:.1f}/{dimension.weight:.0f} {dimension.mark}"


def _reason(drill: DrillResult) -> str:
    why = drill.scorecard.why if drill.scorecard and drill.verdict != "scored" else ""
    return plain(drill.reason or why)
