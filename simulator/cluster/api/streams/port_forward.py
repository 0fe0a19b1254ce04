"""pods/portforward over plain WebSocket channels, two for each port: data and error (the official Python client).

The ports are named in the query, and each has one connection, which lasts as long as the WebSocket does.
"""

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import WSMsgType, web

from simulator.cluster import errors
from simulator.cluster.api.streams import channels
from simulator.cluster.api.streams.forward import Inbox, carry
from simulator.cluster.ports import Connect

PROTOCOL = channels.V4
_MOST_PORTS = 127


def ports(values: Sequence[str]) -> list[int]:
    """Ports of a query, each alone or several with commas; `ApiError` 400 if there are none or one is no port."""
    found = []
    for text in (part for value in values for part in value.split(",")):
        if not text.isascii() or not text.isdecimal() or not 0 < int(text[:6]) < 1 << 16:
            raise errors.bad_request(f'unable to parse "{text}" as a port')
        found.append(int(text))
    if not found:
        raise errors.bad_request('query parameter "port" is required')
    if len(found) > _MOST_PORTS:
        raise errors.bad_request(f"at most {_MOST_PORTS} ports have a channel")
    return found


async def serve(socket: web.WebSocketResponse, connect: Connect, wanted: Sequence[int]) -> None:
    """Until the client goes or all connections have ended."""
    inboxes = {2 * index: Inbox() for index in range(len(wanted))}
    for channel, port in zip(inboxes, wanted, strict=True):
        for each in (channel, channel + 1):
            await socket.send_bytes(channels.write(each, port.to_bytes(2, "little")))

    async def forward(channel: int, port: int) -> None:
        async def send(data: bytes) -> None:
            await socket.send_bytes(channels.write(channel, data))

        why = await carry(connect, port, inboxes[channel], send)
        if why:
            await socket.send_bytes(channels.write(channel + 1, why.encode()))

    async def forward_all() -> None:
        await asyncio.gather(*(forward(*pair) for pair in zip(inboxes, wanted, strict=True)))

    tasks = [asyncio.create_task(forward_all()), asyncio.create_task(_listen(socket, inboxes))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(socket: web.WebSocketResponse, inboxes: Mapping[int, Inbox]) -> None:
    async for message in socket:
        if message.type is WSMsgType.BINARY and message.data and message.data[0] in inboxes:
            await inboxes[message.data[0]].put(message.data[1:])
