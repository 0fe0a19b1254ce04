"""pods/exec and pods/attach: a process's streams over WebSocket channels, and its end as a Status."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from simulator.cluster import errors
from simulator.cluster.api import requests
from simulator.cluster.api.streams import channels, upgrades
from simulator.cluster.ports import Session

_PROTOCOLS = (channels.V5, channels.V4)
Status = dict[str, Any]
"""A meta/v1 Status."""
_ATTACH, _EXECUTE = "error attaching to container", "error executing command in container"


@dataclass(frozen=True)
class Wanted:
    """Which streams a client asks for. A terminal has one output, so with `tty` there is no `stderr`."""

    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool

    @property
    def first_output(self) -> int:
        """The channel on which the server says that it is there."""
        return channels.STDOUT if self.stdout else channels.STDERR if self.stderr else channels.ERROR


def wanted(query: Mapping[str, str]) -> Wanted:
    """From the query; `ApiError` 400 if no stream is asked for."""
    tty = requests.flag(query, "tty")
    stdin, stdout, stderr = (requests.flag(query, name) for name in ("stdin", "stdout", "stderr"))
    if not (stdin or stdout or stderr):
        raise errors.bad_request("you must specify at least 1 of stdin, stdout, stderr")
    return Wanted(stdin, stdout, stderr and not tty, tty)


def command(request: web.Request) -> list[str]:
    """The words to run; `ApiError` 400 if there are none or they cannot be a program's arguments."""
    words = request.query.getall("command", [])
    if not words or not words[0]:
        raise errors.bad_request("you must specify at least one command for the container")
    if any("\0" in word for word in words):
        raise errors.bad_request("command: a word holds a null byte")
    return words


def protocol(request: web.Request) -> str:
    """The version of the channels that both sides speak."""
    return upgrades.chosen(request, _PROTOCOLS)


async def execute(request: web.Request, session: Session, asked: Wanted, words: list[str]) -> web.StreamResponse:
    """Run a command over the upgraded request, from its start to its Status."""
    return await _stream(request, session, asked, lambda code: _failed(words, code) if code else _success(), _EXECUTE)


async def attach(request: web.Request, session: Session, asked: Wanted) -> web.StreamResponse:
    """Join a running process; its end is a success, whatever its code."""
    return await _stream(request, session, asked, lambda _: _success(), _ATTACH)


async def _stream(
    request: web.Request, session: Session, asked: Wanted, ended: Callable[[int], Status], trouble: str
) -> web.StreamResponse:
    version = protocol(request)
    try:
        socket = await upgrades.opened(request, version)
        with suppress(ConnectionError):  # the client is gone, in the middle of what it was sent
            status = await _status(socket, session, asked, version, ended, trouble)
            session.hang_up()
            if status is not None:
                await socket.send_bytes(channels.write(channels.ERROR, orjson.dumps(status)))
                await socket.close()
    finally:
        session.hang_up()
    return socket


async def _status(
    socket: web.WebSocketResponse,
    session: Session,
    asked: Wanted,
    version: str,
    ended: Callable[[int], Status],
    trouble: str,
) -> Status | None:
    """From the start to what is to be said of the end; None when the client goes first."""
    await socket.send_bytes(channels.write(asked.first_output, b""))
    try:
        session.start()
        code = await _exchange(socket, session, asked, version)
    except errors.NodeRefusal as refused:
        return _internal(f"{trouble}: {refused}")
    return None if code is None else ended(code)


async def _exchange(socket: web.WebSocketResponse, session: Session, asked: Wanted, version: str) -> int | None:
    """Both ways until the process ends: its code; None when the client goes first."""

    async def send(stream: str, data: bytes) -> None:
        if getattr(asked, stream):
            await socket.send_bytes(channels.write(channels.OUTPUTS[stream], data))

    running = asyncio.create_task(session.run(send))
    listening = asyncio.create_task(_listen(socket, session, version))
    try:
        await asyncio.wait([running, listening], return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else listening.result()
    except* ConnectionError:
        pass  # the client is gone, in the middle of what it was sent
    finally:
        running.cancel()
        listening.cancel()
        await asyncio.gather(running, listening, return_exceptions=True)
    return None


async def _listen(socket: web.WebSocketResponse, session: Session, version: str) -> None:
    """The client's messages, in the process's time, until it closes."""
    async for message in socket:
        if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
            return
        data = message.data if message.type is WSMsgType.BINARY else message.data.encode()
        match channels.read(data, version):
            case channels.Input(given):
                await session.write(given)
            case channels.InputEnd():
                session.end_input()
            case channels.Resize(columns, rows):
                session.resize(columns, rows)


def _success() -> Status:
    return {"metadata": {}, "status": "Success"}


def _failed(words: list[str], code: int) -> Status:
    """As the kubelet tells an exit code, with containerd's sentence."""
    told = f"error executing command [{' '.join(words)}], exited with code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {told}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _internal(why: str) -> Status:
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {why}",
        "reason": "InternalError",
        "details": {"causes": [{"message": why}]},
        "code": 500,
    }
