"""What clients run in a container and how they listen to it: real processes, without a cluster."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from waiting import soon

from simulator.cluster.errors import NodeRefusal
from simulator.cluster.kubelet.processes import launching
from simulator.cluster.kubelet.sandbox.confinement import Confinement
from simulator.cluster.kubelet.sandbox.sandbox import Sandbox
from simulator.cluster.kubelet.streams import attaching
from simulator.cluster.kubelet.streams.attaching import Attached, Audience
from simulator.cluster.kubelet.streams.executing import Executed, Place

BOUND_S = 10.0


class Client:
    """Takes output, at once or only after `go`."""

    def __init__(self, *, is_slow: bool = False) -> None:
        self.taken = bytearray()
        self.calls = 0
        self.go = asyncio.Event()
        if not is_slow:
            self.go.set()

    async def send(self, _stream: str, data: bytes) -> None:
        self.calls += 1
        await self.go.wait()
        self.taken += data


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as the cluster begins: `nohup` leaves it ignored
    env = {"PATH": os.environ["PATH"], "WHO": "container"}
    place = Place(env, tmp_path, tmp_path, Sandbox(Confinement(), ""), set())
    yield place
    for guest in list(place.guests):
        guest.kill()
    await soon(lambda: not place.guests)
    signal.signal(signal.SIGHUP, before)


async def test_a_command_s_output_waits_for_its_client(place: Place, tmp_path: Path) -> None:
    executed, client = (
        Executed(["sh", "-c", "yes | head -c 3000000; touch done"], place, stdin=False, tty=False),
        Client(is_slow=True),
    )
    executed.start()
    running = asyncio.create_task(executed.run(client.send))
    await soon(lambda: client.calls)
    assert (client.calls, client.taken) == (1, b"")
    assert not (tmp_path / "done").exists()
    client.go.set()
    async with asyncio.timeout(BOUND_S):
        assert await running == 0
    assert client.taken == b"y\n" * 1_500_000


async def test_standard_input_waits_for_the_process_and_ends(place: Place) -> None:
    executed, client = Executed(["sh", "-c", "sleep 0.2; wc -c"], place, stdin=True, tty=False), Client()
    executed.start()
    running = asyncio.create_task(executed.run(client.send))
    await executed.write(b"x" * 1_000_000)
    executed.end_input()
    async with asyncio.timeout(BOUND_S):
        assert await running == 0
    assert client.taken.split() == [b"1000000"]


@pytest.mark.parametrize(("script", "tty"), [("yes", False), ("yes", True), ("cat", False), ("sleep 1000", True)])
async def test_a_hang_up_ends_what_listens_to_it(place: Place, script: str, tty: bool) -> None:
    executed, client = Executed(["sh", "-c", script], place, stdin=True, tty=tty), Client(is_slow=True)
    executed.start()
    running = asyncio.create_task(executed.run(client.send))
    executed.hang_up()
    client.go.set()
    async with asyncio.timeout(BOUND_S):
        assert await running != 0 or script == "cat"
    assert not place.guests


async def test_the_end_does_not_wait_for_who_else_holds_the_output(place: Place) -> None:
    executed, client = Executed(["sh", "-c", "sleep 1000 & echo $!"], place, stdin=False, tty=False), Client()
    executed.start()
    async with asyncio.timeout(BOUND_S):
        assert await executed.run(client.send) == 0
    executed.hang_up()
    os.kill(int(client.taken), 9)


async def test_a_command_that_ends_by_a_signal_has_its_code(place: Place) -> None:
    executed, client = Executed(["sleep", "1000"], place, stdin=False, tty=False), Client()
    executed.start()
    running = asyncio.create_task(executed.run(client.send))
    executed.kill()
    async with asyncio.timeout(BOUND_S):
        assert await running == 137


async def test_nothing_is_left_open(place: Place) -> None:
    async def once() -> None:
        for tty in (False, True):
            executed = Executed(["sh", "-c", "echo hi"], place, stdin=True, tty=tty)
            executed.start()
            await executed.run(Client().send)
            executed.hang_up()
        with pytest.raises(NodeRefusal):
            Executed(["nope"], place, stdin=True, tty=True).start()

    await once()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await once()
    assert len(os.listdir("/proc/self/fd")) == before


async def test_listeners_hear_the_same_and_a_late_one_is_let_go_of(tmp_path: Path) -> None:
    audience = Audience(is_expected=False)
    script = f"read line; yes | head -c {3 * attaching.LARGEST_BACKLOG}; read line"
    env = {"PATH": os.environ["PATH"]}
    process = launching.launch(["sh", "-c", script], env, tmp_path, audience.hear, stdin=True)
    quick, slow = (Attached(process, audience, stdin=True, is_once=False) for _ in range(2))
    hearing, waiting = Client(), Client(is_slow=True)
    for listener in (quick, slow):
        listener.start()
    tasks = asyncio.create_task(quick.run(hearing.send)), asyncio.create_task(slow.run(waiting.send))
    await quick.write(b"go\n")
    await soon(lambda: len(hearing.taken) == 3 * attaching.LARGEST_BACKLOG)
    waiting.go.set()
    with pytest.raises(NodeRefusal, match="fell behind"):
        await tasks[1]
    await quick.write(b"end\n")
    await process.ended
    audience.end()
    async with asyncio.timeout(BOUND_S):
        assert await tasks[0] == 0


@pytest.mark.parametrize("is_once", [True, False])
async def test_standard_input_ends_with_its_client_only_if_it_is_once(tmp_path: Path, is_once: bool) -> None:
    process = launching.launch(["cat"], {"PATH": os.environ["PATH"]}, tmp_path, lambda *_: None, stdin=True)
    Attached(process, Audience(is_expected=False), stdin=True, is_once=is_once).hang_up()
    assert process.stdin is not None
    assert process.stdin.is_closed is is_once
    process.kill()
    async with asyncio.timeout(BOUND_S):
        await process.ended


async def test_the_first_to_come_hears_what_was_said_before_if_somebody_is_expected(tmp_path: Path) -> None:
    process = launching.launch(["cat"], {"PATH": os.environ["PATH"]}, tmp_path, lambda *_: None, stdin=True)
    for is_expected, heard in ((True, b"before"), (False, b"")):
        audience = Audience(is_expected=is_expected)
        audience.hear("stdout", b"before")
        first, second = (Attached(process, audience, stdin=True, is_once=False) for _ in range(2))
        for listener, expected in ((first, heard), (second, b"")):
            listener.start()
            audience.end()
            client = Client()
            await listener.run(client.send)
            assert client.taken == expected
    process.kill()
    async with asyncio.timeout(BOUND_S):
        await process.ended
