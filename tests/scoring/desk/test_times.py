"""Times as people type them."""

from datetime import UTC, datetime, timedelta

import pytest

from scoring.desk.times import read_time

NOW = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)


def later(drill_s: float) -> datetime | None:
    return NOW + timedelta(seconds=drill_s / 60)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("15m", NOW + timedelta(seconds=15)),
        ("in 15 min", NOW + timedelta(seconds=15)),
        ("in 1 hour", NOW + timedelta(minutes=1)),
        ("1h30m", NOW + timedelta(seconds=90)),
        ("90 minutes", NOW + timedelta(seconds=90)),
        ("14:30", NOW.replace(hour=14)),
        ("14:30 UTC", NOW.replace(hour=14)),
        ("9:05", NOW.replace(hour=9, minute=5) + timedelta(days=1)),
        ("10:30:20", NOW.replace(second=20)),
        ("2026-01-05T12:00:00+01:00", NOW.replace(hour=11, minute=0)),
    ],
)
def test_it_is_read_as_it_is_meant(written: str, at: datetime) -> None:
    assert read_time(written, NOW, later) == at


@pytest.mark.parametrize(
    "written", ["soon", "25:00", "12:60", "-5m", "15", "m", "2026-01-05T12:00:00", "x" * 500, "٣:٣٠"]
)
def test_anything_else_is_refused_with_how_to_write_it(written: str) -> None:
    with pytest.raises(ValueError, match=r"such as 15m.*14:30") as refused:
        read_time(written, NOW, later)
    assert len(str(refused.value)) < 300


def test_while_the_clock_stands_a_while_from_now_cannot_be_told() -> None:
    with pytest.raises(ValueError, match="clock stands"):
        read_time("15m", NOW, lambda _: None)
    assert read_time("14:30", NOW, lambda _: None) == NOW.replace(hour=14)
