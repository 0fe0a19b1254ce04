"""`python -m scoring`: the commands of scoring without the simulator. Errors are one line, exit status 2."""

import os
import sys

import typer

from scoring.cli.app import app
from scoring.cli.exits import Exit
from scoring.errors import ScoringError


def main(arguments: list[str]) -> None:
    """Run one command; ends with its exit status."""
    try:
        app(arguments, prog_name="python -m scoring")
    except ScoringError as error:
        typer.echo(f"scoring: {error}", err=True)
        sys.exit(Exit.BAD_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except OSError as error:
        typer.echo(f"scoring: {error}", err=True)
        sys.exit(Exit.BAD_INPUT)


if __name__ == "__main__":
    main(sys.argv[1:])
