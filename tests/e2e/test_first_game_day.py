"""The first game day with the autopilot: every SLA met, and every figure agrees with the raw signals."""

import json
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from playing import Home

from simulator.report.models import GameDay

AGREEMENT_S = 0.1
EXPERIMENTS = ("crash-loop-bad-config", "connection-exhaustion", "rate-limited")


@pytest.fixture(scope="module")
def played(shared_home: Home) -> Home:
    status, output = shared_home.run("play", "first-game-day", "--json", "out.json", "--report", "report")
    assert status == 0, output
    return shared_home


def drills(home: Home) -> list[dict[str, Any]]:
    return home.drills()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def events(drill: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e for e in drill["timeline"]["events"] if e["kind"] == kind]


def test_the_three_drills_are_scored_and_each_meets_its_slas(played: Home) -> None:
    assert [d["failure_mode"] for d in drills(played)] == list(EXPERIMENTS)
    for drill in drills(played):
        card = drill["scorecard"]
        assert (drill["verdict"], card["sla_met"], card["hard_fails"]) == ("scored", True, []), drill["title"]
        assert card["expected_severity"] == card["declared_severity"]
        assert card["mitigated"]


def test_times_agree_with_the_raw_signals(played: Home) -> None:
    for drill in drills(played):
        measures, truth = drill["scorecard"]["measures"], drill["timeline"]["truth"]
        starts = events(drill, "impact.started") or events(drill, "fault.injected")
        onset = at(starts[0]["occurred_at"])
        paged = next(
            at(e["data"]["starts_at"])
            for e in events(drill, "alert.firing")
            if e["data"]["labels"]["alertname"] in truth["alerts"]
        )
        said = {
            "ttd": (onset, max(onset, paged)),
            "tta": (paged, at(events(drill, "incident.acknowledged")[0]["occurred_at"])),
            "ttc": (paged, at(events(drill, "incident.declared")[0]["occurred_at"])),
            "ttm": (onset, verified_from(drill)),
            "ttr": (onset, at(events(drill, "incident.resolved")[0]["occurred_at"])),
        }
        for name, (start, end) in said.items():
            wall = measures[name]["wall_seconds"]
            assert wall == pytest.approx((end - start).total_seconds(), abs=AGREEMENT_S), (drill["title"], name)


def verified_from(drill: dict[str, Any]) -> datetime:
    """The first instant from which users and oracle were well for 15 drill minutes: read off the raw record."""
    onset, width = at(drill["scorecard"]["onset_at"]), timedelta(minutes=15) / drill["timeline"]["drill"]["clock"]
    windows = [(at(w["at"]), w) for w in drill["timeline"]["impact"]]
    checks = [(at(e["occurred_at"]), e["data"]["ok"]) for e in events(drill, "oracle.checked")]
    turned_good = [b for (_, before), (b, after) in pairwise(checks) if after and not before]
    for start in sorted(t for t in [onset, *(t for t, _ in windows), *turned_good] if t >= onset):
        inside = [w for t, w in windows if start <= t < start + width]
        share = sum(w["failures"] for w in inside) / max(1, sum(w["requests"] for w in inside))
        in_force = [ok for t, ok in checks if t <= start][-1:]
        looked = in_force + [ok for t, ok in checks if start <= t <= start + width]
        if share <= 0.05 and all(looked) and len(inside) >= 14:
            return start
    raise AssertionError(f"{drill['title']}: never verified")


def test_the_injection_is_the_instant_that_chaos_toolkit_journalled(played: Home) -> None:
    run = next((played.folder / ".gameday" / "runs").iterdir())
    for drill in drills(played):
        journal = json.loads((run / drill["timeline"]["drill"]["id"] / "journal.json").read_text())
        action = journal["run"][0]
        injected = at(events(drill, "fault.injected")[0]["occurred_at"])
        ended = at(action["end"])
        assert abs((injected.replace(tzinfo=None) - ended.replace(tzinfo=None)).total_seconds()) < AGREEMENT_S
        assert journal["steady_states"]["after"]["steady_state_met"]


def test_load_windows_follow_each_other_without_a_gap(played: Home) -> None:
    for drill in drills(played):
        starts = [at(w["at"]) for w in drill["timeline"]["impact"]]
        assert all((b - a).total_seconds() == pytest.approx(1, abs=0.01) for a, b in pairwise(starts))


def test_the_runbook_was_executed_word_for_word(played: Home) -> None:
    from simulator.drill.catalog import experiment_file
    from simulator.drill.runbook import read_runbook

    for drill in drills(played):
        runbook = read_runbook(experiment_file(drill["experiment"]).with_name("runbook.md"))
        ran = [e["data"]["command"] for e in events(drill, "action.taken") if e["data"]["exit_status"] == 0]
        assert ran == [block.strip() for block in runbook.commands("Mitigate")]


def test_the_exported_timeline_scores_the_same_again(played: Home) -> None:
    for drill, path in zip(drills(played), sorted((played.folder / "report" / "timelines").iterdir()), strict=True):
        status, output = played.run("score", path, "--json")
        assert status == 0
        assert json.loads(output) == drill["scorecard"]


def test_the_json_validates_against_the_published_schema(played: Home) -> None:
    schema = json.loads(
        (Path(__file__).parents[2] / "simulator" / "report" / "schemas" / "game-day.schema.json").read_text()
    )
    for path in (played.folder / "out.json", played.folder / "report" / "report.json"):
        jsonschema.validate(json.loads(path.read_text()), schema)
    assert GameDay.model_validate_json((played.folder / "out.json").read_text()).exit_status == 0


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [v or "" for k, v in attrs if k in ("src", "srcset") or (tag == "link" and k == "href")]


def test_the_html_report_loads_nothing_from_elsewhere(played: Home) -> None:
    page = _Links()
    page.feed((played.folder / "report" / "report.html").read_text())
    assert [link for link in page.loaded if not link.startswith("data:")] == []


def test_nothing_is_left_when_the_game_day_is_over(played: Home) -> None:
    assert played.processes() == []
    assert not played.kubeconfig.exists()
