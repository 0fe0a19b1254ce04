"""`gameday items`: what reviews left to do, and closing it."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import AsJson, Database

if TYPE_CHECKING:
    from scoring.record.items import Item

app = typer.Typer()


@app.command(
    rich_help_panel="Scoring",
    epilog="Examples:  gameday items   |   gameday items --failure-mode rate-limited --all   |   "
    "gameday items --close 3f1c0a9b72d4e856 --by Ada",
)
def items(
    failure_mode: Annotated[str | None, typer.Option(help="Only of this failure mode.", metavar="NAME")] = None,
    team: Annotated[str | None, typer.Option(help="Only of this team.", metavar="NAME")] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Those that are done, too.")] = False,
    close: Annotated[
        list[str] | None, typer.Option(help="Say that one is done; several times for several.", metavar="ID")
    ] = None,
    reopen: Annotated[list[str] | None, typer.Option(help="Say that one is not done after all.", metavar="ID")] = None,
    by: Annotated[str | None, typer.Option(help="Who closed it (default: you).", metavar="NAME")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Action items of all reviews, what is due first at the front.

    Those that are open are asked about after the next drill of the same failure mode and team.
    """
    from scoring.cli.databases import LASTING, opened
    from scoring.cli.gathering import gather
    from scoring.cli.showing import print_json
    from scoring.record.items import Items

    for sentence in gather().left if database is None else ():
        typer.echo(sentence, err=True)
    now = datetime.now(UTC)
    with opened(database or str(LASTING), is_made=database is None) as place:
        on_record = Items(place.engine)
        changed = [on_record.close(each, now, by or _user()) for each in close or ()]
        changed += [on_record.reopen(each) for each in reopen or ()]
        found = changed or on_record.find(None if show_all else True, failure_mode=failure_mode, team=team)
    if as_json:
        print_json(found)
    elif not found:
        typer.echo(
            f"nothing is open ({place.name})" if not show_all else f"no review asked for anything ({place.name})"
        )
    else:
        _show(found, now.date())


def _show(found: Sequence["Item"], today: date) -> None:
    from scoring.cli.showing import print_table

    rows = [
        (each.id, each.due_on or "–", _state(each, today), each.priority, each.owner, each.text, each.drill_id)
        for each in found
    ]
    print_table(("id", "due", "state", "priority", "owner", "what", "drill"), rows)


def _state(item: "Item", today: date) -> str:
    from scoring.review.items import is_overdue

    if item.closed_at is not None:
        return f"done {item.closed_at:%Y-%m-%d}" + (f" by {item.closed_by}" if item.closed_by else "")
    return "overdue" if is_overdue(item.due_on, today) else "open"


def _user() -> str:
    """The name under which somebody works on this machine; empty where it has none."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or ""
