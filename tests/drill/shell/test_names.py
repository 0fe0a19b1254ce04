"""Names of the seat answer by plain http, byte for byte; others are told which do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from simulator.drill.shell.names import answer_names


@asynccontextmanager
async def server(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes], asyncio.Event]]:
    """`host:port` of a server, what it was sent, and what it waits for between its answer's pieces."""
    heard: list[bytes] = []
    go_on = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        length = next((line for line in heard[-1].split(b"\r\n") if line.lower().startswith(b"content-length:")), b":0")
        heard.append(await reader.readexactly(int(length.partition(b":")[2])))
        for number, piece in enumerate(answers):
            if number:
                await go_on.wait()
            writer.write(piece)
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}", heard, go_on


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nup\n"


async def say(proxy: str, request: bytes) -> bytes:
    """All that the proxy answers to these bytes."""
    where = urlsplit(proxy)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


async def test_a_name_answers_at_any_port_with_its_query_as_it_was_typed() -> None:
    async with server(OK) as (address, heard, _), answer_names({"prometheus": address}) as proxy:
        target = b'/api/v1/query?query=rate(http_requests_total{status=~"5.."}[5m])'
        answer = await say(
            proxy, b"GET http://prometheus:9090" + target + b" HTTP/1.1\r\nHost: prometheus:9090\r\n\r\n"
        )
    assert answer == OK
    assert heard[0].startswith(b"GET " + target + b" HTTP/1.1\r\nHost: prometheus:9090\r\n")


async def test_a_body_arrives_and_a_client_goes_on_to_the_next_request() -> None:
    async with (
        server(OK) as (address, heard, _),
        answer_names({"api": address}) as proxy,
        httpx.AsyncClient(proxy=proxy, trust_env=False) as client,
    ):
        for _ in range(2):
            assert (await client.post("http://api/jobs", content=b"x" * 100_000)).text == "up\n"
    assert heard[1::2] == [b"x" * 100_000] * 2


async def test_an_answer_is_handed_on_while_it_comes() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nfirst\n"
    async with (
        server(head, b"second\n") as (address, _, go_on),
        answer_names({"api": address}) as proxy,
        httpx.AsyncClient(proxy=proxy, trust_env=False) as client,
        client.stream("GET", "http://api/stream") as answer,
    ):
        lines = answer.aiter_lines()
        assert await asyncio.wait_for(anext(lines), 10) == "first"
        go_on.set()
        assert await asyncio.wait_for(anext(lines), 10) == "second"


@pytest.mark.parametrize("name", ["api.shop", "api.shop.svc", "api.shop.svc.cluster.local", "API.Shop"])
async def test_a_service_answers_to_its_names_in_the_cluster(name: str) -> None:
    async with (
        server(OK) as (address, _, _),
        answer_names({"api": address, "api.shop": address}) as proxy,
        httpx.AsyncClient(proxy=proxy, trust_env=False) as client,
    ):
        assert (await client.get(f"http://{name}/")).status_code == 200


async def test_loopback_addresses_answer_for_clients_that_ask_the_proxy_for_them() -> None:
    async with server(OK) as (address, _, _), answer_names({}) as proxy:
        assert (await say(proxy, f"GET http://{address} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())) == OK


async def test_other_names_are_refused_with_those_that_answer() -> None:
    hosts = dict.fromkeys(["prometheus", "api", "api.shop"], "127.0.0.1:1")
    async with answer_names(hosts) as proxy, httpx.AsyncClient(proxy=proxy, trust_env=False) as client:
        for name in ("example.com", "192.0.2.1", "prometheus.example.com"):
            answer = await client.get(f"http://{name}/")
            assert answer.status_code == 403
            assert answer.text == (
                f"gameday: '{name}' does not answer in a drill shell; these names do: prometheus, api\n"
            )


async def test_a_name_behind_which_nobody_listens_is_a_bad_gateway() -> None:
    async with server() as (address, _, _):
        pass
    async with answer_names({"api": address}) as proxy, httpx.AsyncClient(proxy=proxy, trust_env=False) as client:
        answer = await client.get("http://api/")
    assert (answer.status_code, answer.text) == (502, f"gameday: {address} cannot be connected: Connection refused\n")


@pytest.mark.parametrize(
    "line", [b"CONNECT api:443", b"GET /", b"GET https://api/", b"GET http://[/", b"GET http://api:99999/", b"nonsense"]
)
async def test_what_is_no_plain_http_is_refused_with_a_sentence(line: bytes) -> None:
    async with answer_names({"api": "127.0.0.1:1"}) as proxy:
        answer = await say(proxy, line + b" HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\n\r\ngameday: " in answer
