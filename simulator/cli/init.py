"""`gameday init`: a gameday.yaml for an app of one's own."""

import sys
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()


@commands.command(
    epilog="Examples:  gameday init   |   gameday init --yes --command 'flask run -h $POD_IP -p $PORT' --port 5000"
)
def init(
    name: Annotated[str | None, typer.Option(help="What the app is called (default: the folder).")] = None,
    namespace: Annotated[str | None, typer.Option(help="Its namespace (default: its name).")] = None,
    manifests: Annotated[Path | None, typer.Option(help="A folder of Kubernetes manifests.")] = None,
    command: Annotated[str | None, typer.Option(help="A command that serves HTTP on $POD_IP:$PORT.")] = None,
    kubeconfig: Annotated[Path | None, typer.Option(help="A cluster where the app runs already.")] = None,
    context: Annotated[str | None, typer.Option(help="The kubeconfig's context that may be touched.")] = None,
    deployment: Annotated[str | None, typer.Option(help="The Deployment that users reach.")] = None,
    port: Annotated[int | None, typer.Option(help="The port that users reach.", min=1, max=65535)] = None,
    health: Annotated[str | None, typer.Option(help="A path that answers when the app is well.")] = None,
    locustfile: Annotated[Path | None, typer.Option(help="Users, as a locustfile.")] = None,
    openapi: Annotated[str | None, typer.Option(help="Users, from an OpenAPI file or a path that serves one.")] = None,
    har: Annotated[Path | None, typer.Option(help="Users, from a recording (HTTP Archive).")] = None,
    request: Annotated[list[str] | None, typer.Option(help="A request of users, such as 'GET /'; repeatable.")] = None,
    rules: Annotated[list[Path] | None, typer.Option(help="Alert rules: files or folders.")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics of the pods.", min=1, max=65535)] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a gameday.yaml that is there.")] = False,
) -> None:
    """Write a gameday.yaml for the app in this folder: asks little on a terminal, and nothing elsewhere.

    What it can find out it does not ask: manifests, a Procfile or manage.py, an OpenAPI document, a locustfile.
    """
    from simulator.drill.app.initialising import Wishes, initialise

    wishes = Wishes(
        name=name,
        namespace=namespace,
        manifests=manifests,
        command=command,
        kubeconfig=kubeconfig,
        context=context,
        deployment=deployment,
        port=port,
        health=health,
        locustfile=locustfile,
        openapi=openapi,
        har=har,
        requests=tuple(request or ()),
        rules=tuple(rules or ()),
        metrics_port=metrics_port,
    )
    ask = None if yes or not sys.stdin.isatty() else _ask
    target = initialise(Path.cwd(), wishes, ask, force=force)
    typer.echo(f"gameday.yaml describes {target.name}. Look it over, then:")
    typer.echo("  gameday run workload/all-pods-down    # one drill")
    typer.echo("  gameday gate any-app                  # for a pipeline")


def _ask(question: str, default: str) -> str:
    return str(typer.prompt(question, default=default))
