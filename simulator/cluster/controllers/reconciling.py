"""The loop under every controller: changes become keys, each key is reconciled once, later if asked.

The store is on the same event loop, so a reconciler reads the newest state and its writes are atomic: no caches,
no expectations, no conflicts to retry.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from simulator.cluster.resources import Resource
from simulator.cluster.store import Change, Store

Key = tuple[str, str]
"""Namespace and name."""
Keys = Callable[[Change], Iterable[Key]]
"""Which keys a change touches."""
Reconcile = Callable[[Key], float | None]
"""Makes the world of a key right; returns in how many seconds it wants to be asked again, or None."""

RETRY_S = 1.0
REST = 9
"""A key rests this many times as long as its reconciliation took: one that looks at a thousand pods does not do so for
each of them. So at most a tenth of a core goes into any key, and small ones do not feel it."""
_FELT_S = 0.001
_log = logging.getLogger(__name__)


async def drive(store: Store, sources: Sequence[tuple[Resource, Keys]], reconcile: Reconcile, *, name: str) -> None:
    """Run one controller until cancelled. An error is logged and its key tried again after a second."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Key] = asyncio.Queue()
    queued: set[Key] = set()
    timers: dict[Key, asyncio.TimerHandle] = {}
    resting: dict[Key, float] = {}
    rests: dict[Key, asyncio.TimerHandle] = {}

    def put(key: Key) -> None:
        if key in queued:
            return
        queued.add(key)
        if (rest_s := resting.pop(key, 0.0) - loop.time()) > 0:
            rests[key] = loop.call_later(rest_s, queue.put_nowait, key)
        else:
            queue.put_nowait(key)

    async def follow(resource: Resource, keys: Keys) -> None:
        watch = store.watch(resource, 0)
        stack.callback(watch.close)
        async for change in watch:
            for key in keys(change):
                put(key)

    async def work() -> None:
        while True:
            key = await queue.get()
            queued.discard(key)
            rests.pop(key, None)
            if key in timers:
                timers.pop(key).cancel()
            begun_s = time.thread_time()
            try:
                again_s = reconcile(key)
            except Exception:
                _log.exception("%s: %s/%s failed, next try in %g s", name, *key, RETRY_S)
                again_s = RETRY_S
            if (taken_s := time.thread_time() - begun_s) > _FELT_S:
                resting[key] = loop.time() + REST * taken_s
            if again_s is not None:
                timers[key] = loop.call_later(again_s, put, key)

    def stop_timers() -> None:
        for timer in (*timers.values(), *rests.values()):
            timer.cancel()

    with ExitStack() as stack:
        stack.callback(stop_timers)
        async with asyncio.TaskGroup() as group:
            for resource, keys in sources:
                group.create_task(follow(resource, keys))
            group.create_task(work())


def own_key(change: Change) -> Iterable[Key]:
    """The changed object itself."""
    meta = change.object["metadata"]
    return [(meta.get("namespace", ""), meta["name"])]


def owner_key(kind: str) -> Keys:
    """The controller of the changed object, if it is of `kind`; also the one that it had before."""

    def keys(change: Change) -> Iterable[Key]:
        metas = [obj["metadata"] for obj in (change.object, change.previous) if obj is not None]
        return [
            (meta.get("namespace", ""), owner["name"])
            for meta in metas
            for owner in meta.get("ownerReferences") or ()
            if owner.get("controller") and owner["kind"] == kind
        ]

    return keys
