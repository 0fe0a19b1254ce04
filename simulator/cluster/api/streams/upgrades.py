"""From an HTTP request to a WebSocket in one of the subprotocols that are served."""

from collections.abc import Sequence

from aiohttp import web

from simulator.cluster import errors

FINISH_S = 900.0
"""How long the end waits for a client that still has output to read, as Kubernetes' `finishTimeout`."""
LARGEST_MESSAGE = 4 * 1024 * 1024


def chosen(request: web.Request, served: Sequence[str]) -> str:
    """The first subprotocol that the client offers and that is `served`; `ApiError` 400 or 405 if there is none."""
    if "upgrade" not in request.headers.get("Connection", "").lower():
        raise errors.bad_request("Upgrade request required")
    wanted = request.headers.get("Upgrade", "")
    if wanted.lower() != "websocket":
        raise errors.bad_request(f"unable to upgrade to {wanted}: this server streams over WebSocket only")
    if request.method != "GET":
        raise errors.method_not_allowed()
    offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    for name in offered:
        if name in served:
            return name
    listed = ", ".join(offered)
    raise errors.bad_request(f"unable to upgrade: none of [{listed}] is served; supported are [{', '.join(served)}]")


async def opened(request: web.Request, protocol: str) -> web.WebSocketResponse:
    """The upgraded connection. What is sent waits for a slow client; pings are answered while it is read."""
    socket = web.WebSocketResponse(
        protocols=(protocol,), timeout=FINISH_S, compress=False, max_msg_size=LARGEST_MESSAGE
    )
    await socket.prepare(request)
    return socket
