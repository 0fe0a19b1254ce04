"""`gameday shell`: the tools of a real night, and what is done with them on the record."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.stories import run_story, tell
from simulator.errors import BadInput

commands = typer.Typer()


def complete_drill(incomplete: str) -> list[str]:
    """The drill that runs in this folder, if its id begins so."""
    from simulator.drill.seat import read_seat
    from simulator.errors import GamedayError

    try:
        drill = read_seat(Path.cwd()).drill
    except GamedayError:
        return []
    return [drill] if drill and drill.startswith(incomplete) else []


@commands.command(
    epilog="Examples:  gameday shell   |   gameday shell -c 'kubectl get pods'   |   gameday shell <steps.sh"
)
def shell(
    drill: Annotated[
        str | None,
        typer.Argument(help="The drill's id (default: the one that runs here).", autocompletion=complete_drill),
    ] = None,
    command: Annotated[
        str | None, typer.Option("--command", "-c", help="Run this and leave, with its exit status.")
    ] = None,
    who: Annotated[str | None, typer.Option(help="Who types, for the timeline.")] = None,
) -> None:
    """Sit down as the responder of the drill that runs in this folder (gameday run ... --responder human).

    A bash that leads to the app: kubectl, psql, valkey-cli, curl, the addresses in variables, and by plain http the
    names that runbooks use, such as http://prometheus:9090. What is typed goes on the drill's timeline with what it
    prints; secrets are masked. Your own ~/.bashrc is not read, so that it is the same for everybody.
    """
    from simulator.drill.shell import session

    root = Path.cwd()
    seat = session.sit_down(root, drill)
    if command is None and sys.stdin.isatty():
        raise typer.Exit(run_story(session.converse(root, seat, who, tell)))
    script = sys.stdin.read() if command is None else command
    if not script.strip():
        raise BadInput("there is nothing to run: open the drill shell on a terminal, or give it a script or -c COMMAND")
    raise typer.Exit(run_story(session.run_script(root, seat, who, script, tell)))
