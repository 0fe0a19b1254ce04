"""`gameday tabletop run` and `report`: an exercise held, and what is handed out afterwards."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import Database, complete_drill
from scoring.cli.reviews import Format
from scoring.cli.tabletop import Name, app, tabletop

if TYPE_CHECKING:
    from scoring.publishing.document import Document

__all__ = ["app"]


@tabletop.command(
    "run",
    epilog="Examples:  gameday tabletop run llm-research-lab   |   gameday tabletop my.yaml --team payments "
    "  |   gameday tabletop my.yaml --listen 0.0.0.0:8460 --allow-remote --url http://meeting-room:8460",
)
def run_scenario(
    name: Name,
    team: Annotated[str | None, typer.Option(help="The team that sits at the table.", metavar="NAME")] = None,
    person: Annotated[
        list[str] | None, typer.Option(help="Somebody at the table; may be given several times.", metavar="NAME")
    ] = None,
    clock: Annotated[
        float | None, typer.Option(help="Drill seconds in a second of the room (default: the scenario's).", min=1e-3)
    ] = None,
    observers: Annotated[int, typer.Option(help="For how many observers to print links.", min=0, max=20)] = 1,
    anew: Annotated[
        bool, typer.Option("--new", help="Begin anew, even if one by this scenario is still held.")
    ] = False,
    service: Annotated[
        str | None,
        typer.Option(help="Open it at a service that runs, with GAMEDAY_FACILITATOR_TOKEN.", metavar="URL"),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(help="Where to listen (default: 127.0.0.1:8460, or a free port).", metavar="HOST:PORT"),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="By which address the room reaches it, for the links.", metavar="URL")
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name by which a reverse proxy asks for it; may be given several times.", metavar="NAME"),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen beyond this machine, without TLS.")
    ] = False,
    notify: Annotated[
        Path | None, typer.Option(help="Apprise configuration: who is told of pages, updates and escalations.")
    ] = None,
    database: Database = None,
) -> None:
    """Hold a tabletop: start the scoring service with it, and print a link for everybody who takes part.

    The clock stands until the facilitator begins it on the page. Everything is on record: one that was interrupted is
    taken up where it was by the same command. Ctrl-C stops the clock and ends the service, not the exercise; it is
    ended on the facilitator's page, which leads to the report.
    """
    from scoring.cli.holding import Asked, hold, open_at
    from scoring.cli.showing import emphasised

    asked = Asked.of(name, clock=clock, team=team, people=tuple(person or ()), observers=observers, is_new=anew)
    if service is not None:
        for line in open_at(service, asked):
            typer.echo(line)
        return
    from urllib.parse import urlsplit

    from scoring.cli.databases import LASTING
    from scoring.cli.listening import listen as open_door
    from scoring.cli.service import Service, run

    door = open_door(listen, are_others_let_in=allow_remote)
    names = {*(host or ()), *([urlsplit(url).hostname or ""] if url else [])} - {""}
    run(
        Service(database or str(LASTING), door, notify, frozenset(names), are_secrets_shown=True),
        lambda place, address: hold(asked, place, (url or address).rstrip("/"), emphasised),
    )


@tabletop.command(
    "report",
    epilog="Examples:  gameday tabletop report DRILL   |   gameday tabletop report DRILL --format pdf",
)
def write_report(
    drill: Annotated[str, typer.Argument(help="A tabletop's id.", autocompletion=complete_drill, metavar="DRILL")],
    format: Annotated[  # noqa: A002 - as the option reads
        Format | None, typer.Option(help="As what (default: by the name of the file, else md).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "--output", help="Where to; - prints it (default: md is printed).", metavar="FILE"),
    ] = None,
    database: Database = None,
) -> None:
    """Write the after-action report: objectives, strengths, what to improve, the plan, the scorecard, the course."""
    from scoring.cli.reviews import write_document

    write_document(_document(drill, database), f"after-action-report-{drill}", format, out)


def _document(drill_id: str, database: str | None) -> "Document":
    from datetime import UTC, datetime

    from scoring.cli.databases import holding
    from scoring.exercise.after_action import report
    from scoring.exercise.kept import read_kept
    from scoring.exercise.looking import look
    from scoring.exercise.write_up import write_up
    from scoring.playbook.file import parse_playbook
    from scoring.scorecard import score

    with holding(drill_id, database) as place:
        timeline = place.store.timeline(drill_id)
        book = parse_playbook(place.store.playbook_text(drill_id), f"the playbook of drill {drill_id}")
    scenario = read_kept(timeline.events, book)
    exercise = look(scenario, book, timeline.drill, timeline.events, datetime.now(UTC))
    return write_up(report(exercise, timeline.events, score(timeline, book)))
