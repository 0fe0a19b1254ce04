"""`gameday experiments`: list, show, validate."""

import json
from typing import Annotated

import typer

from simulator.cli.asked import complete_experiment

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
) -> None:
    """Check experiments: the file, its ground truth, its alerts, its runbook, and Chaos Toolkit's own validation."""
    from simulator.drill.house import validate

    for line in validate(names or []):
        typer.echo(line)
