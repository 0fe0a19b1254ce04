"""When users begin to suffer and when they stop."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from simulator.drill.impact import ImpactWatch, Thresholds

LIMITS = Thresholds(error_share=0.05, p95_ms=2000)
START = datetime(2026, 1, 5, 10, tzinfo=UTC)


def window(second: int, *, requests: int = 60, failures: int = 0, p95_ms: float | None = 40.0) -> dict:
    at = (START + timedelta(seconds=second)).isoformat()
    return {"at": at, "seconds": 1.0, "requests": requests, "failures": failures, "p95_ms": p95_ms, "tasks": {}}


def crossings(windows: list[dict]) -> list[tuple[str, str]]:
    watch = ImpactWatch(LIMITS)
    seen = [watch.see(w) for w in windows]
    return [(crossing.kind, crossing.window["at"]) for crossing in seen if crossing]


def test_two_bad_windows_of_three_start_the_impact_at_the_first_of_them() -> None:
    windows = [window(0), window(1, failures=30), window(2), window(3, failures=30)]
    assert crossings(windows) == [("impact.started", windows[1]["at"])]


def test_a_single_bad_window_is_no_impact() -> None:
    assert crossings([window(0), window(1, failures=60), window(2), window(3), window(4, failures=60)]) == []


def test_slow_answers_are_impact_as_errors_are() -> None:
    windows = [window(0, p95_ms=2500), window(1, p95_ms=2500)]
    assert crossings(windows) == [("impact.started", windows[0]["at"])]


def test_nobody_served_is_impact() -> None:
    windows = [window(0, requests=0, p95_ms=None), window(1, requests=0, p95_ms=None)]
    assert crossings(windows) == [("impact.started", windows[0]["at"])]


def test_the_impact_ends_at_the_first_of_three_good_windows() -> None:
    bad = [window(0, failures=60), window(1, failures=60)]
    windows = [*bad, window(2), window(3, failures=60), window(4), window(5), window(6)]
    assert crossings(windows)[-1] == ("impact.ended", windows[4]["at"])


@given(st.lists(st.booleans(), max_size=60))
def test_starts_and_ends_alternate(bad: list[bool]) -> None:
    kinds = [kind for kind, _ in crossings([window(i, failures=60 * b) for i, b in enumerate(bad)])]
    assert all(kind == ("impact.started", "impact.ended")[i % 2] for i, kind in enumerate(kinds))
