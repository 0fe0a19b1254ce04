"""`gameday score`: timeline files judged without any service."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import AsJson, Playbook

if TYPE_CHECKING:
    from scoring.scorecard.cards import MeasureCard, Scorecard

app = typer.Typer()


@app.command(
    rich_help_panel="Scoring",
    epilog="Examples:  gameday score TIMELINE.json   |   gameday score TIMELINE.json --playbook my.yaml --json   |   "
    "gameday score .gameday/reports/*/timelines/*rate-limited.json",
)
def score(
    timelines: Annotated[list[str], typer.Argument(help="Timelines as JSON; - is standard input.", metavar="FILE...")],
    playbook: Playbook = None,
    as_json: AsJson = False,
) -> None:
    """Score recorded timelines, offline.

    Several are taken for runs of one experiment, in the order in which they were played: each run, and what they say
    together: how many never came to an end, median, 85th percentile, and how often each SLA was met.
    """
    from scoring.files import score_file, score_text

    cards = [
        score_text(sys.stdin.buffer.read(), "standard input", playbook) if name == "-" else score_file(name, playbook)
        for name in timelines
    ]
    if len(cards) > 1:
        _show_series(cards, as_json=as_json)
    elif as_json:
        typer.echo(cards[0].to_json())
    else:
        from scoring.scorecard.text import render

        typer.echo(render(cards[0]).rstrip("\n"))


def _show_series(cards: Sequence["Scorecard"], *, as_json: bool) -> None:
    from scoring.cli.showing import print_json, print_measures, print_table
    from scoring.errors import ScoringError
    from scoring.scorecard.sla import MEASURES, TITLES
    from scoring.series import summarise_runs

    if len(books := {card.playbook: None for card in cards}) > 1:
        raise ScoringError(f"the runs were played under {' and '.join(books)}; say which holds with --playbook NAME")
    summary = summarise_runs(cards)
    if as_json:
        runs = [card.model_dump(mode="json") for card in cards]
        print_json({"runs": runs, "summary": summary.model_dump(mode="json")})
        return
    rows = [(card.drill, *_score(card), *(_time(card.measures[name]) for name in MEASURES)) for card in cards]
    print_table(("drill", "score", "mark", *(TITLES[name] for name in MEASURES)), rows)
    typer.echo()
    print_measures(summary.measures)
    typer.echo(f"score: {summary.score.trend.why}")


def _score(card: "Scorecard") -> tuple[str, str]:
    if card.score is None:
        return card.verdict, ""
    return f"{card.score:.1f}", "fail" if card.hard_fails else str(card.mark)


def _time(measure: "MeasureCard") -> str:
    from scoring.scorecard.sla import spell

    took = "–" if measure.drill_seconds is None else spell(measure.drill_seconds)
    return f"{took} {measure.verdict.replace('_', ' ')}"
