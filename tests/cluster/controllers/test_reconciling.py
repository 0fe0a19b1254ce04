"""The loop under the controllers."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from waiting import soon

from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.resources import CONFIG_MAPS
from simulator.cluster.store import Store


@asynccontextmanager
async def driven(store: Store, reconcile: Callable[[Key], float | None]) -> AsyncIterator[None]:
    running = asyncio.create_task(drive(store, [(CONFIG_MAPS, own_key)], reconcile, name="test"))
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def count_up(store: Store) -> int:
    """Another change of the one object; its number."""

    def change(obj: dict[str, object]) -> None:
        obj["data"] = {"n": str(int(str(obj.get("data", {"n": 0})["n"])) + 1)}  # type: ignore[index]

    return int(store.modify(CONFIG_MAPS, "d", "a", change)["data"]["n"])


async def test_a_key_that_is_dear_to_reconcile_rests_but_sees_the_last_change() -> None:
    store, seen = Store(), list[str]()
    store.create(CONFIG_MAPS, {"metadata": {"namespace": "d", "name": "a"}, "data": {"n": "0"}})

    def reconcile(key: Key) -> None:
        seen.append(store.get(CONFIG_MAPS, *key)["data"]["n"])
        end_s = time.thread_time() + 0.01
        while time.thread_time() < end_s:
            pass

    async with driven(store, reconcile):
        await soon(lambda: bool(seen))
        for _ in range(50):
            last = count_up(store)
            await asyncio.sleep(0.001)
        await soon(lambda: seen[-1] == str(last))
    assert len(seen) < 10


async def test_a_key_that_failed_is_tried_again_and_others_go_on() -> None:
    store, seen = Store(), list[str]()
    for name in ("bad", "good"):
        store.create(CONFIG_MAPS, {"metadata": {"namespace": "d", "name": name}})

    def reconcile(key: Key) -> None:
        seen.append(key[1])
        if seen.count("bad") == 1 and key[1] == "bad":
            raise ValueError("not yet")

    async with driven(store, reconcile):
        await soon(lambda: seen.count("bad") == 2)
    assert seen.count("good") == 1
