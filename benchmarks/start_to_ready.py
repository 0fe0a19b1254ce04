"""Seconds from `gameday up` to all pods ready, and from there to down."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
GAMEDAY = Path(sys.executable).parent / "gameday"


def seconds(*arguments: str, cwd: str) -> float:
    began = time.monotonic()
    subprocess.run([GAMEDAY, *arguments], cwd=cwd, check=True, capture_output=True)
    return time.monotonic() - began


def main() -> None:
    ups, downs = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            ups.append(seconds("up", cwd=folder))
            downs.append(seconds("down", cwd=folder))
    for name, took in (("up", ups), ("down", downs)):
        print(
            f"{name:<5} median {statistics.median(took):.2f} s, from {min(took):.2f} to {max(took):.2f} ({RUNS} runs)"
        )


if __name__ == "__main__":
    main()
