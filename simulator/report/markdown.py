"""The report of a game day as Markdown, for a job's summary: the result, a table, and what cost points."""

from scoring.scorecard import Scorecard
from scoring.scorecard.cards import Mark
from scoring.scorecard.observed import Note, observed
from simulator.report.durations import both_times, drill_time, wall_time
from simulator.report.models import MEASURES, DrillResult, GameDay
from simulator.report.sentences import causes, percent, plain

_SIGNS = {"met": "✓", "missed": "✗", "censored": "…", "not_assessed": "–"}
_RESULTS = {True: "✓ every SLA met", False: "✗ an SLA was missed", None: "no drill was judged"}


def render_markdown(game_day: GameDay) -> str:
    """The whole report, ending in a newline."""
    score = "no score" if game_day.score is None else f"{game_day.score:.1f} of 100"
    took = wall_time((game_day.ended_at - game_day.started_at).total_seconds())
    lines = [
        f"# Game day: {cell(game_day.name)}",
        "",
        f"**{score} · {_RESULTS[game_day.sla_met]}**",
        "",
        f"Playbook {cell(game_day.playbook)}, responder {cell(game_day.responder)}, "
        f"clock {game_day.clock:g}×, took {took}.",
        "",
        *_table(game_day),
        "",
    ]
    for drill in game_day.drills:
        lines += _losses(drill, game_day.clock)
    return "\n".join(lines).rstrip() + "\n"


def cell(text: str) -> str:
    """Text that stays in its table cell and is not read as markup."""
    line = plain(text, 500)
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in line)


def _table(game_day: GameDay) -> list[str]:
    names = [short for short, _ in MEASURES.values()]
    heads = ["Drill", *names, "Severity", "Requests failed", "Score"]
    rule = ["---", *["--:"] * len(names), "---", "--:", "--:"]
    return [_row(heads), _row(rule), *(_row(_cells(drill)) for drill in game_day.drills)]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(drill: DrillResult) -> list[str]:
    card = drill.scorecard
    if card is None or drill.verdict != "scored":
        return [cell(drill.title), *["–"] * len(MEASURES), "–", "–", drill.verdict]
    declared, expected = card.declared_severity or "none", card.expected_severity or "none"
    severity = declared if declared == expected else f"{declared} ({expected} expected)"
    failed = f"{card.requests_failed:,} of {card.requests:,}"
    score = "–" if card.score is None else f"{card.score:.1f} {card.mark}"
    return [cell(drill.title), *(_measure(card, name) for name in MEASURES), cell(severity), failed, score]


def _measure(card: Scorecard, name: str) -> str:
    measure = card.measures.get(name)
    if measure is None:
        return "–"
    taken = "never" if measure.verdict == "missed" else "–"
    if measure.drill_seconds is not None:
        taken = drill_time(measure.drill_seconds)
    return f"{taken} {_SIGNS[measure.verdict]}".replace("– –", "–")


def _losses(drill: DrillResult, clock: float) -> list[str]:
    lines = [f"## {cell(drill.title)}", ""]
    if drill.reason:
        lines += [cell(drill.reason), ""]
    card = drill.scorecard
    if card is None or drill.verdict != "scored":
        return lines if drill.reason else [*lines, cell(card.why) if card else drill.verdict, ""]
    items = [f"- **Hard fail**: {cell(fail.why)}" for fail in card.hard_fails]
    items += [f"- Cause: {cell(cause)}." for cause in causes(card)]
    for name, (short, _) in MEASURES.items():
        if (measure := card.measures.get(name)) and measure.verdict == "missed":
            taken = "" if measure.drill_seconds is None else f" {both_times(measure.drill_seconds, clock)}."
            items.append(f"- **{short} missed**:{taken} {cell(measure.why)}")
    for name, dimension in card.dimensions.items():
        if dimension.grade is not None and dimension.points is not None and dimension.grade < 1:
            lost = f"{dimension.weight - dimension.points:.1f} of {dimension.weight:.1f} points lost"
            items.append(f"- **{name.capitalize()}**, {lost}: {cell(dimension.why)}")
    if card.hints is not None:
        items.append(f"- **Hints**, {card.hints.points:.1f} points off: {cell(card.hints.why)}")
    if card.requests:
        share = percent(card.requests_failed / card.requests)
        items.append(f"- Users: {share} of {card.requests:,} requests failed until mitigation.")
    return [*lines, *items, *_noted(drill), ""]


def _noted(drill: DrillResult) -> list[str]:
    """What observers noted, by dimension."""
    if drill.timeline is None:
        return []
    noted = observed(drill.timeline.events, drill.scorecard)
    lines = [_note(note, name, each.ours) for name, each in noted.dimensions.items() for note in each.notes]
    return [*lines, *map(_note, noted.others)]


def _note(note: Note, dimension: str = "", ours: Mark | None = None) -> str:
    who = f"{cell(note.by) or 'an observer'}: "
    head = f"**{dimension.capitalize()}**, observed by {who}" if dimension else f"Observed by {who}"
    mark = f"{note.mark}, ours is {ours}" if note.differs else note.mark
    said = "; ".join(part for part in (mark, cell(note.text)) if part)
    return f"- {head}{said or '–'}"
