"""The image catalogue: which local command an image name stands for.

Entrypoint and cmd are those that the image itself declares, so that `command` and `args` of a manifest mean here what
they mean on any cluster: the images of Python and of busybox have no entrypoint.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from simulator.cluster.kubelet import environment
from simulator.cluster.kubelet.images import postgres
from simulator.cluster.kubelet.images.valkey import server as valkey
from simulator.cluster.store import Object
from simulator.errors import BadInput, NotPossible


@dataclass(frozen=True)
class Image:
    """What an image would run: `entrypoint` is replaced by a container's `command`, `cmd` by its `args`.

    `path` are folders of programs that the image has beside those of the machine.
    """

    name: str
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()

    def variables(self, base: Mapping[str, str]) -> dict[str, str]:
        """Its environment on top of a node's."""
        path = os.pathsep.join([*self.path, base.get("PATH", os.defpath)])
        return {**base, "PATH": path, **self.env}

    def argv(self, container: Object, env: Mapping[str, str]) -> list[str]:
        """What runs: a container's `command` also drops the image's arguments, its `args` replace those alone."""
        entrypoint, arguments = container.get("command") or (), container.get("args") or ()
        if not entrypoint:
            entrypoint, arguments = self.entrypoint, arguments or self.cmd
        return [environment.expand(word, env) for word in (*entrypoint, *arguments)]

    @property
    def id(self) -> str:
        """A stable image id in the shape that container statuses carry."""
        return f"{self.name.rpartition(':')[0]}@sha256:{sha256(self.name.encode()).hexdigest()}"


_ANY = "*"
"""The tag of an image that is the same under every tag."""


_AT_HOME = {"PGHOST": "localhost"}
"""There is no socket that is the pod's alone; its own connections to localhost are."""


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def _postgres() -> tuple[str, ...]:
    try:
        return (str(postgres.find_programs()),)
    except NotPossible:
        return ()  # the image says so when it is run


def shipped(*more: Image) -> dict[str, Image]:
    """Every image that this cluster can run, by its full name; `more` come beside or in place of the shipped ones."""
    python = f"python:{sys.version_info.major}.{sys.version_info.minor}"
    images = (
        Image(
            "postgres:18", _module("simulator.cluster.kubelet.images.postgres"), ("postgres",), _AT_HOME, _postgres()
        ),
        Image(
            "valkey/valkey:9",
            _module("simulator.cluster.kubelet.images.valkey.server"),
            ("valkey-server",),
            path=(str(valkey.PROGRAMS),),
        ),
        Image("motoserver/moto:5", (*_module("moto.server"), "-H", "$(GAMEDAY_POD_IP)"), env={"PYTHONUNBUFFERED": "1"}),
        Image("gameday/faults:1.0.0", _module("simulator.faults")),
        Image(python, (), ("python3",)),
        Image("python:3", (), ("python3",)),
        Image(f"busybox:{_ANY}", (), ("sh",)),
        *more,
    )
    return {image.name: image for image in images}


def read(path: Path) -> tuple[Image, ...]:
    """Images of a user's own: a YAML file with `images: {name:tag: {entrypoint: [], cmd: [], env: {}, path: []}}`.

    `python` as the first word is the interpreter that runs the cluster, with the packages that it has.
    `BadInput`, with the place and what belongs there, where the file is anything else.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadInput(f"{path}: cannot be read as YAML: {error}") from None
    entries = content.get("images") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise BadInput(f"{path}: write `images:` and below it a name such as `web:1` with entrypoint, cmd and env")
    return tuple(_image(f"{path}: images.{name}", str(name), entry) for name, entry in entries.items())


def _image(place: str, name: str, entry: Any) -> Image:
    if not isinstance(entry, dict) or not set(entry) <= {"entrypoint", "cmd", "env", "path"}:
        raise BadInput(f"{place}: an image has entrypoint, cmd, env and path, and nothing else")
    words = {}
    for key in ("entrypoint", "cmd", "path"):
        words[key] = entry.get(key) or []
        if not isinstance(words[key], list) or not all(isinstance(word, str) for word in words[key]):
            raise BadInput(f"{place}.{key}: write a list of words, such as [python3, -m, my_app]")
    env = entry.get("env") or {}
    if not isinstance(env, dict):
        raise BadInput(f"{place}.env: write names and values")
    if ":" not in name.rpartition("/")[2]:
        name += ":latest"
    entrypoint = words["entrypoint"]
    if entrypoint[:1] == ["python"]:
        entrypoint = [sys.executable, *entrypoint[1:]]
    return Image(
        name,
        tuple(entrypoint),
        tuple(words["cmd"]),
        {str(k): str(v) for k, v in env.items()},
        tuple(words["path"]),
    )


def full_name(name: str) -> str:
    """A name with the registry and tag that it leaves out: `postgres` is `docker.io/library/postgres:latest`."""
    if ":" not in name.rpartition("/")[2]:
        name += ":latest"
    host, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    return name if "." in host or ":" in host or host == "localhost" else f"docker.io/{name}"


def find(images: dict[str, Image], name: str) -> Image | None:
    """The image, however its name is written (`docker.io/library/postgres:18`), or None."""
    short = name.removeprefix("docker.io/").removeprefix("library/").split("@")[0]
    if ":" not in short.rpartition("/")[2]:
        short += ":latest"
    if short in images:
        return images[short]
    of_any_tag = images.get(f"{short.rpartition(':')[0]}:{_ANY}")
    return None if of_any_tag is None else replace(of_any_tag, name=short)
