"""What is shown while drills run: on a terminal, and line by line in a log."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from scoring.scorecard.cards import FaultCard
from scoring.timeline import Event, Window
from simulator.report.lines import LineView, open_view
from simulator.report.live import LiveView
from simulator.report.models import DrillResult, GameDay
from simulator.report.sentences import causes
from simulator.report.view import View

CLOCK = 60.0
NOW = datetime(2026, 1, 5, 10, 1, 10, tzinfo=UTC)


def play(view: View, drill: DrillResult, until: datetime) -> None:
    """Tell a view what was recorded of a drill up to an instant."""
    assert drill.timeline is not None
    assert drill.scorecard is not None
    name = drill.failure_mode
    view.phase(name, "responding")
    for measure, card in drill.scorecard.measures.items():
        if card.sla_seconds is not None:
            begun = card.from_at if card.from_at and card.from_at <= until else None
            over = card.to_at if card.to_at and card.to_at <= until else None
            view.sla(name, measure, card.sla_seconds, begun, over)
    for event in sorted(drill.timeline.events, key=lambda event: event.occurred_at):
        if event.occurred_at <= until:
            view.event(name, event)
    for window in drill.timeline.impact:
        if window.at <= until:
            view.window(name, window)


def shown(view: LiveView, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, no_color=True, force_terminal=False).print(view.render())
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def test_the_live_view_shows_phase_load_alerts_responder_and_slas_at_80_columns(game_day: GameDay, data: Path) -> None:
    first, second, third = game_day.drills
    names = [drill.failure_mode for drill in game_day.drills]
    view = LiveView(names, clock=CLOCK, title=game_day.name, console=Console(file=io.StringIO()), now=lambda: NOW)
    play(view, first, NOW)
    assert first.scorecard is not None
    view.scored(names[0], first.scorecard)
    play(view, second, NOW)
    assert shown(view, 80) == (data / "live-80.txt").read_text(encoding="utf-8")
    assert max(map(len, shown(view, 120).splitlines())) <= 120
    assert third.failure_mode in shown(view, 80)


def test_a_clock_that_stops_stops_what_is_counted_with_it() -> None:
    now = NOW
    view = LiveView(["d"], clock=CLOCK, console=Console(file=io.StringIO()), now=lambda: now)

    def happens(kind: str, after_s: float, **data: object) -> None:
        event = {"kind": kind, "occurred_at": NOW + timedelta(seconds=after_s), "data": data}
        view.event("d", Event.model_validate(event))

    happens("drill.started", 0)
    view.sla("d", "ttm", 900, NOW)
    happens("clock.stopped", 5)
    now += timedelta(seconds=65)
    stopped = shown(view, 80)
    assert "10m left of 15m" in stopped
    assert "5m (65.0 s) · clock stopped" in stopped
    happens("clock.started", 70)
    happens("incident.acknowledged", 71, by="Ada")
    now += timedelta(seconds=10)
    running = shown(view, 80)
    assert "5m left of 15m" in running
    assert "10m (75.0 s) ─" in running
    assert any(line.split()[1:3] == ["6m", "acknowledged"] for line in running.splitlines())
    happens("clock.advanced", 75, drill_seconds=360)
    assert "over by 1m" in shown(view, 80)


def test_the_log_is_in_drill_time_without_the_stops() -> None:
    out = io.StringIO()
    view = LineView(["d"], clock=CLOCK, out=out)
    for kind, after_s in (("drill.started", 0), ("clock.stopped", 5), ("clock.started", 65), ("drill.ended", 70)):
        view.event("d", Event(kind=kind, occurred_at=NOW + timedelta(seconds=after_s)))
    view.sla("d", "ttm", 900, NOW, NOW + timedelta(seconds=67))
    assert [line.split()[1] for line in out.getvalue().splitlines()] == ["0s", "5m", "5m", "10m", "7m"]
    assert "mitigate took 7m, 15m allowed" in out.getvalue()


def test_the_live_view_takes_calls_while_it_is_drawn(game_day: GameDay) -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)
    with LiveView(["crash-loop-bad-config"], clock=CLOCK, console=console) as view:
        play(view, game_day.drills[0], NOW)
    assert "resolved: a bad provider setting" in out.getvalue()


def test_the_log_has_a_line_per_event_with_wall_and_drill_time(game_day: GameDay, data: Path) -> None:
    out = io.StringIO()
    first = game_day.drills[0]
    assert first.scorecard is not None
    with LineView([drill.failure_mode for drill in game_day.drills], clock=CLOCK, out=out, now=lambda: NOW) as view:
        view.event(first.failure_mode, Event(kind="drill.started", occurred_at=game_day.started_at))
        play(view, first, NOW)
        view.scored(first.failure_mode, first.scorecard)
    assert out.getvalue() == (data / "log.txt").read_text(encoding="utf-8")
    assert out.getvalue().count("mitigated: not yet") == 1


def test_what_comes_from_outside_cannot_steer_the_terminal() -> None:
    out = io.StringIO()
    view = LineView(["d"], clock=CLOCK, out=out)
    data = {"command": "printf '\x1b[2J\x07' \n rm\r -rf", "exit_status": 1}
    view.event("d", Event(kind="action.taken", occurred_at=NOW, data=data))
    view.phase("d", "a\x1b]0;title\x07\nb")
    assert out.getvalue().count("\n") == 2
    assert not any(ord(character) < 32 for character in out.getvalue().replace("\n", ""))


@pytest.mark.parametrize("kind", ["alert.firing", "oracle.checked", "update.posted", "action.taken", "impact.started"])
def test_an_event_with_nothing_or_nonsense_in_it_is_still_told(kind: str) -> None:
    out = io.StringIO()
    view = LineView(["d"], clock=CLOCK, out=out)
    for data in ({}, {"labels": 3, "conditions": "x", "audiences": {}, "error_share": "much"}):
        view.event("d", Event.model_validate({"kind": kind, "occurred_at": NOW, "data": data}))
    assert out.getvalue().count("\n") >= 1


def test_a_window_without_requests_leaves_a_gap_rather_than_a_zero() -> None:
    view = LiveView(["d"], clock=CLOCK, console=Console(file=io.StringIO()), now=lambda: NOW)
    for index, requests in enumerate([60, 0]):
        window = {"at": NOW + timedelta(seconds=index), "requests": requests, "failures": 0}
        view.window("d", Window.model_validate(window))
    errors = next(line for line in shown(view, 80).splitlines() if "errors" in line)
    assert errors.split("errors")[1].strip(" │").split() == ["–", "▁"]


def test_the_view_is_live_on_a_terminal_and_in_lines_elsewhere() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True)
    log = Console(file=io.StringIO(), force_terminal=False)
    assert isinstance(open_view(["d"], clock=CLOCK, title="t", console=terminal), LiveView)
    assert isinstance(open_view(["d"], clock=CLOCK, title="t", console=log), LineView)


def test_of_several_causes_each_has_a_line_with_the_first_one_named(game_day: GameDay) -> None:
    card = next(drill.scorecard for drill in game_day.drills if drill.scorecard)
    told = {"failure_mode": "slots", "component": "postgres", "injected_at": NOW, "detected_at": NOW, "is_gone": True}
    first = FaultCard(**told, is_first_cause=True, detected_by="Slots", drill_seconds=90.0, mitigated=True)
    second = first.model_copy(
        update={
            "failure_mode": "cache-down",
            "is_first_cause": False,
            "detected_by": None,
            "drill_seconds": None,
            "mitigated": False,
        }
    )
    assert causes(card.model_copy(update={"faults": (first, second)})) == [
        "slots (first cause): detected by Slots after 1m 30s, mitigated",
        "cache-down: no alert of its own, not mitigated",
    ]
    assert causes(card.model_copy(update={"faults": (first,)})) == []
