"""One attempt of a probe over the pod's own address, with the kubelet's messages."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.cluster.kubelet.processes import launching
from simulator.cluster.kubelet.processes.spawning import StartError
from simulator.cluster.kubelet.sandbox.sandbox import Sandbox
from simulator.cluster.store import Object

_HEAD_LIMIT = 65536


@dataclass(frozen=True)
class Target:
    """What a probe or hook is aimed at: a running container."""

    ip: str
    container: Object
    env: Mapping[str, str]
    folder: Path
    sandbox: Sandbox


async def attempt(handler: Mapping[str, Any], target: Target, timeout_s: float) -> str | None:
    """None if it succeeded, else why not."""
    if "exec" in handler:
        return await _exec(handler["exec"]["command"], target, timeout_s)
    if "httpGet" in handler:
        return await http(handler["httpGet"], target, timeout_s)
    if "tcpSocket" in handler:
        aim = handler["tcpSocket"]
        return await tcp(aim.get("host") or target.ip, port_number(aim["port"], target.container), timeout_s)
    return "missing probe handler"


def address(handler: Mapping[str, Any], target: Target) -> tuple[str, int] | None:
    """Where a network probe connects to; None for an exec probe."""
    for kind in ("httpGet", "tcpSocket"):
        if kind in handler:
            host = handler[kind].get("host") or target.ip
            return host, port_number(handler[kind]["port"], target.container)
    return None


def port_number(port: int | str, container: Object) -> int:
    """A port by number or by its name in the container; 0 if there is no such name."""
    if isinstance(port, int):
        return port
    if port.isdigit():
        return int(port)
    ports = container.get("ports") or ()
    return next((int(entry["containerPort"]) for entry in ports if entry.get("name") == port), 0)


async def tcp(host: str, port: int, timeout_s: float) -> str | None:
    """Can a connection be made?"""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"dial tcp {host}:{port}: i/o timeout"
    except OSError:
        return f"dial tcp {host}:{port}: connect: connection refused"
    writer.transport.abort()
    return None


async def http(aim: Mapping[str, Any], target: Target, timeout_s: float) -> str | None:
    """Is the status 200 to 399?"""
    host = aim.get("host") or target.ip
    port = port_number(aim["port"], target.container)
    scheme = str(aim.get("scheme") or "HTTP").lower()
    path = aim.get("path") or "/"
    url = f"{scheme}://{host}:{port}{path}"
    try:
        async with asyncio.timeout(timeout_s):
            status = await _get(host, port, scheme == "https", path, aim.get("httpHeaders") or ())
    except TimeoutError:
        return f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    except ConnectionRefusedError:
        return f'Get "{url}": dial tcp {host}:{port}: connect: connection refused'
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return f'Get "{url}": EOF'
    except ValueError:
        return f'Get "{url}": net/http: HTTP/1.x transport connection broken: malformed HTTP response'
    return None if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"


async def _get(host: str, port: int, is_tls: bool, path: str, headers: Any) -> int:
    context = None
    if is_tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=_HEAD_LIMIT)
    try:
        sent = {"Host": f"{host}:{port}", "User-Agent": "kube-probe/1.33", "Accept": "*/*", "Connection": "close"}
        sent.update({entry["name"]: entry["value"] for entry in headers})
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        words = (await reader.readline()).split(None, 2)
        if not words:
            raise ConnectionResetError
        if len(words) < 2 or not words[0].startswith(b"HTTP/"):
            raise ValueError("not HTTP")
        await reader.readuntil(b"\r\n\r\n")
        return int(words[1])
    finally:
        writer.transport.abort()


async def _exec(command: list[str], target: Target, timeout_s: float) -> str | None:
    try:
        code, output = await launching.run(command, target.env, target.folder, timeout_s, target.sandbox.entered())
    except TimeoutError:
        return f"command timed out: {' '.join(command)!r} timed out after {timeout_s:g}s"
    except StartError as error:
        return str(error)
    return None if code == 0 else output
