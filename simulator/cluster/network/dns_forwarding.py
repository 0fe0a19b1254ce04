"""Names that are none of the cluster's: the host's own nameservers are asked, within a bound."""

import asyncio
import struct
from collections.abc import Sequence
from typing import Any

from simulator.cluster.network import dns_messages

Server = tuple[str, int]
"""Address and port."""
_EACH_S, _ALL_S = 2.0, 4.0
_LARGEST = 65535


async def ask(message: bytes, servers: Sequence[Server], *, whole: bool) -> bytes | None:
    """A nameserver's response to `message`; None if none of `servers` gives one in time.

    Asked by UDP, and where that is too short and the `whole` response is wanted, by TCP.
    """
    try:
        async with asyncio.timeout(_ALL_S):
            for server in servers:
                found = await _within(_by_udp(message, server))
                if found is not None and whole and dns_messages.is_truncated(found):
                    found = await _within(_by_tcp(message, server)) or found
                if found is not None:
                    return found
    except TimeoutError:
        pass
    return None


async def _within(asking: Any) -> bytes | None:
    try:
        async with asyncio.timeout(_EACH_S):
            response: bytes = await asking
            return response
    except (TimeoutError, OSError, EOFError):
        return None


async def _by_udp(message: bytes, server: Server) -> bytes:
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Question(message, answered), remote_addr=server)
    try:
        return await answered
    finally:
        transport.close()


class _Question(asyncio.DatagramProtocol):
    def __init__(self, message: bytes, answered: "asyncio.Future[bytes]") -> None:
        self._message = message
        self._answered = answered

    def connection_made(self, transport: Any) -> None:
        transport.sendto(self._message)

    def datagram_received(self, data: bytes, _: Any) -> None:
        if data[:2] == self._message[:2] and not self._answered.done():
            self._answered.set_result(data)

    def error_received(self, error: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(error)


async def _by_tcp(message: bytes, server: Server) -> bytes:
    reader, writer = await asyncio.open_connection(*server, limit=_LARGEST)
    try:
        writer.write(struct.pack("!H", len(message)) + message)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        return await reader.readexactly(length)
    finally:
        writer.transport.abort()
