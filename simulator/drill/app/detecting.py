"""What a folder tells of the app in it: manifests, a Procfile, an OpenAPI document, a locustfile, a recording."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simulator.drill.deploying import is_kustomized
from simulator.drill.embedded import kubectl

LIMIT_S = 20
_MANIFEST_FOLDERS = ("k8s", "kubernetes", "manifests", "deploy", "deploy/base", "deployment", "kustomize/base", ".")
_OPENAPI = ("openapi.yaml", "openapi.yml", "openapi.json", "swagger.yaml", "swagger.json", "docs/openapi.yaml")


@dataclass(frozen=True)
class Served:
    """A Deployment that users can reach through a Service, as manifests have it."""

    deployment: str
    container: str
    service: str
    port: int
    health: str = "/"
    namespace: str = ""


@dataclass(frozen=True)
class Clues:
    """What was found; empty where nothing was. Paths are relative to the folder."""

    name: str
    manifests: str = ""
    served: Served | None = None
    command: str = ""
    openapi: str = ""
    locustfile: str = ""
    har: str = ""


def look_around(folder: Path) -> Clues:
    """Everything that can be read off the folder without running anything of it."""
    manifests, served = _manifests(folder)
    return Clues(
        name=label(folder.resolve().name),
        manifests=manifests,
        served=served,
        command=_command(folder),
        openapi=next((name for name in _OPENAPI if (folder / name).is_file()), ""),
        locustfile="locustfile.py" if (folder / "locustfile.py").is_file() else "",
        har=next((path.name for path in sorted(folder.glob("*.har"))), ""),
    )


def label(text: str) -> str:
    """`text` as Kubernetes takes a name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "app"


def _manifests(folder: Path) -> tuple[str, Served | None]:
    for name in _MANIFEST_FOLDERS:
        place = folder / name
        if place.is_dir():
            objects = list(objects_in(place))
            if any(each.get("kind") == "Deployment" for each in objects):
                return name, served_by(objects)
    return "", None


def objects_in(place: Path) -> Iterator[Mapping[str, Any]]:
    """Kubernetes objects of a folder, through kustomize where it has a kustomization; nothing of what is no YAML."""
    if is_kustomized(place):
        done = subprocess.run(
            [kubectl(), "kustomize", str(place)], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        texts = [done.stdout]
    else:
        texts = [path.read_text(errors="replace") for path in sorted([*place.glob("*.yaml"), *place.glob("*.yml")])]
    for text in texts:
        try:
            documents = yaml.load_all(text, yaml.CSafeLoader)
            yield from (each for each in documents if isinstance(each, dict) and "kind" in each)
        except yaml.YAMLError:
            continue


def served_by(objects: list[Mapping[str, Any]]) -> Served | None:
    """The first Deployment with a Service of its pods; of several, one with a readiness probe over HTTP comes first."""
    found = [
        served
        for deployment in objects
        if deployment["kind"] == "Deployment"
        for service in objects
        if service["kind"] == "Service" and (served := _served(deployment, service)) is not None
    ]
    return next((each for each in found if each.health != "/"), found[0] if found else None)


def _served(deployment: Mapping[str, Any], service: Mapping[str, Any]) -> Served | None:
    try:
        template = deployment["spec"]["template"]
        selector, port = service["spec"]["selector"], service["spec"]["ports"][0]["port"]
        if not selector.items() <= template["metadata"]["labels"].items():
            return None
        container = template["spec"]["containers"][0]
        asked = container.get("readinessProbe", container.get("livenessProbe", {})).get("httpGet", {})
        return Served(
            deployment["metadata"]["name"],
            container["name"],
            service["metadata"]["name"],
            port,
            asked.get("path", "/"),
            deployment["metadata"].get("namespace", ""),
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        return None  # what is half-written tells nothing


def _command(folder: Path) -> str:
    procfile = folder / "Procfile"
    if procfile.is_file():
        for line in procfile.read_text(errors="replace").splitlines():
            if line.startswith("web:"):
                return line.removeprefix("web:").strip()
    if (folder / "manage.py").is_file():
        return f"{_python(folder)} manage.py runserver --noreload $POD_IP:$PORT"
    return ""


def _python(folder: Path) -> str:
    return ".venv/bin/python" if (folder / ".venv" / "bin" / "python").exists() else "python"
