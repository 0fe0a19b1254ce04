"""Watches on the wire: a stream of JSON lines, one change each, with bookmarks and an end."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from simulator.cluster import errors
from simulator.cluster.api import tables
from simulator.cluster.api.requests import Form
from simulator.cluster.objects.selectors import Match
from simulator.cluster.objects.stored_fields import as_json
from simulator.cluster.resources import Resource
from simulator.cluster.store import Change, Object, Store, Watch

_BOOKMARK_EVERY_S = 60.0
_SHORTEST_S, _LONGEST_S = 1800.0, 3600.0
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


async def stream(request: web.Request, store: Store, wanted: WatchRequest, live: set[Watch]) -> web.StreamResponse:
    """Answer with changes until the time is over, the client goes, or the watch is closed (it is kept in `live`)."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    loop = asyncio.get_running_loop()
    end_s = loop.time() + (wanted.timeout_s or random.uniform(_SHORTEST_S, _LONGEST_S))
    try:
        watch = store.watch(wanted.resource, wanted.since)
    except errors.ApiError as refused:
        await response.prepare(request)
        await response.write(_line("ERROR", refused.status()))
        return response
    live.add(watch)
    try:
        first = b"".join(_initial(store, wanted))
        await response.prepare(request)
        if first:
            await response.write(first)
        while (left_s := end_s - loop.time()) > 0:
            try:
                change = await asyncio.wait_for(anext(watch), min(left_s, _BOOKMARK_EVERY_S))
            except StopAsyncIteration:
                return response
            except TimeoutError:
                if wanted.wants_bookmarks and not watch.has_pending:
                    await response.write(_bookmark(store, wanted, {}))
                continue
            for line in _lines(change, wanted):
                await response.write(line)
    finally:
        live.discard(watch)
        watch.close()
    return response


def _initial(store: Store, wanted: WatchRequest) -> Iterator[bytes]:
    if wanted.since is None:
        for obj in store.list(wanted.resource, wanted.namespace):
            if wanted.matches(obj):
                yield _event("ADDED", obj, wanted)
    if wanted.wants_initial_end:
        yield _bookmark(store, wanted, _INITIAL_END)


def _lines(change: Change, wanted: WatchRequest) -> Iterator[bytes]:
    """What a change looks like through a selector: entering it is ADDED, leaving it is DELETED."""
    obj, previous = change.object, change.previous
    if wanted.namespace is not None and obj["metadata"].get("namespace", "") != wanted.namespace:
        return
    is_in = change.type != "DELETED" and wanted.matches(obj)
    was_in = previous is not None and wanted.matches(previous)
    if is_in:
        yield _event("MODIFIED" if was_in else "ADDED", obj, wanted)
    elif was_in:
        yield _event("DELETED", obj, wanted)


def _event(kind: str, obj: Object, wanted: WatchRequest) -> bytes:
    return _line(kind, tables.as_single(wanted.resource, obj, wanted.form, wanted.include))


def _bookmark(store: Store, wanted: WatchRequest, annotations: dict[str, str]) -> bytes:
    version = str(store.version)
    return _line("BOOKMARK", tables.as_bookmark(wanted.resource, version, wanted.form, annotations))


def _line(kind: str, obj: Object) -> bytes:
    return as_json({"type": kind, "object": obj}) + b"\n"
