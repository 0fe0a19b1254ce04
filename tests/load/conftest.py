"""A tiny real target that counts what it gets, and the load process started against it."""

import asyncio
import itertools
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web

HANG_BOUND_S = 20


class Target:
    """`mode` ok, failing (500 at once) or hanging (no answer, or a byte of it now and then, by turns).

    `pages` are answered as JSON by their path, `refused` ones with 403.

    Whoever signs in gets the token `token`, or is refused while there is none; `seen` counts what requests came with.
    """

    def __init__(self) -> None:
        self.mode = "ok"
        self.pages: dict[str, Any] = {}
        self.refused: set[str] = set()
        self.token: str | None = None
        self.seen: Counter[str] = Counter()
        self.begun: Counter[str] = Counter()
        self.answered = 0
        self._ids = itertools.count(1)
        self.url = ""
        self.closing = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.begun[f"{request.method} {request.path}"] += 1
        if self.mode == "hanging":
            return await self._hang(request, trickles=self.begun.total() % 2 == 0)
        self.answered += 1
        if request.path in self.pages:
            return web.json_response(self.pages[request.path])
        if request.path in self.refused:
            return web.Response(status=403)
        if request.path == "/sign-in":
            return web.json_response({"access_token": self.token}, status=200 if self.token else 503)
        credential = request.headers.get("Authorization", "")
        self.seen[credential] += 1
        if self.token and credential != f"Bearer {self.token}":
            return web.Response(status=401)
        if self.mode == "failing":
            return web.Response(status=500)
        if request.method == "POST" and request.path == "/experiments":
            return web.json_response({"id": next(self._ids)}, status=201)
        return web.json_response([])

    async def _hang(self, request: web.Request, *, trickles: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        if not trickles:
            await self.closing.wait()
            return response
        await response.prepare(request)
        with suppress(ConnectionResetError):
            while not self.closing.is_set():
                await response.write(b"x")
                await asyncio.sleep(0.2)
        return response


class Load:
    """A running load process: its first line and then its windows, one by one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> Any:
        assert self.process.stdout is not None
        raw = await asyncio.wait_for(self.process.stdout.readline(), HANG_BOUND_S)
        return json.loads(raw) if raw else None

    async def windows(self, count: int) -> list[Any]:
        return [await self.line() for _ in range(count)]

    async def rest(self) -> list[Any]:
        lines = []
        while (line := await self.line()) is not None:
            lines.append(line)
        return lines

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), HANG_BOUND_S)


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    target = Target()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", target.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    target.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield target
    target.closing.set()
    await runner.cleanup()


@pytest.fixture
def offer_load(target: Target) -> Any:
    @asynccontextmanager
    async def offer(*arguments: str, **variables: str) -> AsyncIterator[Load]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulator.load", "--host", target.url, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **variables},
        )
        try:
            yield Load(process)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    return offer
