"""Durable events per second: of the record itself, of its writer, and of the service over HTTP, client included.

Every event that counts was committed with its disk flushed (SQLite: WAL, synchronous=FULL) and, over HTTP, answered.
Everything runs on this machine, so over HTTP the client's work is taken from the same cores as the service's.

    python benchmarks/record_speed.py [--database FILE|URL] [--rounds 5]
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import uvloop
from lean_client import Client, Service, new_drill, new_event

from scoring.record.engine import open_engine
from scoring.record.store import Store
from scoring.record.writer import Writer
from scoring.timeline import Drill, Event, Truth

_KEYS = count()


def flush_s(folder: Path) -> float:
    """What it takes here to bring one page to the disk, in seconds; the median of many."""
    taken = []
    with (folder / "flushed").open("wb") as file:
        file.write(bytes(4096 * 200))
        os.fsync(file.fileno())
        for place in range(200):
            os.pwrite(file.fileno(), os.urandom(4096), 4096 * place)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def events(number: int) -> list[Event]:
    """So many new events, as they come out of the service's parsing."""
    return [Event.model_validate(new_event(str(next(_KEYS)))) for _ in range(number)]


def opened(database: str, name: str) -> Store:
    """A record with a drill of that name."""
    store = Store(open_engine(database))
    drill = Drill(id=name, clock=60, started_at=datetime.now(UTC), playbook="llm-research-lab")
    store.create(drill, Truth(), "name: a playbook")
    return store


def of_store(store: Store, name: str, size: int, batches: int) -> float:
    """Events per second of `Store.append`, so many at a time."""
    made = [events(size) for _ in range(batches)]
    began = time.perf_counter()
    for batch in made:
        store.append(name, batch, datetime.now(UTC))
    return size * batches / (time.perf_counter() - began)


async def of_writer(store: Store, name: str, askers: int, each: int) -> float:
    """Events per second of `Writer.append` with one event at a time from each of so many askers."""
    writer = Writer(store)
    writer.start()
    made = [events(each) for _ in range(askers)]

    async def ask(events: list[Event]) -> None:
        for event in events:
            await writer.append(name, [event])

    began = time.perf_counter()
    await asyncio.gather(*[ask(events) for events in made])
    taken_s = time.perf_counter() - began
    await writer.stop()
    return askers * each / taken_s


async def over_http(url: str, name: str, clients: int, requests: int, size: int) -> float:
    """Events per second over HTTP: so many clients, each with so many requests of so many events."""
    path = f"/api/v1/drills/{name}/events" + ("/batch" if size > 1 else "")
    made = [list(_bodies(requests, size)) for _ in range(clients)]

    async def post(bodies: list[bytes]) -> None:
        async with Client(url) as client:
            for body in bodies:
                status, answer = await client.ask("POST", path, body)
                assert status == 201, (status, answer)

    began = time.perf_counter()
    await asyncio.gather(*[post(bodies) for bodies in made])
    return clients * requests * size / (time.perf_counter() - began)


def _bodies(requests: int, size: int) -> Iterator[bytes]:
    for _ in range(requests):
        told = [new_event(str(next(_KEYS))) for _ in range(size)]
        yield json.dumps(told if size > 1 else told[0]).encode()


async def show(what: str, rounds: int, once: Callable[[], Awaitable[float]]) -> None:
    """Print the median and the spread of several rounds."""
    rates = [await once() for _ in range(rounds)]
    print(f"{what:<58} {statistics.median(rates):>8,.0f} events/s   ({min(rates):,.0f} to {max(rates):,.0f})")


async def measure(database: str, rounds: int) -> None:
    """Everything, one after the other."""
    store = opened(database, "inside")
    for size, batches in ((1, 300), (100, 30), (1000, 5)):

        async def stored(size: int = size, batches: int = batches) -> float:
            return of_store(store, "inside", size, batches)

        await show(f"record, {size} a commit", rounds, stored)
    for askers, each in ((1, 300), (200, 20)):

        async def written(askers: int = askers, each: int = each) -> float:
            return await of_writer(store, "inside", askers, each)

        await show(f"writer, one at a time from each of {askers}", rounds, written)
    service = Service(database)
    url = await asyncio.to_thread(service.start)
    try:
        async with Client(url) as client:
            await client.send("POST", "/api/v1/drills", new_drill("http"))
        for clients, requests, size in ((1, 300, 1), (20, 50, 1), (200, 10, 1), (4, 10, 100), (2, 5, 1000)):

            async def posted(clients: int = clients, requests: int = requests, size: int = size) -> float:
                return await over_http(url, "http", clients, requests, size)

            told = "singly" if size == 1 else f"in batches of {size}"
            await show(f"HTTP, {told}, {clients} {'client' if clients == 1 else 'clients'}", rounds, posted)
    finally:
        await asyncio.to_thread(service.end)


def main() -> None:
    """Measure a new SQLite file, or the database that is named."""
    parser = argparse.ArgumentParser(description="durable events per second")
    parser.add_argument("--database", help="file or URL (default: a new SQLite file)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        print(f"one flush of a page to this disk takes {flush_s(Path(folder)) * 1e6:.0f} µs")
        uvloop.run(measure(options.database or str(Path(folder) / "record.db"), options.rounds))


if __name__ == "__main__":
    main()
