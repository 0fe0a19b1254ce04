"""`gameday history`: what became of all drills that were played in this folder."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import AsJson, Database, Playbook

if TYPE_CHECKING:
    from scoring.record.history import Standing, Trend
    from scoring.record.items import Item
    from scoring.series import MeasureSeries

app = typer.Typer()
_BY = ("team", "person", "drill")
_HELP = "Scoring"


@app.command(
    rich_help_panel=_HELP,
    epilog="Examples:  gameday history   |   gameday history --failure-mode rate-limited --by drill   |   "
    "gameday history --team payments --json",
)
def history(
    failure_mode: Annotated[str | None, typer.Option(help="Only drills of this failure mode.", metavar="NAME")] = None,
    team: Annotated[str | None, typer.Option(help="Only trends of this team.", metavar="NAME")] = None,
    playbook: Playbook = None,
    by: Annotated[str, typer.Option(help="Whom the leaderboard ranks.", metavar="|".join(_BY))] = "drill",
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Trends by quarter, the leaderboard, and what reviews left to do.

    With --failure-mode also the statistics of its runs. Without --database, the drills of all runs in this folder are
    taken into .gameday/scoring.db first.
    """
    from scoring.cli.databases import LASTING, opened
    from scoring.cli.showing import print_json
    from scoring.errors import ScoringError
    from scoring.record.history import History
    from scoring.record.items import Items
    from scoring.record.people import id_of
    from scoring.series import summarise

    if by not in _BY:
        raise ScoringError(f"--by: '{by}' is none; there are: {', '.join(_BY)}")
    take_in(database)
    team = id_of(team) if team else None
    with opened(database or str(LASTING), is_made=database is None) as place:
        past = History(place.engine)
        trends = past.trends(playbook, failure_mode, team)
        board = past.leaderboard(by, playbook, failure_mode)  # type: ignore[arg-type]
        items = Items(place.engine).find()
        runs = past.runs(failure_mode=failure_mode, playbook=playbook, team=team) if failure_mode else {}
    measures = {name: summarise(values) for name, values in runs.items()}
    if as_json:
        print_json({"trends": trends, "measures": measures, "leaderboard": board, "action_items": items})
    elif not trends:
        typer.echo(f"no drill that fits has ended yet ({place.name})")
    else:
        _show_trends(trends)
        _show_measures(measures)
        _show_board(board, by)
        _show_items(items)


def take_in(database: str | None) -> None:
    """Take in what runs left behind, unless a database was named."""
    from scoring.cli.gathering import gather

    for sentence in gather().left if database is None else ():
        typer.echo(sentence, err=True)


def _show_trends(trends: Sequence["Trend"]) -> None:
    from scoring.cli.showing import percent, print_table
    from scoring.scorecard.sla import MEASURES, TITLES, spell

    rows = []
    for each in trends:
        cells = []
        for name in MEASURES:
            median, met = each.measures[name]["median_s"], each.measures[name]["share"]
            cells.append(f"{'–' if median is None else spell(median)}, {percent(met)}")
        rows.append((each.quarter, each.failure_mode, each.team, each.playbook, str(each.drills), *cells))
    typer.echo("Median and share of SLAs met")
    print_table(("quarter", "failure mode", "team", "playbook", "drills", *(TITLES[name] for name in MEASURES)), rows)


def _show_measures(measures: Mapping[str, "MeasureSeries"]) -> None:
    from scoring.cli.showing import print_measures

    if measures:
        typer.echo()
        print_measures(measures)


def _show_board(board: Sequence["Standing"], by: str) -> None:
    from scoring.cli.showing import print_table

    if board:
        typer.echo(f"\nLeaderboard by {by}")
        rows = [(str(b.rank), b.who, str(b.drills), f"{b.average:.1f}", f"{b.best:.1f}", str(b.sla_met)) for b in board]
        print_table(("rank", by, "drills", "score", "best", "all SLAs met"), rows)


def _show_items(items: Sequence["Item"]) -> None:
    from scoring.cli.showing import print_table

    if items:
        typer.echo("\nOpen action items")
        rows = [(item.due_on or "–", item.priority, item.owner, item.text, item.drill_id) for item in items]
        print_table(("due", "priority", "owner", "what", "drill"), rows)
