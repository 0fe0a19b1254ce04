"""The `gameday` command as a person or a pipeline starts it, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from simulator.processes import MARK

GAMEDAY = Path(sys.executable).parent / "gameday"
HANG_S = 300.0


@dataclass
class Home:
    """A working folder and what is started in it."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: object, out: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(GAMEDAY), *map(str, arguments)],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def begin(self, *arguments: object) -> tuple[subprocess.Popen[str], Path]:
        """Start it in the background. What it says goes to a file, so that killing it blocks nobody."""
        output = self.folder / f"output-{time.monotonic_ns()}"
        with output.open("w") as out:
            return self.start(*arguments, out=out), output

    def run(self, *arguments: object) -> tuple[int, str]:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=HANG_S)
        return process.returncode, output

    @property
    def kubeconfig(self) -> Path:
        return self.folder / ".gameday" / "cluster" / "kubeconfig"

    def kubectl(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(GAMEDAY.with_name("kubectl")), "--kubeconfig", str(self.kubeconfig), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.stdout

    def drills(self, name: str = "out.json") -> list[dict[str, Any]]:
        drills: list[dict[str, Any]] = json.loads((self.folder / name).read_text())["drills"]
        return drills

    def processes(self, kind: str = "") -> list[str]:
        """Command lines of living processes that carry a mark beginning with `kind` and belong to this folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                variables = (entry / "environ").read_bytes().split(b"\0")
                folder = os.readlink(entry / "cwd")
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                is_dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except (OSError, ValueError):
                continue
            ours = any(v.startswith(f"{MARK}={kind}".encode()) for v in variables)
            if ours and not is_dead and (folder.startswith(str(self.folder)) or str(self.folder) in line):
                found.append(f"{entry.name} {line}")
        return found

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.communicate(timeout=60)
        self.run("down")
        wait_until(lambda: not self.processes(), 15, self.processes)


def wait_until(holds: Callable[[], object], limit_s: float, seen: Callable[[], object] = lambda: "") -> float:
    """Seconds that it took. Fails with what was seen last."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < limit_s, f"not within {limit_s} s; seen: {seen()}"
        time.sleep(0.05)
    return time.monotonic() - began
