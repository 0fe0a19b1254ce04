"""A scoring service as a process, and a client so lean that what is measured is mostly the service."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

ROLES = ("facilitator", "responder", "observer", "ingest")
TOKEN = {role: f"{role}-token" for role in ROLES}
START_LIMIT_S = 60.0
ANSWER_LIMIT_S = 30.0


class Service:
    """`python -m scoring serve` on a database; started again, it keeps its address."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._listen = "127.0.0.1:0"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Its URL, once it listens."""
        names = {f"GAMEDAY_{role.upper()}_TOKEN": token for role, token in TOKEN.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scoring", "serve", "--database", self._database, "--listen", self._listen],
            env={**os.environ, **names},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the service ended with status {self.process.wait()}; its own lines above say why"
        url: str = json.loads(line)["url"]
        self._listen = urlsplit(url).netloc
        return url

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(START_LIMIT_S)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


class Client:
    """One connection; a request at a time."""

    def __init__(self, url: str, role: str = "ingest") -> None:
        self._host, _, port = urlsplit(url).netloc.rpartition(":")
        self._port = int(port)
        self._headers = (
            f"Host: {self._host}\r\nAuthorization: Bearer {TOKEN[role]}\r\nContent-Type: application/json\r\n"
        )
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connection go; the next request opens another one."""
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError, EOFError or TimeoutError where there is none."""
        async with asyncio.timeout(ANSWER_LIMIT_S):
            if self._reader is None or self._writer is None:
                self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
            head = f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(body)}\r\n\r\n"
            self._writer.write(head.encode() + body)
            answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(answer.partition("content-length:")[2].split("\r\n", 1)[0])
            return int(answer.split(" ", 2)[1]), await self._reader.readexactly(length)

    async def send(self, method: str, path: str, value: Any) -> Any:
        """The answer to some JSON, as JSON; anything but success is an error."""
        status, answer = await self.ask(method, path, json.dumps(value).encode())
        assert status in (200, 201), (status, answer)
        return json.loads(answer)


def new_drill(name: str) -> dict[str, Any]:
    """A drill to open."""
    return {
        "id": name,
        "playbook": "llm-research-lab",
        "clock": 60,
        "started_at": datetime.now(UTC).isoformat(),
        "truth": {"failure_mode": "connection-exhaustion", "component": "postgres"},
    }


def new_event(key: str, **data: Any) -> dict[str, Any]:
    """An event as responders' tools send them, with a key so that it can be sent again."""
    text = "Connections to the database run out; checkout answers with errors."
    told = {"audiences": ["responders", "stakeholders"], "text": text, **data}
    at = datetime.now(UTC).isoformat()
    return {"kind": "update.posted", "occurred_at": at, "source": "benchmark", "key": key, "data": told}


async def all_events(client: Client, drill: str) -> list[dict[str, Any]]:
    """Every event of a drill, page by page."""
    found: list[dict[str, Any]] = []
    while page := await _page(client, drill, found):
        found.extend(page)
    return found


async def _page(client: Client, drill: str, found: list[dict[str, Any]]) -> Iterable[Any]:
    after = found[-1]["seq"] if found else 0
    status, body = await client.ask("GET", f"/api/v1/drills/{drill}/events?after={after}&limit=1000")
    assert status == 200, body
    events: list[Any] = json.loads(body)["events"]
    return events
