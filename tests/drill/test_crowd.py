"""The crowd of the capacity experiments: whom it asks, how often, and that it ends."""

import asyncio

import pytest

from simulator.faults.crowd import crowd, read_settings

ENV = {"PATHS": "/a /b", "API_KEY": "key"}


def test_it_asks_nobody_beyond_the_loopback_network() -> None:
    with pytest.raises(ValueError, match="is not on the loopback network"):
        read_settings({**ENV, "TARGET_URL": "http://192.0.2.1:8080"})


def test_it_asks_for_its_paths_in_turn_at_its_rate_and_ends_by_itself() -> None:
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head.split()[1])
        assert "X-API-Key: key" in head
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def play() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            target = f"http://127.0.0.1:{port}"
            env = {**ENV, "TARGET_URL": target, "RATE_PER_S": "50", "LASTS_S": "0.21"}
            async with asyncio.timeout(10):
                await crowd(read_settings(env))
                while len(asked) < 11:
                    await asyncio.sleep(0.01)

    asyncio.run(play())
    assert len(asked) == 11
    assert set(asked) == {"/a", "/b"}
