"""The drill's end of the process that looks at safeguards."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from simulator.drill.children import Child, start
from simulator.drill.safeguards.written import Guards
from simulator.errors import Stopped

CLEAR_LIMIT_S = 60.0


class Tripped(Stopped):
    """A safeguard stops the drill; says which, and what it saw."""


class Watch:
    """The safeguards of one drill; without any there is no process either."""

    def __init__(self, child: Child | None) -> None:
        self._child = child

    async def wait_until_clear(self) -> None:
        """Each that is to be seen before the drill holds. Raises `Tripped`."""
        if self._child is not None:
            self._heed(await self._child.hear(CLEAR_LIMIT_S))

    async def watch(self) -> None:
        """Waits. Raises `Tripped` as soon as one trips, and `NotPossible` when nobody looks any more."""
        if self._child is not None:
            async for said in self._child.lines():
                self._heed(said)
            await self._child.process.wait()
            raise self._child.failure(f"ended with status {self._child.process.returncode}")

    async def stop(self) -> None:
        """Nobody looks any more."""
        if self._child is not None:
            await self._child.stop()

    def _heed(self, said: Mapping[str, str]) -> None:
        if said["safeguards"] == "tripped":
            raise Tripped(said["why"])


async def start_watch(guards: Sequence[Guards], env: Mapping[str, str], folder: Path) -> Watch:
    """Begin to look; `folder` gets the log."""
    some = [each for each in guards if each.safeguards]
    if not some:
        return Watch(None)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "safeguards.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps([asdict(each) for each in some]))
    argv = [sys.executable, "-m", "simulator.drill.safeguards", str(file)]
    return Watch(await start("safeguards", argv, env=env, log=folder / "safeguards.log"))
