"""The runner's end of the watchdog, and the lock that keeps two game days out of one folder."""

import asyncio
import dataclasses
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from simulator.drill.children import Child, start
from simulator.drill.watchdog import Orders
from simulator.errors import NotPossible
from simulator.processes import marked, sweep


class Guard:
    """Tells the watchdog what to do should the runner die from here on."""

    def __init__(self, child: Child, orders: Orders) -> None:
        self._child = child
        self._orders = orders

    async def order(self, **changes: object) -> None:
        """Replace parts of the orders."""
        self._orders = dataclasses.replace(self._orders, **changes)  # type: ignore[arg-type]
        await self._child.say(json.dumps(dataclasses.asdict(self._orders)))

    async def dismiss(self) -> None:
        """All is clean: let the watchdog go."""
        await self._child.say('{"done": true}')
        async with asyncio.timeout(5):
            await self._child.process.wait()


async def start_guard(mark: str, folder: Path, owner: AsyncExitStack) -> Guard:
    """Start the watchdog, before anything else; it is dismissed after everything with `mark` has ended."""
    child = await start(
        "watchdog",
        [sys.executable, "-m", "simulator.drill.watchdog"],
        env=marked(f"{mark}-watchdog"),
        log=folder / "watchdog.log",
        outlives_parent=True,
    )
    await child.hear(15.0)
    guard = Guard(child, Orders())
    owner.push_async_callback(guard.dismiss)
    owner.callback(sweep, mark)
    await guard.order(marks=[mark])
    return guard


@contextmanager
def alone_in(root: Path) -> Iterator[None]:
    """Raises `NotPossible` if another game day is being played in this folder. The kernel lifts the lock if we die."""
    path = root / ".gameday" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise NotPossible(f"another game day is being played in {root} (process {pid}); wait for it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
