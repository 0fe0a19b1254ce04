"""The load process and its windows, as they come."""

import asyncio
from contextlib import suppress
from typing import Any

from simulator.drill.children import Child
from simulator.drill.impact import Window
from simulator.errors import NotPossible

SILENCE_LIMIT_S = 15.0


class LoadFeed:
    """All windows since the load began; readers wait for the next one."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.windows: list[Window] = []
        self._grown = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Stop reading; the child belongs to somebody else."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def after(self, index: int) -> Window:
        """Window number `index`, waited for. Raises `NotPossible` if the load generator ended or stalled."""
        while len(self.windows) <= index:
            if self._task.done():
                raise self._child.failure(f"ended with status {self._child.process.returncode}")
            grown = self._grown
            try:
                await asyncio.wait_for(grown.wait(), SILENCE_LIMIT_S)
            except TimeoutError:
                raise NotPossible(f"the load generator measured nothing for {SILENCE_LIMIT_S:g} s") from None
        return self.windows[index]

    async def _read(self) -> None:
        try:
            async for window in self._child.lines():
                self._add(window)
        finally:
            self._grown.set()

    def _add(self, window: dict[str, Any]) -> None:
        self.windows.append(window)
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
