"""What a drill must know of the application under it, read from its `gameday.yaml`; nothing here knows any app."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from simulator.drill.app.description import Adjusted, App, Breaks, Canary, Command, Endpoint, Existing, Metrics
from simulator.drill.catalog import nearest, shipped_experiments
from simulator.drill.documents import Document, read_document, shown
from simulator.drill.safeguards.written import Guards, guards_in
from simulator.drill.strict import read_as
from simulator.errors import BadInput
from simulator.load.finding import read_requests
from simulator.load.traffic import Traffic

FILE = "gameday.yaml"
_WAYS = ("locustfile", "openapi", "har")
SAMPLE = Path(str(files("target_app"))) / "deploy" / FILE


@dataclass(frozen=True)
class Target:
    """One application under drill.

    `selector` matches the pods that users reach. `others` are what can be reached of the app besides; `credentials` are
    what people on call hold, by the variable in which experiments and the drill shell find it. One of `manifests`,
    `commands` and `existing` says how the app comes to run.
    """

    file: Path
    name: str
    namespace: str
    manifests: Path | None
    commands: tuple[Command, ...]
    existing: Existing | None
    images: tuple[Path, ...]
    metrics: Metrics | None
    rules: tuple[Path, ...]
    has_shipped_rules: bool
    deployment: str
    container: str
    selector: str
    health: str
    app: Endpoint
    others: tuple[Endpoint, ...]
    credentials: Mapping[str, str]
    canary: Canary | None
    load: Traffic
    breaks: Breaks
    adjusted: Mapping[str, Adjusted]
    guards: Guards

    @property
    def is_sample(self) -> bool:
        """Whether it is the app that comes with the package, for which all shipped experiments are written."""
        return self.file == SAMPLE


def find_target(given: Path | None, root: Path, variant: str | None = None) -> Target:
    """The app of the file that was named, else of the `gameday.yaml` in `root`, else the sample.

    `variant`: another folder of manifests, by its path or its name beside the usual one. Raises `BadInput`.
    """
    if given is not None and given.is_dir():
        given = given / FILE
    if given is not None and not given.is_file():
        raise BadInput(f"--app: {given}: there is no such file; 'gameday init' writes one")
    own = root / FILE
    return read_target((given or (own if own.is_file() else SAMPLE)).resolve(), variant)


def read_target(file: Path, variant: str | None = None) -> Target:
    """The app that a `gameday.yaml` describes. Raises `BadInput` that names file, line and mend."""
    document = read_document(file)
    app = read_as(document, App, "description of an app")
    reached, folder = app.reached, file.parent
    return Target(
        file=file,
        name=app.name,
        namespace=app.namespace or app.name,
        manifests=_manifests(document, app, variant),
        commands=tuple(
            each.model_copy(update={"folder": _within(folder, each.folder)}) for each in app.deploy.commands
        ),
        existing=_existing(document, app),
        images=(_there(document, app.deploy.images, "deploy", "images"),) if app.deploy.images else (),
        metrics=_metrics(document, app),
        rules=tuple(rule for at, path in enumerate(app.rules) for rule in _rules(document, path, at)),
        has_shipped_rules=app.shipped_rules,
        deployment=reached.deployment,
        container=reached.container or "",
        selector=f"app={reached.deployment}",
        health=reached.health,
        app=Endpoint(service=reached.service or reached.deployment, port=reached.port, variable="TARGET_URL"),
        others=tuple(app.endpoints),
        credentials=app.credentials,
        canary=app.canary,
        load=_load(document, app),
        breaks=app.breaks,
        adjusted=_adjusted(document, app),
        guards=guards_in(file, app.safeguards),
    )


def _within(folder: Path, path: Path) -> Path:
    return Path(folder, path.expanduser()).resolve()


def _there(document: Document, path: Path, *keys: str | int) -> Path:
    found = _within(document.path.parent, path)
    if not found.exists():
        raise document.fail(f"{'.'.join(map(str, keys))}: there is no {path}; paths are relative to this file", *keys)
    return found


def _manifests(document: Document, app: App, variant: str | None) -> Path | None:
    if app.deploy.manifests is None:
        if variant is not None:
            raise BadInput(f"--variant: {shown(document.path)} has no manifests of which there could be a variant")
        return None
    usual = _there(document, app.deploy.manifests, "deploy", "manifests")
    if variant is None:
        return usual
    is_path = "/" in variant or variant in (".", "..")
    named = Path(variant).resolve() if is_path else usual.parent / variant
    if not named.is_dir():
        beside = ", ".join(sorted(path.parent.name for path in usual.parent.glob("*/kustomization.yaml")))
        raise BadInput(f"variant '{variant}' is none of {app.name}; there are: {beside or 'none'}")
    return named


def _existing(document: Document, app: App) -> Existing | None:
    existing = app.deploy.existing
    if existing is None:
        return None
    return existing.model_copy(
        update={"kubeconfig": _there(document, existing.kubeconfig, "deploy", "existing", "kubeconfig")}
    )


def _metrics(document: Document, app: App) -> Metrics | None:
    if app.metrics is None or app.metrics.prometheus is None:
        return app.metrics
    return Metrics(prometheus=_there(document, app.metrics.prometheus, "metrics", "prometheus"))


def _rules(document: Document, path: Path, at: int) -> list[Path]:
    found = _there(document, path, "rules", at)
    files_in = sorted([*found.glob("*.yaml"), *found.glob("*.yml")]) if found.is_dir() else [found]
    if not files_in:
        raise document.fail(f"rules.{at}: no rule file (*.yaml) is in {path}", "rules", at)
    return files_in


def _adjusted(document: Document, app: App) -> Mapping[str, Adjusted]:
    modes = [name.partition("/")[2] for name, _ in shipped_experiments()]
    for mode in app.experiments:
        if mode not in modes:
            raise document.fail(f"experiments: '{mode}' is no failure mode{nearest(mode, modes)}", "experiments", mode)
    return app.experiments


def _load(document: Document, app: App) -> Traffic:
    """With paths that hold from anywhere; what a document or a recording says is read once, to see that it can be."""
    load = app.load
    changes: dict[str, object] = {}
    for way in ("locustfile", "har"):
        if (path := getattr(load, way)) is not None:
            changes[way] = _there(document, path, "load", way)
    if load.openapi is not None and not load.openapi.startswith("/"):
        changes["openapi"] = str(_there(document, Path(load.openapi), "load", "openapi"))
    load = load.model_copy(update=changes)
    try:
        if load.locustfile is not None:
            _parse(load.locustfile)
        else:
            read_requests(load)
    except BadInput as error:
        raise document.fail(str(error), "load", *(way for way in _WAYS if getattr(load, way))) from None
    return load


def _parse(locustfile: Path) -> None:
    """It is run by the load generator's process alone; whether it is Python can be told before anything starts."""
    try:
        ast.parse(locustfile.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise BadInput(f"{shown(locustfile)}: this is no Python: {error}") from None
