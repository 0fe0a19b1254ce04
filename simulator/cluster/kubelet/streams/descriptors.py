"""A pipe or terminal as an asyncio stream without a buffer: read when asked, written as far as the reader takes it.

So whoever is slow slows exactly the process at the other end, and nothing piles up between them.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import IO

PIECE = 32768
"""Most bytes of one read."""
_LAST = 128 * 1024
"""Bytes that may be read after `finish`: what a pipe or terminal can hold."""


class Descriptor:
    """One end of a pipe, or a terminal's master; owns the file descriptor. One reader at a time."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._waiting: set[asyncio.Future[None]] = set()
        self._left: int | None = None
        self._turn = asyncio.Lock()
        self.is_closed = False

    @classmethod
    def of(cls, pipe: IO[bytes] | None) -> "Descriptor | None":
        """A pipe of a `Popen`, taken over."""
        if pipe is None:
            return None
        fd = os.dup(pipe.fileno())
        pipe.close()
        return cls(fd)

    async def read(self) -> bytes:
        """The next piece; b"" at the end."""
        while not self.is_closed and self._left != 0:
            try:
                data = os.read(self._fd, PIECE if self._left is None else min(PIECE, self._left))
            except BlockingIOError:
                if self._left is not None:
                    return b""
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
                continue
            except OSError:  # EIO: nobody has the terminal any more
                return b""
            if self._left is not None:
                self._left -= len(data)
            return data
        return b""

    async def write(self, data: bytes) -> None:
        """All of `data`, in the reader's time. `BrokenPipeError` where there is no reader any more."""
        view = memoryview(data)
        async with self._turn:
            while view:
                if self.is_closed:
                    raise BrokenPipeError
                try:
                    view = view[os.write(self._fd, view) :]
                except BlockingIOError:
                    await self._ready(self._loop.add_writer, self._loop.remove_writer)
                except OSError:
                    raise BrokenPipeError from None

    def finish(self) -> None:
        """The process whose output this is has ended: give what is there, and then the end.

        Others may hold the pipe still; they are not waited for.
        """
        self._left = _LAST
        self._wake()

    def close(self) -> None:
        """Give it up; whoever waits for it sees the end. May be repeated."""
        if self.is_closed:
            return
        self.is_closed = True
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        os.close(self._fd)
        self._wake()

    def fileno(self) -> int:
        """For calls that want the number."""
        return self._fd

    async def _ready(self, add: Callable[..., object], remove: Callable[[int], object]) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.add(future)
        add(self._fd, _settle, future)
        try:
            await future
        finally:
            self._waiting.discard(future)
            if not self.is_closed:
                remove(self._fd)

    def _wake(self) -> None:
        for future in self._waiting:
            _settle(future)


def _settle(future: "asyncio.Future[None]") -> None:
    with suppress(asyncio.InvalidStateError):
        future.set_result(None)
