"""The API on a socket: TLS on loopback, ended cleanly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from simulator.cluster.credentials import Credentials

_HOST = "127.0.0.1"
_LINGER_S = 1.0
_LONGEST_LINE = 1024 * 1024
"""Bytes of a request's first line, as Go's server allows: the query of the path holds the command to execute."""


@asynccontextmanager
async def serve(app: web.Application, credentials: Credentials) -> AsyncIterator[str]:
    """Serve `app` on a free port of loopback while the context lasts; gives its URL.

    A handler ends with its client, so that watches and followed logs leave nothing behind.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=_LINGER_S,
        max_line_size=_LONGEST_LINE,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, _HOST, 0, ssl_context=credentials.server_tls)
        await site.start()
        bound = runner.addresses[0][1]
        yield f"https://{_HOST}:{bound}"
    finally:
        await runner.cleanup()
