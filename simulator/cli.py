"""The `gameday` command: a thin skin over `simulator.drill`."""

import asyncio
import dataclasses
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from scoring.cli.app import app as scoring_commands
from scoring.cli.asked import Playbook
from scoring.errors import ScoringError
from simulator.errors import Exit, GamedayError, Interrupted, NotPossible

app = typer.Typer(
    name="gameday",
    help="Play incidents on a live application and score how they are handled.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
nodes_of_cluster = typer.Typer(help="Power a node of the embedded cluster off and on.", no_args_is_help=True)
app.add_typer(nodes_of_cluster, name="node")
experiments = typer.Typer(help="List, show and validate experiments.", no_args_is_help=True)
app.add_typer(experiments, name="experiments")
app.add_typer(scoring_commands)


def _complete_experiment(incomplete: str) -> list[str]:
    from simulator.drill.catalog import shipped_experiments

    return [name for name, _ in shipped_experiments() if name.startswith(incomplete)]


def _complete_suite(incomplete: str) -> list[str]:
    from simulator.drill.catalog import shipped_suites

    return [name for name, _ in shipped_suites() if name.startswith(incomplete)]


Responder = Annotated[str | None, typer.Option(help="Who responds: autopilot or none.", metavar="autopilot|none")]
Clock = Annotated[float | None, typer.Option(help="Drill clock: at 60 a second counts as a minute.")]
Users = Annotated[int | None, typer.Option(help="Locust users (about two requests a second each).")]
Variant = Annotated[str | None, typer.Option(help="Manifests of the app: base (all pods at once) or gradual.")]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the results as JSON to this file.")]
Report = Annotated[Path | None, typer.Option(help="Folder for the report (default: .gameday/reports/<id>).")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the app up afterwards.")]
Kubeconfig = Annotated[Path | None, typer.Option(help="Play on this cluster instead of the embedded one.")]
Context = Annotated[str | None, typer.Option(help="The kubeconfig's context that may be touched.")]
Prometheus = Annotated[str | None, typer.Option(help="A Prometheus that has the rules loaded.", metavar="URL")]


@dataclass(frozen=True)
class Asked:
    """What `run` and `play` both ask for; None where the command line is silent."""

    playbook: Playbook = None
    responder: Responder = None
    clock: Clock = None
    users: Users = None
    variant: Variant = None
    json: Json = None
    report: Report = None
    keep: Keep = False
    kubeconfig: Kubeconfig = None
    context: Context = None
    prometheus: Prometheus = None


def asking(command: Callable[[Any, Asked], None]) -> Callable[..., None]:
    """Give a command of one argument the options of `Asked`, each as if it were written in its signature."""
    subject = next(iter(inspect.signature(command, eval_str=True).parameters.values()))
    options = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(Asked)
    ]

    def ask(**given: Any) -> None:
        command(given.pop(subject.name), Asked(**given))

    ask.__name__, ask.__doc__ = command.__name__, command.__doc__
    ask.__signature__ = inspect.Signature([subject, *options])  # type: ignore[attr-defined]
    ask.__annotations__ = {each.name: each.annotation for each in (subject, *options)}
    return ask


@app.command(
    epilog="Examples:  gameday run database/connection-exhaustion   |   gameday run rate-limited --responder none"
)
@asking
def run(
    names: Annotated[
        list[str], typer.Argument(help="Experiments: shipped names or files.", autocompletion=_complete_experiment)
    ],
    asked: Asked,
) -> None:
    """Play one or more experiments as drills and score them."""
    from simulator.drill.plan import Options, plan_experiments

    _play(plan_experiments(names, Options(**vars(asked)), Path.cwd()))


@app.command(epilog="Examples:  gameday play first-game-day   |   gameday play my-suite.yaml --json results.json")
@asking
def play(
    suite: Annotated[str, typer.Argument(help="Suite: a shipped name or a file.", autocompletion=_complete_suite)],
    asked: Asked,
) -> None:
    """Play a suite: several drills in order, with one scoreboard."""
    from simulator.drill.plan import Options, plan_suite

    _play(plan_suite(suite, Options(**vars(asked)), Path.cwd()))


@app.command(epilog="Example:  gameday up && export KUBECONFIG=.gameday/cluster/kubeconfig && kubectl get pods -A")
def up(
    clock: Annotated[float, typer.Option(help="Drill clock that the crash back-off follows.")] = 60.0,
    variant: Annotated[str, typer.Option(help="Manifests of the app: base or gradual.")] = "base",
    nodes: Annotated[int, typer.Option(help="Nodes: 1, or a control plane and workers.", min=1, max=32)] = 1,
    images: Annotated[list[Path] | None, typer.Option(help="Images of your own, as YAML.", exists=True)] = None,
    bare: Annotated[bool, typer.Option("--bare", help="The cluster alone, without the sample app.")] = False,
) -> None:
    """Start the embedded cluster with the sample app, and leave it up."""
    from simulator.drill.embedded import Shape
    from simulator.drill.house import bring_up

    shape = Shape(nodes, tuple(path.resolve() for path in images or ()))
    cluster = _await(bring_up(Path.cwd(), clock, None if bare else variant, _tell, shape))
    typer.echo(f"{'the cluster' if bare else 'the app'} is up; export KUBECONFIG={cluster.kubeconfig}")


@nodes_of_cluster.command("stop", epilog="Example:  gameday node stop gameday-worker && kubectl get nodes -w")
def stop_node(name: Annotated[str, typer.Argument(help="The node's name.")]) -> None:
    """Power a node off: its processes are gone at once, and Kubernetes has to find out."""
    from simulator.drill.embedded import switch

    _await(switch(Path.cwd(), name, is_on=False))
    typer.echo(f"{name} is off")


@nodes_of_cluster.command("start", epilog="Example:  gameday node start gameday-worker")
def start_node(name: Annotated[str, typer.Argument(help="The node's name.")]) -> None:
    """Power a node on: its kubelet starts, and registers it again if it was deleted."""
    from simulator.drill.embedded import switch

    _await(switch(Path.cwd(), name, is_on=True))
    typer.echo(f"{name} is on")


@app.command()
def down() -> None:
    """Stop the embedded cluster and everything in it."""
    from simulator.drill.house import take_down

    typer.echo("the cluster is down" if take_down(Path.cwd()) else "nothing was up")


@app.command()
def status() -> None:
    """Show what is up."""
    from simulator.drill.house import describe

    for line in describe(Path.cwd()):
        typer.echo(line)


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
) -> None:
    """Write the alert rules for a Prometheus of your own (then play with --prometheus URL)."""
    from simulator.drill.clock import DrillClock
    from simulator.drill.monitoring import write_rules
    from simulator.drill.target import llm_research_api

    for path in write_rules(llm_research_api(), DrillClock(clock), folder):
        typer.echo(path)


@experiments.command("list")
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


@experiments.command("show")
def show_experiment(
    name: Annotated[str, typer.Argument(help="A shipped name or a file.", autocompletion=_complete_experiment)],
) -> None:
    """One experiment: what it injects, what counts as detection, and its runbook."""
    from simulator.drill.house import show

    for line in show(name):
        typer.echo(line)


@experiments.command("validate")
def validate_experiments(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Shipped names or files (default: all shipped).", autocompletion=_complete_experiment),
    ] = None,
) -> None:
    """Check experiments: the file, its ground truth, its alerts, its runbook, and Chaos Toolkit's own validation."""
    from simulator.drill.house import validate

    for line in validate(names or []):
        typer.echo(line)


def _play(plan: Any) -> None:
    from simulator.drill.game_day import play_game_day

    try:
        status = _await(play_game_day(plan))
    finally:
        _keep_drills()
    raise typer.Exit(status)


def _keep_drills() -> None:
    """What was played joins the history of this folder or of GAMEDAY_DATABASE; if not, that is told, no more."""
    from scoring.cli.gathering import gather

    try:
        for sentence in gather(os.environ.get("GAMEDAY_DATABASE")).left:
            _tell(sentence)
    except ScoringError as error:
        _tell(f"the drills are not in the history: {error}")


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _await(story: Coroutine[Any, Any, Any]) -> Any:
    """Run a story to its end. Ctrl-C and SIGTERM cancel it once and let it clean up."""

    async def tell() -> Any:
        task = asyncio.ensure_future(story)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        return await task

    try:
        return asyncio.run(tell())
    except asyncio.CancelledError:
        raise Interrupted("interrupted; everything was taken down") from None


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


if __name__ == "__main__":
    main()
