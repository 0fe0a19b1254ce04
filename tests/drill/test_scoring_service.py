"""A scoring service that dies is started anew where it was, and who writes to it meanwhile loses nothing."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from posting import TOKENS, new_drill
from serving import Server

from simulator.drill.scoring_client import ABSENCE_S, ScoringClient
from simulator.drill.scoring_service import Wishes, start_scoring

pytestmark = pytest.mark.parts
AWAY_S = 3.0


class Watchdog:
    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []

    async def order(self, **changes: Any) -> None:
        self.orders.append(changes)


def wishes(folder: Path) -> Wishes:
    tokens = {f"GAMEDAY_{role.upper()}_TOKEN": token for role, token in TOKENS.items()}
    return Wishes({**os.environ, **tokens}, folder)


async def kinds(client: ScoringClient) -> list[str]:
    return [event["kind"] for event in (await client.events("d"))[0]]


async def test_a_service_that_is_killed_comes_back_with_all_that_it_had(tmp_path: Path) -> None:
    watchdog = Watchdog()
    async with AsyncExitStack() as owner:
        url = await start_scoring(wishes(tmp_path), TOKENS["ingest"], watchdog, owner)  # type: ignore[arg-type]
        client = ScoringClient(url, TOKENS["facilitator"])
        owner.push_async_callback(client.close)
        await client.open_drill(new_drill("d"))
        for number in range(2):
            await client.post_event("d", "incident.acknowledged", "test", {"number": number})
            [pid] = [changes["spare"] for changes in watchdog.orders][-1]
            os.kill(pid, signal.SIGKILL)
            await client.post_event("d", "role.assigned", "test", {"number": number})
        assert await kinds(client) == ["incident.acknowledged", "role.assigned"] * 2
        assert len({tuple(changes["spare"]) for changes in watchdog.orders}) == 3
        [last] = watchdog.orders[-1]["spare"]
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


async def test_who_asks_while_it_is_away_is_answered_when_it_is_back(tmp_path: Path) -> None:
    server = Server(tmp_path / "drills.db")
    client = ScoringClient(server.url, TOKENS["facilitator"])
    await client.open_drill(new_drill("d"))
    server.kill()
    began = asyncio.get_running_loop().time()
    posting = asyncio.gather(
        client.post_event("d", "incident.acknowledged", "test", {}), client.post_impact("d", []), kinds(client)
    )
    await asyncio.sleep(AWAY_S)
    assert not posting.done()
    await asyncio.to_thread(server.start)
    await asyncio.wait_for(posting, 20)
    assert asyncio.get_running_loop().time() - began >= AWAY_S
    assert await kinds(client) == ["incident.acknowledged"], "once, however often it was sent"
    await client.close()
    server.kill()
    assert ABSENCE_S >= 30
