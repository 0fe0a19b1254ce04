"""Nobody holds a request for ever by sending or reading slowly, nor memory by reading many answers slowly."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulator.cluster import errors
from simulator.cluster.api import answers

LONGEST_S = 34.0
"""How long a request may take that is no stream: to send its body and be worked out, and then to read its answer."""
_MOST_UNREAD, _SMALL = 256 * 1024 * 1024, 64 * 1024
_STREAMS = ("watch", "follow")


def in_time() -> Middleware:
    """End what takes longer than `LONGEST_S`; refuse (429) what would add too much to answers that nobody reads."""
    unread = 0

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal unread
        if request.headers.get("Upgrade") or any(name in request.query for name in _STREAMS):
            return await handler(request)
        try:
            async with asyncio.timeout(LONGEST_S):
                response = await handler(request)
        except TimeoutError:
            return _too_late()
        size = response.content_length or 0
        if response.prepared or size < _SMALL:
            return response
        if unread + size > _MOST_UNREAD:
            busy = errors.ApiError(429, "TooManyRequests", "Too many requests, please try again later.")
            return answers.as_json(busy.status(), busy.code)
        unread += size
        try:
            async with asyncio.timeout(LONGEST_S):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        finally:
            unread -= size
        return response

    return middleware


def _too_late() -> web.Response:
    late = errors.ApiError(504, "Timeout", "Timeout: request did not complete within the allowed timeout")
    response = answers.as_json(late.status(), late.code)
    response.force_close()
    return response
