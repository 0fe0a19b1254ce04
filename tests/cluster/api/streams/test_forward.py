"""One forwarded connection: bounded, both ways, ended from either side."""

import asyncio

import pytest

from simulator.cluster.api.streams.forward import Inbox, carry
from simulator.cluster.errors import NodeRefusal

BOUND_S = 10.0


async def test_an_inbox_makes_its_client_wait_for_the_pod() -> None:
    inbox, put = Inbox(), 0

    async def fill() -> None:
        nonlocal put
        for _ in range(100):
            await inbox.put(b"x" * 65536)
            put += 1

    filling = asyncio.create_task(fill())
    for _ in range(1000):
        await asyncio.sleep(0)
    assert 0 < put < 10
    for _ in range(100):
        assert await inbox.take() == b"x" * 65536
    async with asyncio.timeout(BOUND_S):
        await filling


async def test_an_ended_inbox_gives_what_it_has_and_drops_what_comes() -> None:
    inbox = Inbox()
    await inbox.put(b"a")
    await inbox.end()
    await inbox.put(b"b")
    assert [await inbox.take(), await inbox.take()] == [b"a", b""]


async def test_both_directions_are_carried_until_the_pod_ends_it() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    inbox, got = Inbox(), bytearray()

    async def send(data: bytes) -> None:
        got.extend(data)

    await inbox.put(b"hello")
    await inbox.end()
    async with server, asyncio.timeout(BOUND_S):
        assert await carry(lambda p: asyncio.open_connection("127.0.0.1", p), port, inbox, send) == ""
    assert got == b"HELLO"


async def test_a_refusal_is_told_and_the_client_s_bytes_are_dropped() -> None:
    async def refuse(_port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise NodeRefusal("nobody there")

    async def send(_data: bytes) -> None:
        pytest.fail("nothing to send")

    inbox = Inbox()
    assert await carry(refuse, 80, inbox, send) == "nobody there"
    async with asyncio.timeout(BOUND_S):
        for _ in range(100):
            await inbox.put(b"x" * 65536)
