"""Processes of a container that are held to a CPU limit: what they use, and that they do not notice."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import psutil
import pytest
import pytest_asyncio

from simulator.cluster.kubelet.processes import process_stat
from simulator.cluster.kubelet.processes.process_table import PERIOD_S, by_container, rows
from simulator.cluster.kubelet.processes.throttling import Throttle
from simulator.processes import die_with_parent

CORES = 0.2
FEW = 0.05
"""Cores that a busy machine gives to everybody."""
WINDOW_S = 2.0
BUSY = "while True: pass"
FORKS = "import subprocess\nwhile True: subprocess.run(['sh', '-c', 'i=0; while [ $i -lt 9999 ]; do i=$((i+1)); done'])"
THREADS = (
    "import hashlib, threading\n"
    "def spin():\n"
    "    while True: hashlib.sha256(bytes(1 << 20)).digest()\n"
    "for _ in range(3): threading.Thread(target=spin).start()"
)
LISTENS = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print("listens", flush=True)
while True: pass
"""
SERVER = """
import asyncio

async def answer(reader, writer):
    while await reader.readline():
        sum(range(20000))
        writer.write(b"well\\n")

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
PARENT = """
import os, sys
child = os.fork()
while child == 0:
    pass
while True:
    _, status = os.waitpid(child, os.WUNTRACED)
    print("stopped" if os.WIFSTOPPED(status) else "ended", flush=True)
    if not os.WIFSTOPPED(status):
        break
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest_asyncio.fixture
async def throttle() -> AsyncIterator[Throttle]:
    made = Throttle()
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest_asyncio.fixture
async def start(throttle: Throttle) -> AsyncIterator[Start]:
    """Starts a program in a session of its own, as a container with a limit."""
    started: list[subprocess.Popen[str]] = []

    async def sweep() -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            found = by_container(rows(), {process.pid for process in started})
            throttle.take({pid: [row.pid for row in members] for pid, members in found.items()})

    def begin(program: str, cores: float = CORES) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        started.append(process)
        throttle.add(process.pid, cores)
        return process

    sweeping = asyncio.create_task(sweep())
    yield begin
    sweeping.cancel()
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def cores(pid: int) -> float:
    """What a process and its children use over a window, in cores."""
    before, at = total(pid), time.monotonic()
    await asyncio.sleep(WINDOW_S)  # what is measured, not what is waited for
    return (total(pid) - before) / (time.monotonic() - at)


def total(pid: int) -> float:
    stats = [process_stat.read(each) for each in (pid, *(child.pid for child in psutil.Process(pid).children(True)))]
    return sum(stat.own_s + stat.children_s for stat in stats if stat is not None)


@pytest.mark.parametrize("program", [BUSY, FORKS, THREADS], ids=["one thread", "many short children", "three threads"])
async def test_a_container_uses_no_more_than_its_limit_and_gets_it(start: Start, program: str) -> None:
    await _until_held(start(program).pid)


async def test_a_server_under_load_uses_no_more_than_its_limit_and_gets_it(start: Start) -> None:
    process = start(SERVER)
    assert process.stdout is not None
    port = int(await asyncio.to_thread(process.stdout.readline))
    users = [asyncio.create_task(_ask(port)) for _ in range(4)]
    try:
        await _until_held(process.pid)
    finally:
        for user in users:
            user.cancel()
        await asyncio.gather(*users, return_exceptions=True)


async def test_several_containers_are_held_at_once(start: Start) -> None:
    processes = [start(BUSY) for _ in range(3)]
    for used in await asyncio.gather(*(cores(process.pid) for process in processes)):
        assert used <= 1.15 * CORES


async def test_one_that_uses_little_never_waits(start: Start) -> None:
    process = start("import time\nwhile True: time.sleep(0.01)")
    assert await cores(process.pid) < CORES / 2
    states = set()
    for _ in range(50):
        states.add(process_stat.read(process.pid).is_stopped)  # type: ignore[union-attr]
        await asyncio.sleep(0.005)
    assert states == {False}


async def test_who_waits_for_a_child_does_not_see_it_stopped(start: Start) -> None:
    process = start(PARENT, FEW)
    await _until(lambda: psutil.Process(process.pid).children())
    child = psutil.Process(process.pid).children()[0]
    for _ in range(10):
        await _until(lambda: _is_stopped(child.pid))
        await _until(lambda: not _is_stopped(child.pid))
    child.kill()
    out, _ = await asyncio.to_thread(process.communicate)
    assert out == "ended\n"


async def test_a_container_that_waits_is_killed_at_once_and_told_to_end_soon(start: Start, throttle: Throttle) -> None:
    killed, told = start(BUSY, FEW), start(LISTENS, FEW)
    assert told.stdout is not None
    assert await asyncio.to_thread(told.stdout.readline) == "listens\n"
    for process in (killed, told):
        await _until(lambda pid=process.pid: _is_stopped(pid))
    killed.send_signal(signal.SIGKILL)
    assert await asyncio.to_thread(killed.wait, 1) == -signal.SIGKILL
    throttle.discard(killed.pid)
    told.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(told.wait, 2) == 3


async def test_what_somebody_else_has_stopped_stays_stopped(start: Start) -> None:
    process = start("import os\nos.fork()\nwhile True: pass")
    await _until(lambda: psutil.Process(process.pid).children())
    (child,) = psutil.Process(process.pid).children()
    await _until(lambda: not _is_stopped(child.pid))
    child.send_signal(signal.SIGSTOP)
    before = total(child.pid)
    assert await cores(process.pid) <= 1.15 * CORES
    assert _is_stopped(child.pid)
    assert total(child.pid) <= before + 0.05


async def test_all_go_on_when_nobody_holds_them_any_more() -> None:
    throttle = Throttle()
    running = asyncio.create_task(throttle.run())
    process = subprocess.Popen([sys.executable, "-c", BUSY], preexec_fn=die_with_parent)
    try:
        throttle.add(process.pid, 0.01)
        await _until(lambda: _is_stopped(process.pid))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await _until(lambda: not _is_stopped(process.pid))
    finally:
        process.kill()
        process.wait()


async def _until_held(pid: int) -> None:
    """It gets its limit, or what the machine gives to a loop without one while others use it; and never more."""
    free = subprocess.Popen([sys.executable, "-c", BUSY], preexec_fn=die_with_parent)
    try:
        for _ in range(10):
            used, given = await asyncio.gather(cores(pid), cores(free.pid))
            assert used <= 1.15 * CORES
            if used >= 0.85 * min(CORES, 0.7 * given):
                return
    finally:
        free.kill()
        free.wait()
    pytest.fail(f"it got {used:.2f} of {CORES} cores, and a loop without a limit {given:.2f}")


async def _ask(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            writer.write(b"how are you?\n")
            await reader.readline()
    finally:
        writer.close()


def _is_stopped(pid: int) -> bool:
    stat = process_stat.read(pid)
    return stat is not None and stat.is_stopped


async def _until(condition: Callable[[], object], limit_s: float = 20.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)
