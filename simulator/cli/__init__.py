"""The `gameday` command: a thin skin over `simulator.drill`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.app import app as scoring_commands
from scoring.errors import ScoringError
from simulator.cli import clusters, experiments, gate, init, playing, safety, shell, tabletops, training  # noqa: F401 - one adds to another
from simulator.errors import Exit, GamedayError, NotPossible

app = typer.Typer(
    name="gameday",
    help="Play incidents on a live application and score how they are handled.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(playing.commands)
app.add_typer(training.commands)
app.add_typer(shell.commands)
app.add_typer(gate.commands)
app.add_typer(init.commands)
app.add_typer(clusters.commands)
app.add_typer(safety.commands)
app.add_typer(clusters.nodes, name="node")
app.add_typer(experiments.commands, name="experiments")
app.add_typer(scoring_commands)


@app.command()
def doctor() -> None:
    """Check that this machine has what a game day needs."""
    from simulator.drill.doctor import examine

    findings = list(examine(Path.cwd()))
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.is_ok else 'FAIL'}  {finding.what}: {finding.seen}")
        if not finding.is_ok:
            typer.echo(f"      {finding.mend}")
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(Exit.NOT_POSSIBLE)


@app.command(epilog="Example:  gameday rules prometheus/rules --clock 60   |   promtool check rules prometheus/rules/*")
def rules(
    folder: Annotated[Path, typer.Argument(help="Where to write the rule files.")],
    clock: Annotated[float, typer.Option(help="Drill clock: every duration is divided by it.")] = 60.0,
    app_file: Annotated[Path | None, typer.Option("--app", help="The app's gameday.yaml.")] = None,
) -> None:
    """Write the alert rules for a Prometheus of your own (then play with --prometheus URL)."""
    from simulator.drill.clock import DrillClock
    from simulator.drill.monitoring import write_rules
    from simulator.drill.target import find_target

    for path in write_rules(find_target(app_file, Path.cwd()), DrillClock(clock), folder):
        typer.echo(path)


def main() -> None:
    """Entry point: errors are one line, and the exit status says which kind."""
    try:
        app()
    except GamedayError as error:
        typer.echo(f"gameday: {error}", err=True)
        sys.exit(error.exit_status)
    except ScoringError as error:
        typer.echo(f"gameday: {error}", err=True)
        sys.exit(Exit.BAD_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except OSError as error:
        typer.echo(f"gameday: {NotPossible(str(error))}", err=True)
        sys.exit(Exit.NOT_POSSIBLE)
