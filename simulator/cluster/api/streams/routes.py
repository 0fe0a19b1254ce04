"""The streaming subresources of pods: what is checked before a connection is upgraded, in an API server's order."""

from contextlib import suppress

from aiohttp import web

from simulator.cluster import errors
from simulator.cluster.api import pod_logs
from simulator.cluster.api.streams import port_forward, remote_command, tunnel, upgrades
from simulator.cluster.ports import Runtime
from simulator.cluster.store import Object


async def answer(request: web.Request, runtime: Runtime, pod: Object, subresource: str) -> web.StreamResponse:
    """Serve `subresource` of `pod`. `ApiError` before the upgrade; what the node refuses is a 500 in plain text."""
    if request.method not in ("GET", "POST"):
        raise errors.method_not_allowed()
    try:
        if subresource == "portforward":
            return await _port_forward(request, runtime, pod)
        return await _remote_command(request, runtime, pod, subresource)
    except errors.NodeRefusal as refused:
        return web.Response(status=500, text=str(refused))


async def _remote_command(request: web.Request, runtime: Runtime, pod: Object, subresource: str) -> web.StreamResponse:
    container = pod_logs.container_of(pod, request.query.get("container", ""))
    _must_have_host(pod)
    asked = remote_command.wanted(request.query)
    if subresource == "attach":
        session = runtime.attach(pod, container, stdin=asked.stdin)
        return await remote_command.attach(request, session, asked)
    words = remote_command.command(request)
    session = runtime.execute(pod, container, words, stdin=asked.stdin, tty=asked.tty)
    return await remote_command.execute(request, session, asked, words)


async def _port_forward(request: web.Request, runtime: Runtime, pod: Object) -> web.StreamResponse:
    _must_have_host(pod)
    protocol = upgrades.chosen(request, (tunnel.PROTOCOL, port_forward.PROTOCOL))
    ports = port_forward.ports(request.query.getall("ports", [])) if protocol == port_forward.PROTOCOL else []
    connect = runtime.port_forward(pod)
    socket = await upgrades.opened(request, protocol)
    with suppress(ConnectionError):  # the client is gone, in the middle of what it was sent
        if ports:
            await port_forward.serve(socket, connect, ports)
        else:
            await tunnel.Tunnel(socket, connect).serve()
        await socket.close()
    return socket


def _must_have_host(pod: Object) -> None:
    if not pod["spec"].get("nodeName"):
        raise errors.bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
