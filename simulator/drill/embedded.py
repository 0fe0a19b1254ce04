"""The embedded cluster's life: up, down, and whether it is there. Its state lies under `.gameday/cluster`."""

import asyncio
import json
import os
import select
import shlex
import shutil
import subprocess
import sys
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from simulator.errors import BadInput, NotPossible
from simulator.processes import die_with_parent, find_marked, marked, sweep

START_LIMIT_S = 30.0
TARGET_IMAGES = Path(str(files("target_app"))) / "deploy" / "images.yaml"
SWITCH_LIMIT_S = 5.0
_LOOK_S = 0.1


@dataclass(frozen=True)
class Cluster:
    """A running embedded cluster, as written to `cluster.json`."""

    kubeconfig: str
    server: str
    mark: str
    pid: int
    clock: float


@dataclass(frozen=True)
class Shape:
    """What a cluster is like: how many nodes, and files of images beside the shipped ones and the sample's."""

    nodes: int = 1
    images: tuple[Path, ...] = ()

    def flags(self) -> list[str]:
        """For the server's command line."""
        return [
            "--nodes",
            str(self.nodes),
            *(f"--images={path}" for path in dict.fromkeys((TARGET_IMAGES, *self.images))),
        ]


def folder(root: Path) -> Path:
    """Where the state of the embedded cluster of a working folder lies."""
    return root / ".gameday" / "cluster"


def running(root: Path) -> Cluster | None:
    """The cluster that is up, or None. What a dead one left behind is ended and removed."""
    try:
        cluster = Cluster(**json.loads((folder(root) / "cluster.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if cluster.pid in find_marked(cluster.mark):
        return cluster
    remove(root, cluster)
    return None


async def up(root: Path, clock: float, *, outlives_us: bool, shape: Shape | None = None) -> Cluster:
    """Start a cluster; returns when its API answers. Raises `NotPossible` with the end of its log.

    `outlives_us`: it stays when this process ends, until `remove`; without, it dies with this process.
    """
    state, log = folder(root), root / ".gameday" / "cluster.log"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    mark = f"cluster-{uuid.uuid4().hex[:12]}"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "simulator.cluster", "--state", str(state)),
                *("--hide", str(root / ".gameday"), "--clock", f"{clock:g}"),
                *(shape or Shape()).flags(),
            ],
            env=marked(mark),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=None if outlives_us else die_with_parent,
        )
    try:
        hello = json.loads(await asyncio.to_thread(_first_line, process))
        cluster = Cluster(hello["kubeconfig"], hello["server"], mark, process.pid, clock)
        (state / "cluster.json").write_text(json.dumps(asdict(cluster)))
    except BaseException as error:
        sweep(mark)
        if isinstance(error, ValueError):
            tail = log.read_text(errors="replace").strip()[-600:]
            raise NotPossible(f"the cluster did not start: {tail or 'it said nothing'} (log: {log})") from None
        raise
    return cluster


def _first_line(process: "subprocess.Popen[bytes]") -> bytes:
    """What the cluster says once its API answers; nothing if it ended or stayed silent."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_LIMIT_S)
    return process.stdout.readline() if ready else b""


async def switch(root: Path, name: str, *, is_on: bool) -> None:
    """Power a node off, as `docker stop` does with one of kind, or on; returns once it is so.

    Raises `BadInput` for a node that there is not, and `NotPossible` where no cluster is up or none reacts.
    """
    if running(root) is None:
        raise NotPossible("no cluster is up; 'gameday up' starts one")
    nodes = folder(root) / "nodes"
    known = sorted(path.name for path in nodes.iterdir())
    if name not in known:
        raise BadInput(f"there is no node '{name}'; there are {', '.join(known)}")
    if is_on:
        (nodes / name / "off").unlink(missing_ok=True)
    else:
        (nodes / name / "off").touch()
    for _ in range(int(SWITCH_LIMIT_S / _LOOK_S)):
        if (nodes / name / "power").read_text() == ("on\n" if is_on else "off\n"):
            return
        await asyncio.sleep(_LOOK_S)
    raise NotPossible(f"the cluster did not switch {name} within {SWITCH_LIMIT_S:g} s")


async def switch_on_all(root: Path) -> list[str]:
    """Power every node on that is off; returns their names. Raises as `switch` does."""
    if running(root) is None:
        raise NotPossible("no cluster is up; 'gameday up' starts one")
    names = sorted(path.parent.name for path in (folder(root) / "nodes").glob("*/off"))
    for name in names:
        await switch(root, name, is_on=True)
    return names


def power_commands(root: Path) -> dict[str, str]:
    """What switches this cluster's nodes off and on, as lines for a shell, for experiments' configuration."""
    here = f"cd {shlex.quote(str(root))} && {shlex.quote(sys.executable)} -m simulator.cli node"
    return {"NODE_STOP": f"{here} stop {{node}}", "NODE_START": f"{here} start --all"}


def remove(root: Path, cluster: Cluster) -> None:
    """End the cluster with all its pods, and its state. When it returns, nothing of it runs."""
    with suppress(ProcessLookupError):
        if cluster.pid in find_marked(cluster.mark):
            os.kill(cluster.pid, 15)
    sweep(cluster.mark, grace_s=5.0)
    shutil.rmtree(folder(root), ignore_errors=True)


def kubectl() -> str:
    """The kubectl beside our interpreter (from its wheel), else the machine's. Raises `NotPossible` without one."""
    own = Path(sys.executable).parent / "kubectl"
    found = str(own) if own.exists() else shutil.which("kubectl")
    if found is None:
        raise NotPossible("kubectl is neither installed beside Python nor on PATH; run 'gameday doctor'")
    return found
