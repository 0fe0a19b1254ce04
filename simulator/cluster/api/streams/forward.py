"""One forwarded TCP connection: bytes both ways between a client's stream and a port of a pod."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from simulator.cluster.errors import NodeRefusal
from simulator.cluster.ports import Connect

_PIECE = 32768
_LARGEST_BACKLOG = 256 * 1024

SendData = Callable[[bytes], Awaitable[None]]


class Inbox:
    """What a client has sent and the pod has not taken yet; `put` waits while that is too much."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._is_over = False
        self._changed = asyncio.Condition()

    async def put(self, data: bytes) -> None:
        """Add a piece once there is room; dropped after `end`."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._is_over or self._size <= _LARGEST_BACKLOG)
            if data and not self._is_over:
                self._pieces.append(data)
                self._size += len(data)
                self._changed.notify_all()

    async def end(self) -> None:
        """The client sends no more."""
        async with self._changed:
            self._is_over = True
            self._changed.notify_all()

    async def take(self) -> bytes:
        """The next piece; b"" at the end."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._pieces) or self._is_over)
            if not self._pieces:
                return b""
            data = self._pieces.popleft()
            self._size -= len(data)
            self._changed.notify_all()
            return data


async def carry(connect: Connect, port: int, inbox: Inbox, send: SendData) -> str:
    """Until the pod ends the connection; returns the runtime's words if it could not be made, else ""."""
    try:
        reader, writer = await connect(port)
    except NodeRefusal as refused:
        await inbox.end()
        return str(refused)
    uploading = asyncio.create_task(_upload(inbox, writer))
    try:
        while data := await _read(reader):
            await send(data)
        return ""
    finally:
        uploading.cancel()
        await asyncio.gather(uploading, return_exceptions=True)
        await inbox.end()
        writer.close()


async def _upload(inbox: Inbox, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await inbox.take():
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        await inbox.end()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(_PIECE)
    except OSError:
        return b""
