"""Drills in which people respond: begun, paused, ordered and aborted by a facilitator, or alone at a terminal."""

import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import terminal
from playing import GAMEDAY, Home, wait_until
from taking_part import CLOCK, RUN, Responder, Taking, playing, sign_in, sit_down, welcome
from waiting import until

from simulator.drill.catalog import experiment_file
from simulator.drill.experiment import read_experiment
from simulator.drill.people.guidance import COSTS

NS = "llm-research"
STOOD_S = 6.0
SEED_OF_NO_CONTROL = 0
TITLE = read_experiment(experiment_file("crash-loop-bad-config")).title


def facilitator_of(output: Path, drill: str) -> Taking:
    return Taking(sign_in(welcome(output), "facilitator"), drill)


def first(drill: dict[str, Any], kind: str) -> datetime:
    return next(datetime.fromisoformat(e["occurred_at"]) for e in drill["timeline"]["events"] if e["kind"] == kind)


def is_broken(home: Home) -> bool:
    spec = home.kubectl("get", "deployment", "llm-research-api", "-n", NS, "-o", "jsonpath={.spec.template.spec}")
    assert spec
    return "DB_POOL_SIZE" in spec


def kill_scoring(home: Home) -> None:
    lines = [line for line in home.processes("run-") if "-m scoring serve" in line]
    assert len(lines) == 1, lines
    os.kill(int(lines[0].split()[0]), signal.SIGKILL)


def respond(responder: Responder) -> None:
    """All that is asked of a responder up to the mitigation."""
    responder.wait_for_page()
    responder.write("incident.acknowledged", who="Ada")
    responder.write("incident.declared", severity="SEV-1", text="nobody is served")
    responder.write("update.posted", text="we look into it", status="investigating", audiences=["customers"])
    responder.follow_the_runbook()


def close(responder: Responder) -> None:
    responder.wait_until_it_holds()
    responder.write("incident.resolved", text="served again")
    responder.write("update.posted", text="it is over", status="resolved", closing=True, audiences=["customers"])


def test_a_facilitated_drill_with_a_pause_and_a_service_that_dies_is_scored_as_it_was(up: Home) -> None:
    asked = ("--facilitated", "--person", "Ada", "--team", "payments", "--json", "out.json")
    with playing(up, *RUN, "crash-loop-bad-config", *asked) as (process, output):
        responder = sit_down(up.folder)
        facilitator = facilitator_of(output, responder.drill)
        assert responder.http.get("/api/v1/tokens").status_code == 403, "a responder's token, and no more"
        assert [event["kind"] for event in facilitator.events("fault")] == []
        facilitator.write("clock.started")
        responder.wait_for_page()
        kill_scoring(up)
        responder.write("incident.acknowledged", who="Ada")
        stopped_at = facilitator.write("clock.stopped", reason="questions")
        wait_until(lambda: "The drill clock stands" in output.read_text(), 30, output.read_text)
        wait_until(lambda: (datetime.now(stopped_at.tzinfo) - stopped_at).total_seconds() > STOOD_S, 30)
        started_at = facilitator.write("clock.started")
        respond(responder)
        close(responder)
        assert process.wait(120) in (0, 1), output.read_text()
    (drill,) = up.drills()
    card = drill["scorecard"]
    assert (drill["verdict"], card["mitigated"]) == ("scored", True), card
    assert (drill["timeline"]["drill"]["team"], drill["timeline"]["drill"]["people"]) == ("payments", ["Ada"])
    onset, resolved = datetime.fromisoformat(card["onset_at"]), first(drill, "incident.resolved")
    ran = (resolved - onset) - (started_at - stopped_at)
    assert card["measures"]["ttr"]["drill_seconds"] == pytest.approx(CLOCK * ran.total_seconds(), abs=0.5)
    kinds = [event["kind"] for event in drill["timeline"]["events"]]
    assert kinds.count("clock.stopped") == kinds.count("clock.started") == 2, "before it began, and once"
    assert kinds.count("fault.injected") == 1
    assert not (up.folder / ".gameday" / "seat.json").exists()
    assert not is_broken(up)
    assert "Ada: " in up.run("training", "Ada")[1]


def test_a_fault_that_was_held_comes_when_ordered_and_an_abort_takes_both_back(up: Home) -> None:
    asked = ("--facilitated", "--hold", "crash-loop-bad-config", "--json", "out.json")
    with playing(up, *RUN, "rate-limited", *asked) as (process, output):
        responder = sit_down(up.folder)
        facilitator = facilitator_of(output, responder.drill)
        observer = Taking(sign_in(output.read_text(), "observer"), responder.drill)
        assert observer.http.post("/api/v1/tokens/links", json={"role": "observer", "name": "x"}).status_code == 403
        facilitator.fill_in("facilitate", "start")
        responder.wait_for_page()
        assert not is_broken(up)
        facilitator.fill_in("facilitate", "order", failure_mode="crash-loop-bad-config")
        until(lambda: len(facilitator.events("fault.injected")) == 2, 90, what="the second fault")
        assert is_broken(up)
        for withheld in ("fault.", "oracle."):
            assert responder.events(withheld) == observer.events(withheld) == []
        facilitator.fill_in("facilitate", "abort", reason="the fire alarm", sure="yes")
        assert process.wait(120) == 3, output.read_text()
    assert "the facilitator aborted it: the fire alarm" in output.read_text()
    (drill,) = up.drills()
    assert (drill["verdict"], drill["reason"]) == ("aborted", "the facilitator aborted it: the fire alarm")
    assert drill["scorecard"]["score"] is None
    assert "alert.firing" in [event["kind"] for event in drill["timeline"]["events"]], (
        "what people did is there to read"
    )
    assert not is_broken(up)
    assert up.processes("run-") == []


def test_alone_at_a_terminal_one_is_paged_knows_nothing_and_reviews_in_peace(
    up: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "EXPECT_S", 180.0)
    asked = ["run", "--random", "crash-loop-bad-config", "--seed", str(SEED_OF_NO_CONTROL), "--responder", "human"]
    asked += ["--clock", str(CLOCK), "--person", "Ada", "--no-browser", "--json", "out.json"]
    with terminal.on_terminal([str(GAMEDAY), *asked], cwd=up.folder) as screen:
        shown = screen.expect("Press Enter when you have sat down")
        screen.type("\r")
        responder = sit_down(up.folder)
        shown += screen.expect("PAGE  alert fires")
        shown += screen.expect("Answer it here:")
        assert "\a" in shown
        shown += screen.expect("/respond")
        browser = sign_in(shown.rpartition("Answer it here:")[2] + screen.expect("\n"), "responder Ada")
        assert browser.get(f"/api/v1/drills/{responder.drill}").json()["truth"] is None
        page = browser.get(f"/drills/{responder.drill}/respond")
        assert (page.status_code, TITLE in page.text) == (200, False)
        respond(responder)
        close(responder)
        shown += screen.expect("resolved")
        for secret in (TITLE, "crash-loop", "workload", "bad-config", "injecting", "incident "):
            assert secret not in shown.replace("gameday shell", ""), secret
        assert "crash" not in (up.folder / ".gameday" / "seat.json").read_text()
        screen.expect("The service stays up for your review")
        responder.write(
            "review.filed", parts={"timeline": "paged, mitigated", "action_items": "1. [P1] Check settings"}
        )
        screen.type("\r")
        status, rest = screen.end()
    assert status in (0, 1), rest
    (drill,) = up.drills()
    assert drill["verdict"] == "scored"
    assert "review.filed" in [event["kind"] for event in drill["timeline"]["events"]], "the report has the review"
    assert "Check settings" in up.run("history")[1]
    assert not is_broken(up)


def test_a_guided_drill_of_the_curriculum_gives_hints_and_breaks_for_points_and_counts_as_practice(up: Home) -> None:
    asked = ("--level", "guided", "--json", "out.json")
    with playing(up, "train", "Grace", "crash-loop-bad-config", "slow-queries", *asked) as (process, output):
        responder = sit_down(up.folder)
        said = output.read_text()
        assert "Grace trains, guided; 0 live drills on record." in said
        assert "crash-loop" not in said
        responder.wait_for_page()
        assert responder.http.post(f"/api/v1/drills/{responder.drill}/hints").json()["cost"] == COSTS["Symptoms"]
        stopped = responder.http.post(f"/api/v1/drills/{responder.drill}/clock/stop", json={"reason": "I read"})
        assert stopped.status_code == 201, stopped.text
        wait_until(lambda: "The drill clock stands" in output.read_text(), 30, output.read_text)
        assert responder.http.post(f"/api/v1/drills/{responder.drill}/clock/start").status_code == 201
        respond(responder)
        close(responder)
        assert process.wait(120) in (0, 1), output.read_text()
    (drill,) = up.drills()
    assert drill["scorecard"]["hints"]["points"] == COSTS["Symptoms"]
    assert "gameday training 'Grace'" in output.read_text()
    status, record = up.run("training", "Grace")
    assert (status, "Grace: 1 drill" in record, "crash-loop-bad-config" in record) == (0, True, True), record
    status, left = up.run("train", "Grace", "crash-loop-bad-config", "slow-queries", "--list")
    assert [row.split()[0].rpartition("/")[2] for row in left.splitlines()[2:]] == [
        "slow-queries",
        "crash-loop-bad-config",
    ]
