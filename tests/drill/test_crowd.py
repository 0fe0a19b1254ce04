"""The crowd of the capacity experiments: whom it asks, how often, and that it ends."""

import asyncio

import pytest

from simulator.faults.crowd import crowd, read_settings

ENV = {"PATHS": "/a /b", "API_KEY": "key"}


def test_it_asks_nobody_beyond_the_loopback_network() -> None:
    with pytest.raises(ValueError, match="is not on the loopback network"):
        read_settings({**ENV, "TARGET_URL": "http://192.0.2.1:8080"})


def test_it_asks_for_its_paths_in_turn_at_its_rate_and_ends_by_itself() -> None:
    asked = asyncio.run(asked_by({"RATE_PER_S": "50", "LASTS_S": "0.21"}))
    assert len(asked) == 11
    assert {head.split()[1] for head in asked} == {"/a", "/b"}
    assert all("X-API-Key: key" in head for head in asked)


def test_it_grows_while_it_is_answered_at_once() -> None:
    asked = asyncio.run(asked_by({"RATE_PER_S": "50", "LASTS_S": "3", "UNTIL_SLOW_S": "5"}))
    assert len(asked) > 50 * 3 * 1.1


def test_it_grows_no_longer_once_answers_take_long() -> None:
    env = {"RATE_PER_S": "50", "LASTS_S": "5", "UNTIL_SLOW_S": "0.1", "CONCURRENT": "500"}
    asked = asyncio.run(asked_by(env, answered_after_s=1))
    assert 50 * 5 < len(asked) < 50 * 5 * 1.25


async def asked_by(env: dict[str, str], answered_after_s: float = 0) -> list[str]:
    """The heads of all the requests of a crowd."""
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        await asyncio.sleep(answered_after_s)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(30):
            await crowd(read_settings({**ENV, "TARGET_URL": f"http://127.0.0.1:{port}", **env}))
            await asyncio.sleep(0.1)
    return asked
