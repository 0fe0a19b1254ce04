"""Halting: a mark that stops what runs and blocks what would start, until somebody lifts it.

Of one user on one machine it is a file, seen from every folder; of a cluster it is a ConfigMap in the target's
namespace, seen by everybody who plays there (`kubectl create configmap gameday-halt` is one, too).
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

from simulator.drill.belongings import HALT, KINDS
from simulator.drill.kube import Kube, Refused
from simulator.drill.scoring_client import instant
from simulator.errors import NotPossible, Stopped

LOOK_S, CLUSTER_LOOK_S = 0.25, 0.5
"""Wall seconds between two looks at the file and at the cluster, so that what runs is stopped within a second."""
NO_REASON = "no reason was given"
_CONFIG_MAP = next(kind for kind in KINDS if kind.name == "ConfigMap")


@dataclass(frozen=True)
class Halt:
    """Who halted, since when (UTC), and why."""

    by: str
    at: str
    reason: str = NO_REASON


class Halted(Stopped):
    """Drills are halted: says by whom, since when, why, and how to lift it."""


def machine_mark() -> Path:
    """Where this user's halt lies: below `XDG_STATE_HOME`, or `~/.local/state`."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "gameday" / "halt.json"


def halt_machine(by: str, reason: str) -> None:
    """Halt all drills of this user on this machine. Raises `OSError` if that cannot be written."""
    path = machine_mark()
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f"{path.name}.{os.getpid()}")
    written.write_text(json.dumps(asdict(Halt(by, instant(), reason))))
    written.replace(path)


def halt_cluster(kube: Kube, by: str, reason: str) -> None:
    """Halt all drills in this namespace. Raises `NotPossible` where there is none of that name."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": HALT, "labels": {"app.kubernetes.io/managed-by": "gameday"}},
        "data": asdict(Halt(by, instant(), reason)),
    }
    try:
        kube.create(_CONFIG_MAP, body)
    except Refused as error:
        if error.status == HTTPStatus.NOT_FOUND:
            raise NotPossible(f"there is no namespace {kube.namespace} on that cluster, so no drill is there") from None
        if error.status != HTTPStatus.CONFLICT:
            raise
        kube.replace(_CONFIG_MAP, body)


def lift_machine() -> Halt | None:
    """Let drills of this user play again; returns what was lifted."""
    found = machine_halt()
    machine_mark().unlink(missing_ok=True)
    return found


def lift_cluster(kube: Kube) -> Halt | None:
    """Let drills play again in this namespace; returns what was lifted. Raises `NotPossible`."""
    found = cluster_halt(kube)
    kube.delete(_CONFIG_MAP, HALT)
    return found


def machine_halt() -> Halt | None:
    """This user's halt. One that cannot be read counts."""
    try:
        text = machine_mark().read_text()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Halt("somebody", "a time that cannot be read", f"{machine_mark()}: {error.strerror}")
    try:
        return _halt(json.loads(text))
    except ValueError:
        return _halt({})


def cluster_halt(kube: Kube) -> Halt | None:
    """This namespace's halt. Raises `NotPossible` if the cluster does not answer."""
    found = kube.read(_CONFIG_MAP, HALT)
    if found is None:
        return None
    return _halt({"at": found["metadata"]["creationTimestamp"], **(found.get("data") or {})})


def check_machine() -> None:
    """Raises `Halted` if this user's drills are."""
    if halt := machine_halt():
        raise Halted(f"drills of this user on this machine are {told(halt)}; 'gameday halt --lift' lets them play")


def check_cluster(kube: Kube) -> None:
    """Raises `Halted` if drills in this namespace are."""
    if halt := cluster_halt(kube):
        raise Halted(
            f"drills in namespace {kube.namespace} are {told(halt)}; "
            "'gameday halt --lift' with the cluster's --kubeconfig and --context lets them play"
        )


async def watch_machine() -> None:
    """Looks for as long as it is let. Raises `Halted`."""
    while True:
        check_machine()
        await asyncio.sleep(LOOK_S)


async def watch_cluster(kube: Kube) -> None:
    """The same for a namespace. A cluster that does not answer is no halt; it is asked again."""
    while True:
        try:
            await asyncio.to_thread(check_cluster, kube)
        except Halted:
            raise
        except NotPossible:
            pass
        await asyncio.sleep(CLUSTER_LOOK_S)


def told(halt: Halt) -> str:
    """`halted by whom since when: why`."""
    return f"halted by {halt.by} since {halt.at}: {halt.reason}"


def _halt(said: object) -> Halt:
    known = said if isinstance(said, Mapping) else {}
    return Halt(
        str(known.get("by") or "somebody"),
        str(known.get("at") or "an unknown time"),
        str(known.get("reason") or NO_REASON),
    )
