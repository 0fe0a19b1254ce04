"""The embedded cluster from the command line: `gameday up`, `down`, `status`, `node`."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.asked import App, Context, Kubeconfig, Variant
from simulator.cli.stories import run_story, tell

commands = typer.Typer()
nodes = typer.Typer(help="Power a node of the embedded cluster off and on.", no_args_is_help=True)


@commands.command(epilog="Example:  gameday up && export KUBECONFIG=.gameday/cluster/kubeconfig && kubectl get pods -A")
def up(
    clock: Annotated[float, typer.Option(help="Drill clock that the crash back-off follows.")] = 60.0,
    variant: Variant = None,
    nodes: Annotated[int, typer.Option(help="Nodes: 1, or a control plane and workers.", min=1, max=32)] = 1,
    images: Annotated[list[Path] | None, typer.Option(help="Images of your own, as YAML.", exists=True)] = None,
    bare: Annotated[bool, typer.Option("--bare", help="The cluster alone, without an app.")] = False,
    app: App = None,
) -> None:
    """Start the embedded cluster with the app (the sample, or the one of your gameday.yaml), and leave it up."""
    from simulator.drill.embedded import Shape
    from simulator.drill.house import bring_up
    from simulator.drill.target import find_target

    shape = Shape(nodes, tuple(path.resolve() for path in images or ()))
    target = None if bare else find_target(app, Path.cwd(), variant)
    cluster = run_story(bring_up(Path.cwd(), clock, target, tell, shape))
    typer.echo(f"{'the cluster' if bare else 'the app'} is up; export KUBECONFIG={cluster.kubeconfig}")


@nodes.command("stop", epilog="Example:  gameday node stop gameday-worker && kubectl get nodes -w")
def stop_node(name: Annotated[str, typer.Argument(help="The node's name.")]) -> None:
    """Power a node off: its processes are gone at once, and Kubernetes has to find out."""
    from simulator.drill.embedded import switch

    run_story(switch(Path.cwd(), name, is_on=False))
    typer.echo(f"{name} is off")


@nodes.command("start", epilog="Example:  gameday node start gameday-worker")
def start_node(
    name: Annotated[str, typer.Argument(help="The node's name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every node that is off.")] = False,
) -> None:
    """Power a node on: its kubelet starts, and registers it again if it was deleted."""
    from simulator.drill.embedded import switch, switch_on_all

    if bool(name) is every:
        raise typer.BadParameter("give the name of a node, or --all")
    if every:
        names = run_story(switch_on_all(Path.cwd()))
        typer.echo(f"{', '.join(names)} came on" if names else "every node was on")
        return
    run_story(switch(Path.cwd(), name, is_on=True))
    typer.echo(f"{name} is on")


@commands.command()
def down() -> None:
    """Stop the embedded cluster and everything in it."""
    from simulator.drill.house import take_down

    typer.echo("the cluster is down" if take_down(Path.cwd()) else "nothing was up")


@commands.command(epilog="Examples:  gameday status   |   gameday status --kubeconfig ~/.kube/config --context staging")
def status(app: App = None, kubeconfig: Kubeconfig = None, context: Context = None) -> None:
    """Show what is up, which drill is in progress or was left unfinished, and whether drills are halted."""
    from simulator.drill.house import describe
    from simulator.drill.surroundings import check_cluster
    from simulator.drill.target import find_target

    check_cluster(kubeconfig, context)
    for line in describe(Path.cwd(), find_target(app, Path.cwd()), kubeconfig, context):
        typer.echo(line)
