"""The SLAs of a running drill, as they are shown to those who watch it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.playbook.file import load_playbook
from scoring.timeline import Event
from simulator.drill.sla_clocks import SlaClocks

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Watched:
    """What a view was told last of each measure: the second at which it started, and stopped."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[float | None, float | None]] = {}

    def sla(self, drill: str, measure: str, limit_s: float, started: datetime | None, stopped: datetime | None) -> None:
        self.told[measure] = (_second(started), _second(stopped))


def _second(at: datetime | None) -> float | None:
    return None if at is None else (at - START).total_seconds()


def watched(*told: tuple[float, str]) -> dict[str, tuple[float | None, float | None]]:
    view: Any = Watched()
    clocks = SlaClocks(view, "d", load_playbook("llm-research-lab").levels[0], ("Slow",))
    for second, kind in told:
        labels = {"labels": {"alertname": "Slow"}} if kind == "alert.firing" else {}
        clocks.see(Event(kind=kind, occurred_at=START + timedelta(seconds=second), data=labels))
    told_of: dict[str, tuple[float | None, float | None]] = view.told
    return told_of


def test_the_onset_is_when_users_first_suffer_and_until_then_the_injection() -> None:
    assert watched((6, "fault.injected"))["ttd"] == (6, None)
    felt = watched((6, "fault.injected"), (11, "impact.started"), (74, "alert.firing"), (256, "impact.ended"))
    assert (felt["ttd"], felt["ttm"], felt["tta"]) == ((11, 74), (11, 256), (74, None))


def test_what_was_detected_before_anybody_suffered_stays_so() -> None:
    early = watched((6, "fault.injected"), (8, "alert.firing"), (11, "impact.started"))
    assert (early["ttd"], early["ttm"]) == ((6, 8), (11, None))


def test_users_who_suffer_again_are_not_served_yet_and_have_suffered_since_the_first_time() -> None:
    again = watched((6, "fault.injected"), (11, "impact.started"), (20, "impact.ended"), (30, "impact.started"))
    assert again["ttm"] == (11, None)
