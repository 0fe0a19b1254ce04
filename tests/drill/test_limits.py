"""A drill's limits count drill time: not while the drill clock stands, and what it jumps over counts at once."""

import asyncio

import pytest

from scoring.playbook.file import load_playbook
from simulator.drill import lasting
from simulator.drill.catalog import experiment_file
from simulator.drill.clock import DrillClock
from simulator.drill.experiment import read_experiment
from simulator.drill.lasting import Limits
from simulator.drill.scenario import Scenario
from simulator.drill.stopwatch import Stopwatch

CLOCK = DrillClock(60)


class Time:
    """Wall seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limits(time: Time, monkeypatch: pytest.MonkeyPatch) -> Limits:
    monkeypatch.setattr(lasting, "PACE_S", 0.005)
    experiment = read_experiment(experiment_file("crash-loop-bad-config"))
    made = Limits(Scenario((experiment,)), load_playbook("llm-research-lab"), CLOCK, is_answered=True)
    made.stopwatch = Stopwatch(CLOCK, time)
    return made


async def forever() -> None:
    await asyncio.Event().wait()


async def rounds() -> None:
    """Long enough for whoever looks every few milliseconds to have looked."""
    await asyncio.sleep(0.1)


def test_a_stop_is_left_out_and_a_jump_counts(time: Time) -> None:
    watch = Stopwatch(CLOCK, time)
    time.now += 10
    watch.stop()
    assert watch.is_stopped
    time.now += 100
    watch.stop()
    time.now += 100
    assert (watch.read(), watch.stood_s) == (10, 200)
    watch.advance(60 * 5)
    assert watch.read() == 15
    watch.start()
    time.now += 7
    watch.start()
    assert (watch.read(), watch.stood_s, watch.is_stopped) == (22, 200, False)
    watch.advance(-1)
    assert watch.read() == 22


async def test_a_drill_lasts_as_long_as_it_may_and_stops_do_not_eat_from_it(limits: Limits, time: Time) -> None:
    responding = asyncio.ensure_future(forever())
    waiting = asyncio.ensure_future(limits.wait_for(responding))
    await rounds()
    time.now += limits.longest_s() - 1
    limits.stopwatch.stop()
    time.now += 10 * limits.longest_s()
    await rounds()
    assert not waiting.done(), "its clock stands"
    limits.stopwatch.start()
    await rounds()
    assert not waiting.done(), "a second is left"
    limits.stopwatch.advance(60)
    await asyncio.wait_for(waiting, 10)
    responding.cancel()


async def test_whoever_is_done_ends_it(limits: Limits) -> None:
    responding = asyncio.ensure_future(rounds())
    await asyncio.wait_for(limits.wait_for(responding), 10)
    assert responding.done()


async def test_after_another_fault_the_time_counts_anew(limits: Limits, time: Time) -> None:
    responding = asyncio.ensure_future(forever())
    waiting = asyncio.ensure_future(limits.wait_for(responding))
    await rounds()
    time.now += limits.longest_s() - 1
    limits.begin()
    time.now += 2
    await rounds()
    assert not waiting.done()
    time.now += limits.longest_s()
    await asyncio.wait_for(waiting, 10)
    responding.cancel()


async def test_time_that_passes_does_so_by_the_drill_clock_too(limits: Limits, time: Time) -> None:
    is_over = False
    passing = asyncio.ensure_future(limits.let_pass(600, lambda: is_over))
    await rounds()
    limits.stopwatch.stop()
    time.now += 100
    await rounds()
    assert not passing.done()
    is_over = True
    await asyncio.wait_for(passing, 10)
    limits.stopwatch.start()
    passing = asyncio.ensure_future(limits.let_pass(600))
    await rounds()
    time.now += 10
    await asyncio.wait_for(passing, 10)


async def test_nothing_comes_while_the_clock_stands(limits: Limits) -> None:
    limits.stopwatch.stop()
    waiting = asyncio.ensure_future(limits.until_running())
    await rounds()
    assert not waiting.done()
    limits.stopwatch.start()
    await asyncio.wait_for(waiting, 10)


def test_a_fault_may_live_as_long_as_the_longest_level_takes() -> None:
    playbook, experiment = load_playbook("llm-research-lab"), read_experiment(experiment_file("crash-loop-bad-config"))
    untold = Limits(Scenario((experiment,)), playbook, CLOCK, is_answered=True)
    untold.scenario.experiments[0].truth["severity"] = {}
    assert untold.longest_of_all_s() > untold.longest_s(), "until users met anything it is the gravest"
