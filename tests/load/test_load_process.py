"""The load process through its front door: command line in, JSON lines and `/metrics` out."""

import asyncio
import json
import os
import signal
import sys
from datetime import datetime
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from simulator.load.__main__ import main

pytestmark = pytest.mark.parts

USERS = 20
OFFERED_PER_S = 2 * USERS


async def test_what_is_offered_stays_steady_while_the_target_fails_hangs_and_trickles(
    target: Any, offer_load: Any
) -> None:
    async with offer_load("--users", str(USERS), "--warm-up", "0") as load:
        assert set(await load.line()) == {"signal"}
        served = await load.windows(2)
        target.mode = "failing"
        failed = await load.windows(2)
        target.mode = "hanging"
        hung = await load.windows(4)
        load.process.terminate()
        last = await load.rest()
        assert await load.ended() == 0

    steady = [*served[1:], *failed, *hung]
    offered = sum(window["offered"] for window in steady)
    assert offered == pytest.approx(OFFERED_PER_S * len(steady), rel=0.1)
    assert not any(window["failures"] for window in served)
    assert failed[-1]["failures"] == failed[-1]["requests"] > 0
    assert (served[-1]["users_affected"], failed[-1]["users_affected"]) == (0, USERS)
    assert hung[-1]["failures"] == hung[-1]["requests"] > OFFERED_PER_S / 2
    assert 2490 < hung[-1]["p50_ms"] <= hung[-1]["p99_ms"] < 5000

    everything = [served[0], *steady, *last]
    begun_at_target = sum(target.begun.values())
    on_the_way = sum(window["offered"] for window in everything) - begun_at_target
    assert 0 <= on_the_way <= OFFERED_PER_S / 2, "begun as the load was ended, and not at the target yet"
    in_flight = begun_at_target - sum(window["requests"] for window in everything)
    assert 0 <= in_flight <= 5 * OFFERED_PER_S


async def test_users_who_are_sent_away_ask_for_nothing_until_they_are_let_back(target: Any, offer_load: Any) -> None:
    async with offer_load("--users", str(USERS), "--warm-up", "0") as load:
        await load.line()
        await load.windows(2)
        load.process.send_signal(signal.SIGUSR1)
        away = await load.windows(3)
        load.process.send_signal(signal.SIGUSR2)
        back = await load.windows(4)
        load.process.terminate()
        await load.rest()
        assert await load.ended() == 0

    assert away[-1]["requests"] == 0
    assert back[-1]["requests"] == pytest.approx(OFFERED_PER_S, rel=0.2)


async def test_windows_are_whole_consecutive_seconds_whose_tasks_add_up(target: Any, offer_load: Any) -> None:
    async with offer_load("--users", "10", "--warm-up", "1", "--seconds", "2") as load:
        await load.line()
        windows = await load.rest()
        assert await load.ended() == 0

    starts = [datetime.fromisoformat(window["at"]) for window in windows]
    assert all(start.microsecond == 0 and start.utcoffset() is not None for start in starts)
    assert {(later - earlier).total_seconds() for earlier, later in pairwise(starts)} == {1}
    for window in windows:
        assert window["requests"] == sum(task["requests"] for task in window["tasks"].values())
        assert window["failures"] == sum(task["failures"] for task in window["tasks"].values())
    assert windows[-1]["users"] == 10
    completions = sum(window["tasks"]["POST /completions"]["requests"] for window in windows)
    assert completions == target.begun["POST /completions"]


async def test_metrics_tell_the_same_as_the_windows_and_the_process_ends_with_its_pipe(offer_load: Any) -> None:
    async with offer_load("--users", "5", "--warm-up", "0") as load:
        url = (await load.line())["signal"]
        windows = await load.windows(2)
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            text = await response.text()
        load.process.stdin.close()
        await load.rest()
        assert await load.ended() == 0

    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    shown = sum(float(v) for k, v in samples.items() if k.startswith("locust_requests_total{"))
    assert shown == sum(window["requests"] for window in windows)
    assert 'locust_requests_total{outcome="ok",task="GET /experiments"}' in samples
    assert float(samples["locust_users"]) == 5
    assert float(samples["locust_schedule_lag_seconds"]) < 1


async def test_users_wait_for_a_token_and_fetch_another_when_it_is_refused(target: Any, offer_load: Any) -> None:
    async with offer_load("--users", "4", "--warm-up", "0", AUTH_URL=target.url) as load:
        await load.line()
        waiting = await load.windows(2)
        assert set(target.begun) == {"POST /sign-in"}, "nobody asks before signing in"
        target.token = "first"
        served = (await load.windows(4))[2:]
        target.token = "second"
        refused, *renewed = await load.windows(5)
    assert sum(window["failures"] for window in waiting) > 0
    assert sum(window["failures"] for window in served) == 0
    assert sum(window["failures"] for window in (refused, *renewed)) > 0
    assert renewed[-1]["failures"] == 0
    assert set(target.seen) == {"Bearer first", "Bearer second"}


async def test_the_load_ends_when_the_process_that_started_it_is_killed(target: Any) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'simulator.load', '--host', sys.argv[1], '--users', '2'],"
        " stdin=subprocess.DEVNULL, stdout=int(sys.argv[2]), close_fds=False)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    starter = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, target.url, str(writing)), stdout=asyncio.subprocess.PIPE, pass_fds=[writing]
    )
    os.close(writing)
    reader = asyncio.StreamReader()
    with os.fdopen(reading) as pipe:
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        assert json.loads(await asyncio.wait_for(reader.readline(), 20))["signal"]
        starter.send_signal(signal.SIGKILL)
        await starter.wait()
        await asyncio.wait_for(reader.read(), 20)  # the pipe ends when the load process has ended


@pytest.mark.parametrize(
    ("host", "because"),
    [
        ("http://93.184.216.34:80", "loopback"),
        ("http://example.org", "loopback"),
        ("http://127.0.0.1.example.org", "loopback"),
        ("https://127.0.0.1", "plain http"),
        ("127.0.0.1:8080", "plain http"),
        ("http://127.0.0.1:99999", "Port out of range"),
    ],
)
def test_a_host_beyond_the_loopback_network_is_refused(
    host: str, because: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--host", host]) == 2
    said = capsys.readouterr()
    assert because in said.err
    assert repr(host) in said.err
    assert said.out == ""
