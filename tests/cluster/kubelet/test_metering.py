"""Rates of CPU out of samples, and which of them count."""

import os

from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.kubelet.processes.metering import SAMPLE_S, WINDOW_S, Meter
from simulator.cluster.kubelet.processes.process_table import Row

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def row(pid: int, ticks: int, memory: int = 1000) -> Row:
    return Row(pid, 1, pid, memory, ticks)


def test_nothing_is_known_before_the_second_sample() -> None:
    meter = Meter(lambda each: each.resident_bytes)
    meter.take({7: [row(7, 0)]}, 100.0)
    assert meter.used(7) is None
    meter.take({7: [row(7, 0)]}, 100.0 + SAMPLE_S / 2)
    assert meter.used(7) is None


def test_a_container_is_the_sum_of_its_processes() -> None:
    meter = Meter(lambda each: each.resident_bytes)
    meter.take({7: [row(7, 0), row(8, 0)]}, 0.0)
    meter.take({7: [row(7, 3 * TICKS_PER_S), row(8, 3 * TICKS_PER_S)]}, SAMPLE_S)
    used = meter.used(7)
    assert used is not None
    assert (used.cores, used.memory_bytes, used.window_s) == (6 / SAMPLE_S, 2000, SAMPLE_S)


def test_another_process_with_the_same_number_starts_anew() -> None:
    meter = Meter(lambda each: each.resident_bytes)
    meter.take({7: [row(7, 900)]}, 0.0)
    meter.forget(7)
    meter.take({7: [row(7, 0)]}, SAMPLE_S)
    assert meter.used(7) is None


@given(st.lists(st.integers(0, 400), min_size=2, max_size=30))
def test_the_rate_is_that_of_the_last_window(steps: list[int]) -> None:
    meter = Meter(lambda each: each.resident_bytes)
    ticks = [sum(steps[:index]) for index in range(1, len(steps) + 1)]
    for index, count in enumerate(ticks):
        meter.take({7: [row(7, count)]}, index * SAMPLE_S)
    used = meter.used(7)
    assert used is not None
    behind = min(len(ticks) - 1, round(WINDOW_S / SAMPLE_S))
    assert used.window_s == behind * SAMPLE_S
    assert used.cores == (ticks[-1] - ticks[-1 - behind]) / TICKS_PER_S / used.window_s
