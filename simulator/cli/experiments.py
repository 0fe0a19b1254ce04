"""`gameday experiments`: list, show, validate, and play all of them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.asked import App, Asked, asking, complete_experiment, complete_family
from simulator.cli.stories import play_story, run_story

commands = typer.Typer(help="List, show, validate and play experiments.", no_args_is_help=True)


@commands.command("list")
def list_experiments(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """All shipped experiments."""
    from simulator.drill.catalog import shipped_experiments
    from simulator.drill.experiment import read_experiment

    found = [(name, read_experiment(path).title) for name, path in shipped_experiments()]
    if as_json:
        typer.echo(json.dumps([{"name": name, "title": title} for name, title in found], indent=2))
        return
    width = max((len(name) for name, _ in found), default=0)
    for name, title in found:
        typer.echo(f"{name:<{width}}  {title}")


@commands.command("show")
def show_experiment(
    name: Annotated[str, typer.Argument(help="A shipped name or a file.", autocompletion=complete_experiment)],
) -> None:
    """One experiment: what it injects, what counts as detection, and its runbook."""
    from simulator.drill.house import show

    for line in show(name):
        typer.echo(line)


@commands.command("validate")
def validate_experiments(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Shipped names or files (default: all shipped).", autocompletion=complete_experiment),
    ] = None,
    app: App = None,
) -> None:
    """Check experiments: the file, its ground truth, its alerts, its runbook, and Chaos Toolkit's own validation."""
    from simulator.drill.house import validate
    from simulator.drill.target import find_target

    for line in validate(names or [], find_target(app, Path.cwd())):
        typer.echo(line)


@commands.command(
    "matrix", epilog="Examples:  gameday experiments matrix --json matrix.json   |   ... matrix --family database"
)
@asking
def play_matrix(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Shipped names or files (default: all shipped).", autocompletion=complete_experiment),
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option(help="Of this family only; may be given again.", autocompletion=complete_family)
    ] = None,
    oracle: Annotated[
        bool, typer.Option("--oracle", help="Play what must not pass for a mitigation, to see that it does not.")
    ] = False,
    *,
    asked: Asked,
) -> None:
    """Play all experiments, each whatever became of the others, and print one table.

    With the autopilot every failure mode has to be detected and mitigated within its SLA; with --responder none it has
    to be detected and missed; with --control nobody may be paged. With --oracle each is met with what people do under
    pressure (scale to zero, silence the alert, stop the load, feature off, restart), and none of it may count.
    """
    from simulator.drill import matrix
    from simulator.drill.plan import Options, plan_experiments
    from simulator.drill.target import find_target

    names = matrix.matrix_names(names or [], family or [], find_target(asked.app, Path.cwd()))
    plan = plan_experiments(names, Options(**vars(asked)), Path.cwd())
    if oracle:
        raise typer.Exit(run_story(matrix.play_matrix(plan, is_oracle_tried=True)))  # nobody's drills: no history
    play_story(matrix.play_matrix(plan))
