"""Names that runbooks call things by, answered in a drill shell: a small forward proxy for plain http.

Programs find it by `http_proxy`, so no resolver and no root is needed. It reads the head of a request, connects to
what stands behind the name, and from there on hands bytes through, so that whatever HTTP can carry passes as it is.
"""

import asyncio
import ipaddress
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

HEAD_LIMIT = 64 * 1024
HEAD_LIMIT_S = 30.0
CONNECT_LIMIT_S = 10.0
_CLUSTER_DOMAINS = (".svc.cluster.local", ".svc")
_OF_ONE_HOP = ("connection", "proxy-connection", "keep-alive")


class _Refused(Exception):
    def __init__(self, status: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@asynccontextmanager
async def answer_names(hosts: Mapping[str, str]) -> AsyncIterator[str]:
    """The URL of a proxy on 127.0.0.1 that answers the names of `hosts`, each with the `host:port` behind it, at any
    port, and addresses of loopback; to all others it says which names there are."""
    asked: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        asked.add(task)
        try:
            await _serve(hosts, reader, writer)
        finally:
            asked.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=HEAD_LIMIT)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _serve(hosts: Mapping[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(HEAD_LIMIT_S):
            head = await reader.readuntil(b"\r\n\r\n")
        address, onward = _onward(head, hosts)
        there, thither = await _connect(address)
    except _Refused as refused:
        await _answer(writer, refused.status, str(refused))
        return
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return
    try:
        thither.write(onward)
        await _both_ways((reader, thither), (there, writer))
    finally:
        thither.close()


def _onward(head: bytes, hosts: Mapping[str, str]) -> tuple[str, bytes]:
    """Where a request goes, and its head as the server there expects it. Raises `_Refused`."""
    line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if method == "CONNECT" or not target.lower().startswith("http://"):
        raise _Refused(
            "400 Bad Request", "this is the proxy of a drill shell: it takes http://NAME/... and nothing else"
        )
    try:
        asked = urlsplit(target)
        address = _behind(asked.hostname or "", asked.port, hosts)
    except ValueError:
        raise _Refused("400 Bad Request", f"'{target}' is no address") from None
    path = target[len("http://") + len(asked.netloc) :]
    kept = [field for field in fields if field.partition(":")[0].strip().lower() not in _OF_ONE_HOP]
    upgrades = any(field.lower().startswith("upgrade:") for field in kept)
    lines = [
        f"{method} {path if path.startswith('/') else '/' + path} {version}",
        *kept,
        f"Connection: {'upgrade' if upgrades else 'close'}",
    ]
    return address, "\r\n".join([*lines, "", ""]).encode("latin-1")


def _behind(name: str, port: int | None, hosts: Mapping[str, str]) -> str:
    """`host:port` behind a name that was asked for. Raises `_Refused` for a name that does not answer here."""
    if name == "localhost" or _is_loopback(name):
        return f"[{name}]:{port or 80}" if ":" in name else f"{name}:{port or 80}"
    short = name
    for domain in _CLUSTER_DOMAINS:
        short = short.removesuffix(domain)
    if short not in hosts:
        names = ", ".join(each for each in hosts if "." not in each)
        raise _Refused("403 Forbidden", f"'{name}' does not answer in a drill shell; these names do: {names}")
    return hosts[short]


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(f"//{address}")
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            return await asyncio.open_connection(where.hostname, where.port)
    except (OSError, TimeoutError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "it does not answer"
        raise _Refused("502 Bad Gateway", f"{address} cannot be connected: {why}") from None


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Until one side has no more to say: a server that is done, or a client that has gone."""
    tasks = [asyncio.create_task(_hand_through(*way)) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _hand_through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(64 * 1024):
            writer.write(piece)
            await writer.drain()


async def _answer(writer: asyncio.StreamWriter, status: str, sentence: str) -> None:
    body = f"gameday: {sentence}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    with suppress(ConnectionError):
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
