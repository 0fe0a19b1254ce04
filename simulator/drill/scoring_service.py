"""The scoring service of a run, and what keeps it up: should it die, it is started anew at the same place."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from simulator.drill.children import Child, start
from simulator.drill.guard import Guard
from simulator.errors import NotPossible

START_LIMIT_S = 30.0
PACE_S = 0.5
MOST_STARTS = 20
"""Whatever dies so often in one run does not live."""


@dataclass(frozen=True)
class Wishes:
    """`env` has the tokens; the record and the log are in `folder`; `notify` says who is told of pages."""

    env: Mapping[str, str]
    folder: Path
    notify: Path | None = None


async def start_scoring(wishes: Wishes, token: str, guard: Guard, owner: AsyncExitStack) -> str:
    """Its URL. With `token` the watchdog records that a drill was aborted, should the runner die."""
    child, url = await _start(wishes, "127.0.0.1:0")
    service = _Service(wishes, url, child, guard)
    await guard.order(spare=[child.process.pid], abort={"url": url, "token": token})
    owner.push_async_callback(service.stop, asyncio.create_task(service.keep()))
    return url


async def _start(wishes: Wishes, address: str) -> tuple[Child, str]:
    database = str(wishes.folder / "scoring.db")
    argv = [sys.executable, "-m", "scoring", "serve", "--database", database, "--listen", address, "--no-sign-in"]
    argv += ["--notify", str(wishes.notify)] if wishes.notify else []
    child = await start("scoring", argv, env=wishes.env, log=wishes.folder / "scoring.log", outlives_parent=True)
    try:
        return child, str((await child.hear(START_LIMIT_S))["url"])
    except BaseException:
        await child.stop()
        raise


@dataclass
class _Service:
    wishes: Wishes
    url: str
    child: Child
    guard: Guard

    async def keep(self) -> None:
        """Start it anew each time that it dies; what it had answered is on disk, and who asks meanwhile asks again."""
        for _ in range(MOST_STARTS):
            await self.child.process.wait()
            await asyncio.sleep(PACE_S)
            try:
                self.child, _url = await _start(self.wishes, urlsplit(self.url).netloc)
            except NotPossible:
                continue  # as while its address is not free yet
            await self.guard.order(spare=[self.child.process.pid])

    async def stop(self, keeping: "asyncio.Task[None]") -> None:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await self.child.stop()
