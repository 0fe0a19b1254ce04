"""Watches on the wire: a stream of JSON lines, one change each, with bookmarks and an end."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aiohttp import web

from simulator.cluster import errors
from simulator.cluster.api import tables
from simulator.cluster.api.requests import Form
from simulator.cluster.objects.selectors import Match
from simulator.cluster.objects.stored_fields import as_json
from simulator.cluster.resources import Resource, stored
from simulator.cluster.store import Change, Object, Store, Watch

_BOOKMARK_EVERY_S = 60.0
_SHORTEST_S, _LONGEST_S = 1800.0, 3600.0
_BUFFERED = 64 * 1024
MOST_PENDING = 1000
"""Changes that may wait for one client; a watch that falls further behind ends with 410."""
STUCK_S = 30.0
_SHARED = 64
_INITIAL_END = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True)
class WatchRequest:
    """What one client wants to see. `since` None starts with everything there is."""

    resource: Resource
    namespace: str | None
    matches: Match
    form: Form
    include: str
    since: int | None
    timeout_s: float | None
    wants_bookmarks: bool
    wants_initial_end: bool


class Watches:
    """The open watches of one API, and the last lines that were written, which many of them share."""

    def __init__(self) -> None:
        self.live: set[Watch] = set()
        self._lines: OrderedDict[tuple[int, str, Resource], bytes] = OrderedDict()

    def line(self, change: Change, kind: str, wanted: WatchRequest) -> bytes:
        """A change as whoever watches that resource and wants whole objects sees it."""
        key = (change.version, kind, wanted.resource)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _event(kind, change.object, wanted)
            if len(self._lines) > _SHARED:
                self._lines.popitem(last=False)
        return line

    def close(self) -> None:
        """End them all."""
        for watch in list(self.live):
            watch.close()


async def stream(request: web.Request, store: Store, wanted: WatchRequest, watches: Watches) -> web.StreamResponse:
    """Answer with changes until the time is over, the client goes, or the watch is closed."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    loop = asyncio.get_running_loop()
    end_s = loop.time() + (wanted.timeout_s or random.uniform(_SHORTEST_S, _LONGEST_S))
    client = _Client(request, response)
    try:
        watch = store.watch(stored(wanted.resource), wanted.since, MOST_PENDING)
    except errors.ApiError as refused:
        await client.send(_line("ERROR", refused.status()))
        return response
    watches.live.add(watch)
    try:
        for piece in _pieces(_initial(store, wanted, str(store.version))):
            await client.send(piece)
        while (left_s := end_s - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(left_s, _BOOKMARK_EVERY_S)):
                    change = await anext(watch)
            except StopAsyncIteration:
                if watch.is_behind:
                    gone = errors.expired(wanted.since or 0, store.oldest)
                    await client.send(_line("ERROR", gone.status()))
                return response
            except TimeoutError:
                if wanted.wants_bookmarks and not watch.has_pending:
                    await client.send(_bookmark(str(store.version), wanted, {}))
                continue
            if wanted.since is None or change.version > wanted.since:
                for line in _lines(change, wanted, watches):
                    await client.send(line)
    except ConnectionError:
        pass  # the client is gone
    finally:
        watches.live.discard(watch)
        watch.close()
    return response


class _Client:
    """The reader at the other end, who may be slow but not for ever."""

    def __init__(self, request: web.Request, response: web.StreamResponse) -> None:
        self._request, self._response = request, response

    async def send(self, data: bytes) -> None:
        """Write, and wait while much is unread; `ConnectionError` for a client that reads nothing for `STUCK_S`."""
        try:
            async with asyncio.timeout(STUCK_S):
                if not self._response.prepared:
                    if self._request.transport is not None:
                        self._request.transport.set_write_buffer_limits(_BUFFERED)
                    await self._response.prepare(self._request)
                await self._response.write(data)
        except TimeoutError:
            if self._request.transport is not None:
                self._request.transport.abort()
            raise ConnectionResetError("the client does not read its watch") from None


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines joined to what is worth a write; at least one, which opens the stream."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _BUFFERED:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _initial(store: Store, wanted: WatchRequest, version: str) -> Iterator[bytes]:
    """What there is at `version`, the present one when the first line is asked for."""
    if wanted.since is None:
        for obj in list(store.list(stored(wanted.resource), wanted.namespace)):
            if wanted.matches(obj):
                yield _event("ADDED", obj, wanted)
    if wanted.wants_initial_end:
        yield _bookmark(version, wanted, _INITIAL_END)


def _lines(change: Change, wanted: WatchRequest, watches: Watches) -> Iterator[bytes]:
    """What a change looks like through a selector: entering it is ADDED, leaving it is DELETED."""
    obj, previous = change.object, change.previous
    if wanted.namespace is not None and obj["metadata"].get("namespace", "") != wanted.namespace:
        return
    is_in = change.type != "DELETED" and wanted.matches(obj)
    was_in = previous is not None and wanted.matches(previous)
    if is_in:
        kind = "MODIFIED" if was_in else "ADDED"
    elif was_in:
        kind = "DELETED"
    else:
        return
    yield _event(kind, obj, wanted) if wanted.form.kind else watches.line(change, kind, wanted)


def _event(kind: str, obj: Object, wanted: WatchRequest) -> bytes:
    return _line(kind, tables.as_single(wanted.resource, obj, wanted.form, wanted.include))


def _bookmark(version: str, wanted: WatchRequest, annotations: dict[str, str]) -> bytes:
    return _line("BOOKMARK", tables.as_bookmark(wanted.resource, version, wanted.form, annotations))


def _line(kind: str, obj: Object) -> bytes:
    return as_json({"type": kind, "object": obj}) + b"\n"
