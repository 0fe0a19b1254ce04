"""The load process and its windows, as they come."""

import asyncio
import signal
from contextlib import suppress
from typing import Any

from simulator.drill.children import Child
from simulator.drill.impact import Window
from simulator.errors import NotPossible

SILENCE_LIMIT_S = 15.0
LATE_MS = 1000.0
LATE_SHARE = 0.2


class LoadFeed:
    """All windows since the load began; readers wait for the next one."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.windows: list[Window] = []
        self._grown = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        """The process that measures."""
        return self._child.process.pid

    async def close(self) -> None:
        """Stop reading; the child belongs to somebody else."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def send_users_away(self) -> None:
        """Nobody uses the target until `let_users_back`; windows go on."""
        self._child.process.send_signal(signal.SIGUSR1)

    def let_users_back(self) -> None:
        """As many as before."""
        self._child.process.send_signal(signal.SIGUSR2)

    async def after(self, index: int) -> Window:
        """Window number `index`, waited for. Raises `NotPossible` if the load generator ended or stalled."""
        while len(self.windows) <= index:
            if self._task.done():
                raise self._child.failure(f"ended with status {self._child.process.returncode}")
            grown = self._grown
            try:
                async with asyncio.timeout(SILENCE_LIMIT_S):
                    await grown.wait()
            except TimeoutError:
                raise NotPossible(f"the load generator measured nothing for {SILENCE_LIMIT_S:g} s") from None
        return self.windows[index]

    def check_schedule(self, since: int) -> None:
        """Raises `NotPossible` if the generator ran late in too many windows from number `since` on.

        A machine that cannot offer the load cannot tell what users would have seen.
        """
        windows = self.windows[since:]
        late = sum(window.get("lag_ms", 0.0) > LATE_MS for window in windows)
        if windows and late > LATE_SHARE * len(windows):
            raise NotPossible(
                f"the load generator was more than {LATE_MS / 1000:g} s late in {late} of {len(windows)} windows; "
                "the machine is too busy for this clock or so many users"
            )

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
