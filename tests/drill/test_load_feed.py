"""A load generator that could not keep its schedule makes a drill no drill."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from simulator.drill.children import Child
from simulator.drill.load_feed import LoadFeed
from simulator.errors import NotPossible


async def feed_of(lines: list[bytes], tmp_path: Path) -> LoadFeed:
    script = b"".join(b"echo '" + line + b"'\n" for line in lines)
    process = await asyncio.create_subprocess_exec("sh", "-c", script, stdout=asyncio.subprocess.PIPE)
    return LoadFeed(Child("load", process, tmp_path / "log"))


async def test_a_starved_generator_is_told() -> None:
    windows: list[dict[str, Any]] = [{"lag_ms": 5.0}] * 7 + [{"lag_ms": 1500.0}] * 3
    feed = LoadFeed.__new__(LoadFeed)
    feed.windows = windows
    with pytest.raises(NotPossible, match="late in 3 of 10 windows"):
        feed.check_schedule(0)
    feed.windows = windows[:8]
    feed.check_schedule(0)


async def test_windows_come_in_order_and_an_ended_generator_is_no_silence(tmp_path: Path) -> None:
    feed = await feed_of([b'{"requests": 1}', b'{"requests": 2}'], tmp_path)
    assert [(await feed.after(index))["requests"] for index in range(2)] == [1, 2]
    with pytest.raises(NotPossible, match="load ended"):
        await feed.after(2)
    await feed.close()
