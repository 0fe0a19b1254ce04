"""From wishes and clues to a `gameday.yaml`: what is wished wins, what is found comes next, and the rest is asked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.drill.app.detecting import Clues, Served, label, look_around, objects_in, served_by
from simulator.drill.app.writing import Answers, as_yaml
from simulator.drill.target import FILE, Target, read_target
from simulator.errors import BadInput

Ask = Callable[[str, str], str]
"""(question, default) → answer."""


@dataclass(frozen=True)
class Wishes:
    """What the command line says; None where it is silent."""

    name: str | None = None
    namespace: str | None = None
    manifests: Path | None = None
    command: str | None = None
    kubeconfig: Path | None = None
    context: str | None = None
    deployment: str | None = None
    port: int | None = None
    health: str | None = None
    locustfile: Path | None = None
    openapi: str | None = None
    har: Path | None = None
    requests: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    metrics_port: int | None = None


def initialise(folder: Path, wishes: Wishes, ask: Ask | None, *, force: bool) -> Target:
    """Write the file and read it back. `ask` is None where nobody is there. Raises `BadInput` with the mend."""
    path = folder / FILE
    if path.exists() and not force:
        raise BadInput(f"{FILE} is there already; edit it, or write a new one with --force")
    answers = _answers(folder, wishes, look_around(folder), ask or (lambda _, default: default))
    before = path.read_text() if path.exists() else None
    path.write_text(as_yaml(answers), encoding="utf-8")
    try:
        return read_target(path)
    except BadInput:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
        raise


def _answers(folder: Path, wishes: Wishes, clues: Clues, ask: Ask) -> Answers:
    name = label(wishes.name or ask("What is the app called?", clues.name))
    answers = Answers(
        name=name,
        namespace=wishes.namespace or "",
        rules=tuple(map(str, wishes.rules)),
        metrics_port=wishes.metrics_port,
    )
    return _with_load(_with_deploy(answers, folder, wishes, clues, ask), wishes, clues, ask)


def _with_deploy(answers: Answers, folder: Path, wishes: Wishes, clues: Clues, ask: Ask) -> Answers:
    if sum(each is not None for each in (wishes.manifests, wishes.command, wishes.kubeconfig)) > 1:
        raise BadInput("give one of --manifests, --command and --kubeconfig")
    if wishes.kubeconfig is not None:
        if wishes.context is None or wishes.deployment is None or wishes.port is None:
            raise BadInput(
                "--kubeconfig needs --context, --deployment and --port: what may be touched, and what is reached"
            )
        served = Served(wishes.deployment, "", "", wishes.port, wishes.health or "/")
        return replace(answers, kubeconfig=str(wishes.kubeconfig), context=wishes.context, served=served)
    if wishes.manifests is not None or (clues.manifests and wishes.command is None):
        return _with_manifests(answers, folder, wishes, clues, ask)
    command = wishes.command or ask("Which command serves it, on $POD_IP:$PORT?", clues.command)
    if not command:
        raise BadInput(
            "neither manifests nor a Procfile are here: say --manifests FOLDER, --command 'LINE' --port N, "
            "or --kubeconfig FILE --context NAME"
        )
    port = wishes.port or _number(ask("On which port?", "8000"))
    return replace(
        answers, command=command, port=port, health=wishes.health or ask("Which path tells that it is well?", "/")
    )


def _with_manifests(answers: Answers, folder: Path, wishes: Wishes, clues: Clues, ask: Ask) -> Answers:
    manifests = str(wishes.manifests or ask("Which folder has its manifests?", clues.manifests))
    served = clues.served if manifests == clues.manifests else served_by(list(objects_in(folder / manifests)))
    if served is None and (wishes.deployment is None or wishes.port is None):
        raise BadInput(f"{manifests}: no Deployment with a Service; say --deployment NAME --port N")
    served = served or Served(str(wishes.deployment), "", "", int(wishes.port or 0))
    if wishes.deployment not in (None, served.deployment):
        served = Served(str(wishes.deployment), "", "", served.port)
    return replace(
        answers,
        manifests=manifests,
        namespace=answers.namespace or served.namespace,
        served=replace(served, port=wishes.port or served.port, health=wishes.health or served.health),
    )


def _with_load(answers: Answers, wishes: Wishes, clues: Clues, ask: Ask) -> Answers:
    if wishes.locustfile or wishes.openapi or wishes.har or wishes.requests:
        return replace(
            answers,
            locustfile=str(wishes.locustfile or ""),
            openapi=wishes.openapi or "",
            har=str(wishes.har or ""),
            requests=wishes.requests or answers.requests,
        )
    if clues.locustfile or clues.openapi or clues.har:
        first = "locustfile" if clues.locustfile else "openapi" if clues.openapi else "har"
        return replace(answers, **{first: getattr(clues, first)})
    health = answers.health if answers.command else answers.served.health if answers.served else "/"
    return replace(answers, requests=(ask("Which request do users send?", f"GET {health}"),))


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"'{text}' is no port; give a number from 1 to 65535") from None
