"""pods/portforward as kubectl speaks it: SPDY/3.1 in the messages of a WebSocket.

For each connection the client opens two streams with the same `requestID`: `error`, on which only the server speaks,
and `data`. Messages are a stream of bytes without bounds of their own, and an empty one means nothing. As in
Kubernetes, one connection whose pod does not read holds up the others of the same client, and nobody else.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from simulator.cluster.api.streams import spdy_frames as spdy
from simulator.cluster.api.streams.forward import Inbox, carry
from simulator.cluster.ports import Connect

PROTOCOL = "SPDY/3.1+portforward.k8s.io"
_MOST_CONNECTIONS = 1024


@dataclass
class _Pair:
    """The two streams of one connection, and the task that carries it once both are there."""

    number: str
    port: int
    streams: dict[str, int] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)
    carrying: "asyncio.Task[None] | None" = None


class Tunnel:
    """All connections of one client."""

    def __init__(self, socket: web.WebSocketResponse, connect: Connect) -> None:
        self._socket = socket
        self._connect = connect
        self._encoder = spdy.Encoder()
        self._pairs: dict[str, _Pair] = {}
        self._by_stream: dict[int, tuple[str, _Pair]] = {}

    async def serve(self) -> None:
        """Until the client goes, or sends what is no SPDY."""
        async with asyncio.TaskGroup() as group:
            try:
                async for frame in self._frames():
                    await self._take(frame, group)
            except spdy.SpdyError:
                await self._send(spdy.GoAway(0, status=1))
            except ConnectionError:
                pass  # the client is gone, in the middle of what it was sent
            finally:
                for pair in self._pairs.values():
                    if pair.carrying is not None:
                        pair.carrying.cancel()

    async def _frames(self) -> AsyncIterator[spdy.Frame]:
        decoder = spdy.Decoder()
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                for frame in decoder.feed(message.data):
                    yield frame

    async def _take(self, frame: spdy.Frame, group: asyncio.TaskGroup) -> None:
        match frame:
            case spdy.SynStream(stream, headers):
                await self._open(stream, headers, group)
            case spdy.Data(stream, data, is_last) if stream in self._by_stream:
                kind, pair = self._by_stream[stream]
                if kind == "data":
                    await pair.inbox.put(data)
                    if is_last:
                        await pair.inbox.end()
            case spdy.RstStream(stream) if stream in self._by_stream:
                _, pair = self._by_stream[stream]
                if pair.carrying is not None:
                    pair.carrying.cancel()
                self._forget(pair)
            case spdy.Ping():
                await self._send(frame)

    async def _open(self, stream: int, headers: Mapping[str, str], group: asyncio.TaskGroup) -> None:
        kind, port, number = (headers.get(name, "") for name in ("streamtype", "port", "requestid"))
        is_sound = kind in ("data", "error") and port.isdecimal() and len(port) < 6 and 0 < int(port) < 1 << 16
        pair = self._pairs.get(number)
        if (
            not is_sound
            or stream in self._by_stream
            or (pair is None and len(self._pairs) >= _MOST_CONNECTIONS)
            or (pair is not None and kind in pair.streams)
        ):
            await self._send(spdy.RstStream(stream, spdy.REFUSED_STREAM))
            return
        if pair is None:
            pair = self._pairs[number] = _Pair(number, int(port))
        pair.streams[kind] = stream
        self._by_stream[stream] = (kind, pair)
        await self._send(spdy.SynReply(stream))
        if len(pair.streams) == 2:
            pair.carrying = group.create_task(self._carry(pair))

    async def _carry(self, pair: _Pair) -> None:
        data, error = pair.streams["data"], pair.streams["error"]

        async def send(piece: bytes) -> None:
            await self._send(spdy.Data(data, piece))

        try:
            why = await carry(self._connect, pair.port, pair.inbox, send)
            await self._send(spdy.Data(error, why.encode(), is_last=True))
            await self._send(spdy.Data(data, b"", is_last=True))
        except ConnectionError:
            return  # the client is gone, which whoever reads from it will see
        finally:
            self._forget(pair)

    def _forget(self, pair: _Pair) -> None:
        for stream in pair.streams.values():
            self._by_stream.pop(stream, None)
        if self._pairs.get(pair.number) is pair:
            del self._pairs[pair.number]

    async def _send(self, frame: spdy.Frame) -> None:
        # Encoded and handed over without a pause between, since compression is over the whole connection.
        await self._socket.send_bytes(self._encoder.encode(frame))
