"""The image catalogue: which local command an image name stands for."""

import sys
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True)
class Image:
    """What an image would run: `entrypoint` is replaced by a container's `command`, `cmd` by its `args`."""

    name: str
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """A stable image id in the shape that container statuses carry."""
        return f"{self.name.rpartition(':')[0]}@sha256:{sha256(self.name.encode()).hexdigest()}"


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def catalogue() -> dict[str, Image]:
    """Every image that this cluster can run, by its full name."""
    python = f"python:{sys.version_info.major}.{sys.version_info.minor}"
    images = (
        Image("postgres:18", _module("simulator.cluster.kubelet.postgres_image"), ("postgres",)),
        Image("gameday/target-app:1.0.0", _module("target_app")),
        Image("gameday/llm-provider:1.0.0", _module("target_app.provider")),
        Image("gameday/faults:1.0.0", _module("simulator.faults.sessions")),
        Image(python, (sys.executable,)),
        Image("python:3", (sys.executable,)),
    )
    return {image.name: image for image in images}


def find(images: dict[str, Image], name: str) -> Image | None:
    """The image, however its name is written (`docker.io/library/postgres:18`), or None."""
    short = name.removeprefix("docker.io/").removeprefix("library/").split("@")[0]
    if ":" not in short.rpartition("/")[2]:
        short += ":latest"
    return images.get(short)
