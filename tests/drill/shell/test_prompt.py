"""What the prompt of the drill shell reckons: as scoring does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scoring.timeline import Event
from simulator.drill.shell.prompt import time_line

PAGE = datetime(2026, 1, 5, 10, tzinfo=UTC)
CLOCK = 60.0


def happened(kind: str, after_s: float, **data: Any) -> Event:
    return Event(kind=kind, occurred_at=PAGE + timedelta(seconds=after_s), data=data)


def running_since(after_s: float) -> str:
    return f"running {(PAGE + timedelta(seconds=after_s)).timestamp() * 1000:.0f} 60000"


@pytest.mark.parametrize(
    ("events", "line"),
    [
        pytest.param([("clock.stopped", 10), ("clock.started", 30)], running_since(20), id="a stop"),
        pytest.param([("clock.stopped", 10)], "stopped 600", id="stopped"),
        pytest.param([("clock.stopped", 10), ("clock.stopped", 20)], "stopped 600", id="stopped twice"),
        pytest.param([("clock.stopped", -60), ("clock.started", -30)], running_since(0), id="before the page"),
        pytest.param([("clock.advanced", 10, 120)], running_since(-2), id="advanced"),
        pytest.param([("clock.advanced", 10, 1e9)], running_since(0), id="an advance that scoring refuses"),
        pytest.param([("drill.ended", 30)], "over", id="over"),
    ],
)
def test_the_prompt_counts_the_drill_clock_as_scoring_does(events: list[tuple[Any, ...]], line: str) -> None:
    told = [happened("alert.firing", 0, fingerprint="f")]
    told += [happened(kind, after_s, **({"drill_seconds": by[0]} if by else {})) for kind, after_s, *by in events]
    assert time_line(CLOCK, told, PAGE + timedelta(seconds=40)) == line


def test_before_the_page_the_prompt_has_no_time() -> None:
    assert time_line(CLOCK, [happened("clock.stopped", 0)], PAGE) == ""
