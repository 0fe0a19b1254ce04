"""Clusters and kubectl programs for tests: the embedded cluster as a process, and the one that is asked for."""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from simulator.processes import MARK, sweep

OLDEST = (1, 31)
VENV_KUBECTL = Path(sys.executable).with_name("kubectl")
REAL = os.environ.get("CONFORMANCE_KUBECONFIG", "")
START_S = 120.0 if REAL else 30.0


@cache
def kubectls() -> tuple[Path, ...]:
    """The kubectl programs to try: ours first, then, if all are asked for, the machine's by version."""
    if not os.environ.get("CONFORMANCE_EVERY_KUBECTL"):
        return (VENV_KUBECTL,)
    folders = {Path(folder).resolve() for folder in os.environ.get("PATH", "").split(os.pathsep)}
    folders |= {(folder / "kubectl").resolve().parent for folder in folders if (folder / "kubectl").exists()}
    names = re.compile(r"kubectl(\.\d+\.\d+)?")
    found = {VENV_KUBECTL.resolve(): VENV_KUBECTL}
    for folder in sorted(folders):
        for program in sorted(folder.glob("kubectl*")):
            if names.fullmatch(program.name) and os.access(program, os.X_OK):
                found.setdefault(program.resolve(), program)
    return tuple(program for program in found.values() if _version(program) >= OLDEST)


def _version(program: Path) -> tuple[int, int]:
    done = subprocess.run([program, "version", "--client"], capture_output=True, text=True, timeout=20, check=False)
    match = re.search(r"Client Version: v(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


@contextmanager
def embedded(state: Path, *flags: str) -> Iterator[Path]:
    """An embedded cluster on a state folder; gives its kubeconfig."""
    mark = f"conformance-{uuid.uuid4().hex}"
    log = state / "server.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator.cluster", "--state", str(state), "--clock", "60", *flags],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, MARK: mark},
        )
        try:
            yield Path(json.loads(_first_line(process, log))["kubeconfig"])
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(15) == 0, log.read_text()
            finally:
                process.kill()
                sweep(mark)


def _first_line(process: "subprocess.Popen[bytes]", log: Path) -> bytes:
    assert process.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if waiting.select(START_S) else b""
    assert line, f"the cluster did not start:\n{log.read_text()}"
    return line
