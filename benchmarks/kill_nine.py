"""kill -9 of the service, again and again under load: what was answered is there, once, and where it was said to be.

Clients post events with keys, one at a time or ten together, and send each again until it is answered. Meanwhile the
service is killed and started anew. It shows that an answer comes after the commit; what a commit survives beyond the
death of the process is the database's promise (SQLite: synchronous=FULL).

    python benchmarks/kill_nine.py [--kills 50] [--database FILE|URL]
"""

import argparse
import asyncio
import json
import random
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from lean_client import Client, Service, all_events, new_drill, new_event

CLIENTS = 16
DRILL = "killed"
PATH = f"/api/v1/drills/{DRILL}"
LIMIT_S = 60.0


@dataclass
class Seen:
    """What clients were told: the place and hash of each key."""

    answered: dict[str, tuple[int, str]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    sent_again: int = 0


@dataclass(frozen=True)
class Outcome:
    """What is on record after the last kill, against what was answered."""

    kills: int
    answered: int
    on_record: int
    sent_again: int
    lost: list[str]
    doubled: list[str]
    moved: list[str]
    unknown: list[str]
    is_whole: bool

    @property
    def is_good(self) -> bool:
        """Whether the record is exactly what it should be."""
        return self.is_whole and not (self.lost or self.doubled or self.moved or self.unknown)


async def kill_nine(database: str, kills: int, answers_between: int) -> Outcome:
    """Kill the service so often, each time after so many answers or a few more."""
    service, seen = Service(database), Seen()
    url = await asyncio.to_thread(service.start)
    try:
        async with Client(url) as client:
            await client.send("POST", "/api/v1/drills", new_drill(DRILL))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                clients.create_task(_post(url, number, seen, stop))
            for _ in range(kills):
                await _until(seen, len(seen.answered) + answers_between)
                await asyncio.sleep(random.random() * 0.01)  # so that it is hit at any point of its work
                await asyncio.to_thread(service.end, signal.SIGKILL)
                await asyncio.to_thread(service.start)
            await _until(seen, len(seen.answered) + answers_between)
            stop.set()
        return await _outcome(url, kills, seen)
    finally:
        await asyncio.to_thread(service.end, signal.SIGKILL)


async def _until(seen: Seen, answers: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while len(seen.answered) < answers:
        assert time.monotonic() < deadline, f"only {len(seen.answered)} of {answers} were answered"
        await asyncio.sleep(0.002)


async def _post(url: str, number: int, seen: Seen, stop: asyncio.Event) -> None:
    """Every other client sends ten at a time; nothing is given up before it is answered."""
    count, step = 0, 10 if number % 2 else 1
    async with Client(url) as client:
        while not stop.is_set():
            keys = [f"{number}/{count + i}" for i in range(step)]
            seen.sent.update(keys)
            events = [new_event(key, n=number) for key in keys]
            path, body = (f"{PATH}/events/batch", events) if step > 1 else (f"{PATH}/events", events[0])
            answer = await _until_answered(client, path, json.dumps(body).encode(), seen)
            receipts = answer if isinstance(answer, list) else [answer]
            for key, receipt in zip(keys, receipts, strict=True):
                seen.answered[key] = (receipt["seq"], receipt["hash"])
            count += step


async def _until_answered(client: Client, path: str, body: bytes, seen: Seen) -> object:
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            status, answer = await client.ask("POST", path, body)
        except (OSError, EOFError):
            await client.close()
        else:
            if status == 201:
                return json.loads(answer)
            assert status in (503, 507), (status, answer)  # it is just stopping, or starting
        assert time.monotonic() < deadline, f"{path} is not answered"
        seen.sent_again += 1
        await asyncio.sleep(0.02)


async def _outcome(url: str, kills: int, seen: Seen) -> Outcome:
    async with Client(url, "facilitator") as client:
        events = await all_events(client, DRILL)
        status, _ = await client.ask("GET", f"{PATH}/timeline")  # 409 if the chain does not hold
    places: dict[str, list[tuple[int, str]]] = {}
    for event in events:
        places.setdefault(event["key"], []).append((event["seq"], event["hash"]))
    return Outcome(
        kills=kills,
        answered=len(seen.answered),
        on_record=len(events),
        sent_again=seen.sent_again,
        lost=[key for key in seen.answered if key not in places],
        doubled=[key for key, found in places.items() if len(found) > 1],
        moved=[key for key, told in seen.answered.items() if key in places and told != places[key][0]],
        unknown=[key for key in places if key not in seen.sent],
        is_whole=status == 200,
    )


def main() -> None:
    """Print what became of it; status 1 unless the record is what it should be."""
    parser = argparse.ArgumentParser(description="kill -9 of the scoring service under load")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--answers", type=int, default=200, help="answers between two kills")
    parser.add_argument("--database", help="file or URL (default: a new SQLite file)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        database = options.database or str(Path(folder) / "record.db")
        outcome = asyncio.run(kill_nine(database, options.kills, options.answers))
    print(f"killed {outcome.kills} times in {time.monotonic() - began:.0f} s, with {CLIENTS} clients at work")
    print(
        f"answered {outcome.answered} events, sent {outcome.sent_again} requests again, {outcome.on_record} on record"
    )
    print(f"lost {len(outcome.lost)}, doubled {len(outcome.doubled)}, moved {len(outcome.moved)}, ", end="")
    print(f"never sent {len(outcome.unknown)}; the chain is {'whole' if outcome.is_whole else 'BROKEN'}")
    raise SystemExit(0 if outcome.is_good else 1)


if __name__ == "__main__":
    main()
