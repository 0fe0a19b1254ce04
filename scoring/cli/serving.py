"""`gameday serve`: the scoring service as a process."""

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.asked import Database

app = typer.Typer()


@app.command(
    rich_help_panel="Scoring",
    epilog="Examples:  gameday serve   |   gameday serve --database postgresql://gameday@db/scoring "
    "--listen 127.0.0.1:9000 --host scoring.example.org   |   gameday serve --notify apprise.yaml",
)
def serve(
    database: Database = None,
    listen: Annotated[
        str | None,
        typer.Option(help="Where to listen (default: 127.0.0.1:8460, or a free port).", metavar="HOST:PORT"),
    ] = None,
    notify: Annotated[
        Path | None, typer.Option(help="Apprise configuration: who is told of pages, updates and escalations.")
    ] = None,
    sign_in: Annotated[
        bool, typer.Option(help="Print a link that signs in once, and new tokens; or no secret at all.")
    ] = True,
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name by which a reverse proxy asks for it; may be given several times.", metavar="NAME"),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen beyond this machine, without TLS.")
    ] = False,
) -> None:
    """Start the scoring service.

    Tokens come from 'gameday tokens new', or from GAMEDAY_FACILITATOR_TOKEN, GAMEDAY_RESPONDER_TOKEN,
    GAMEDAY_OBSERVER_TOKEN and GAMEDAY_INGEST_TOKEN. A program that starts it reads one JSON line once it listens, with
    its url and, unless --no-sign-in, a token for each role that was given none, and the link to sign in.
    """
    from scoring.cli.databases import LASTING
    from scoring.cli.listening import listen as open_door
    from scoring.cli.service import Service, run

    door = open_door(listen, are_others_let_in=allow_remote)
    run(Service(database or str(LASTING), door, notify, frozenset(host or ()), are_secrets_shown=sign_in))
