"""`gameday halt` and `gameday recover`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.asked import Context, Kubeconfig
from simulator.cli.stories import play_story, tell
from simulator.errors import BadInput, Exit, NotPossible

if TYPE_CHECKING:
    from simulator.drill.recover import Place

commands = typer.Typer()
Namespace = Annotated[
    str | None, typer.Option(help="The app's namespace (default: by gameday.yaml, else the sample's).")
]


@commands.command(
    epilog="Examples:  gameday halt --reason 'a hotfix goes out'   |   gameday halt --lift   |   "
    "gameday halt --kubeconfig ~/.kube/config --context staging"
)
def halt(
    reason: Annotated[str, typer.Option(help="Why, for those who are stopped by it.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Let drills play again.")] = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
) -> None:
    """Stop every drill that runs, within a second, and block what would start, until it is lifted.

    Without a cluster: all drills of this user on this machine, from whatever folder. With one: all drills on it,
    whoever plays them. What is stopped takes its fault back, is recorded as aborted with the reason, and exits with 3.
    """
    from simulator.drill import halts
    from simulator.drill.identity import who_we_are

    if lift and reason:
        raise BadInput("--reason says why drills are halted; --lift lets them play again")
    place = _place(kubeconfig, context, namespace) if kubeconfig or context else None
    where = f"drills in namespace {place.kube.namespace}" if place else "drills of this user on this machine"
    if lift:
        lifted = halts.lift_cluster(place.kube) if place else halts.lift_machine()
        typer.echo(f"{where} may play again; they were {halts.told(lifted)}" if lifted else f"{where} were not halted")
        return
    if place:
        halts.halt_cluster(place.kube, who_we_are(), reason or halts.NO_REASON)
    else:
        halts.halt_machine(who_we_are(), reason or halts.NO_REASON)
    typer.echo(f"{where} are halted; the same with --lift lets them play again")


@commands.command(
    epilog="Examples:  gameday recover --dry-run   |   gameday recover --kubeconfig ~/.kube/config --context staging"
)
def recover(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take nothing back; the cluster is free again.")] = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
) -> None:
    """Take back what a drill left on a cluster when its runner and watchdog were killed, from any machine."""
    from simulator.drill import recover as recovering

    if dry_run and forget:
        raise BadInput("--dry-run says what would be taken back; --forget takes nothing back")
    place = _place(kubeconfig, context, namespace)
    if dry_run:
        recovering.preview(place, typer.echo)
    elif forget:
        recovering.forget(place, typer.echo)
    else:
        play_story(_recovered(place))


async def _recovered(place: "Place") -> Exit:
    from simulator.drill.recover import recover as take_back

    await take_back(place, tell)
    return Exit.OK


def _place(kubeconfig: Path | None, context: str | None, namespace: str | None) -> "Place":
    """The cluster that is named, else the app's own, else the embedded one of this folder. Raises `NotPossible`."""
    from simulator.drill import embedded
    from simulator.drill.kube import Kube
    from simulator.drill.recover import Place
    from simulator.drill.surroundings import check_cluster
    from simulator.drill.target import find_target

    target = find_target(None, Path.cwd())
    if kubeconfig is None and context is None and target.existing is not None:
        kubeconfig, context = target.existing.kubeconfig, target.existing.context
    check_cluster(kubeconfig, context)
    if kubeconfig is None:
        cluster = embedded.running(Path.cwd())
        if cluster is None:
            raise NotPossible("no cluster is up in this folder, so no drill left anything; name one by --kubeconfig")
        kubeconfig = Path(cluster.kubeconfig)
    return Place(Kube(kubeconfig.resolve(), context, namespace or target.namespace), context, Path.cwd())
