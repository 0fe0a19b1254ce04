"""Whether a machine kept up is told by what was late, not by how busy it was."""

import os
import subprocess
import sys
import time

import pytest

from simulator.drill.pace import LEAST_DUE, MOST_MISSED, MOST_WAITED, USUAL_CLOCK, Figures, processor_s, total
from simulator.errors import NotPossible

BUSY = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"
PAGE = """# HELP prometheus_rule_group_iterations_total Evaluations that were due.
# TYPE prometheus_rule_group_iterations_total counter
prometheus_rule_group_iterations_total{rule_group="a.yaml;a"} 40
prometheus_rule_group_iterations_total{rule_group="b.yaml;b{}"} 2e1
prometheus_rule_group_iterations_missed_total{rule_group="a.yaml;a"} 7
"""


def test_a_pages_series_of_one_name_are_summed() -> None:
    assert total(PAGE, "prometheus_rule_group_iterations_total") == 60
    assert total(PAGE, "prometheus_rule_group_iterations_missed_total") == 7
    assert total(PAGE, "prometheus_rule_group") == 0


def test_a_process_that_has_to_wait_for_its_processor_is_told_from_one_that_has_not() -> None:
    """Five that are busy share one processor: each waits four seconds for one that it runs."""
    processor = min(os.sched_getaffinity(0))
    hogs = [subprocess.Popen([sys.executable, "-S", "-c", BUSY, str(processor)]) for _ in range(6)]
    try:
        deadline = time.monotonic() + 30
        while (figures := Figures(*processor_s([hogs[0].pid]))).run_s < 0.6:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert figures.waited_share is not None
        assert figures.waited_share > MOST_WAITED
        with pytest.raises(NotPossible, match=r"second of processor time.*the machine is too busy"):
            figures.check(USUAL_CLOCK)
        figures.check(USUAL_CLOCK / 100)  # in real time, or nearly so, nothing that is measured is late by that
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def test_a_monitor_that_left_out_evaluations_could_not_keep_its_schedule() -> None:
    Figures(due=100, missed=MOST_MISSED * 100).check(USUAL_CLOCK)
    with pytest.raises(NotPossible, match="the monitor left out 11 of 100 evaluations"):
        Figures(due=100, missed=11).check(USUAL_CLOCK)


def test_too_little_says_nothing() -> None:
    Figures(run_s=0.1, waited_s=9, due=LEAST_DUE - 1, missed=LEAST_DUE - 1).check(USUAL_CLOCK)


def test_a_part_that_started_anew_counts_from_there() -> None:
    assert Figures(5, 9, 10, 1).since(Figures(2, 3, 40, 0)) == Figures(3, 6, 0, 1)


def test_a_process_that_is_gone_counts_nothing() -> None:
    assert processor_s([2**22 + 1]) == (0.0, 0.0)
