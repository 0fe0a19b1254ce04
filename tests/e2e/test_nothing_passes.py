"""What is no mitigation does not pass for one, and where nothing is injected nobody is paged."""

import json

import pytest
from playing import Home

CLOCK = 120
EXPERIMENT = "rate-limited"


@pytest.fixture(scope="module")
def home(shared_home: Home) -> Home:
    status, output = shared_home.run("up", "--clock", CLOCK)
    assert status == 0, output
    return shared_home


def test_what_people_do_under_pressure_is_refused_each_by_its_condition(home: Home) -> None:
    status, output = home.run("experiments", "matrix", EXPERIMENT, "--oracle", "--clock", CLOCK, "--json", "out.json")
    assert status == 0, output
    rows = json.loads((home.folder / "out.json").read_text())["rows"]
    refused = {row["act"]: {reason.partition(":")[0] for reason in row["refused_by"]} for row in rows}
    assert refused["scale to zero"] == {"ready_replicas"}
    assert refused["silence the alert"] == {"rules_intact"}
    assert refused["stop the load"] == {"offered_load"}
    assert refused["feature off"] <= {"features", "ready_replicas"}
    assert refused["restart"] & {"users", "alerts_quiet"}
    assert not any(row["mitigated"] for row in rows)


def test_nobody_is_paged_while_nothing_is_injected(home: Home) -> None:
    status, output = home.run("run", EXPERIMENT, "--control", "--clock", CLOCK, "--json", "out.json")
    assert status == 0, output
    (drill,) = home.drills()
    kinds = {event["kind"] for event in drill["timeline"]["events"]}
    assert not kinds & {"fault.injected", "alert.firing", "incident.acknowledged"}
    assert drill["scorecard"]["score"] == 100


def test_of_two_faults_at_once_both_are_cured_and_the_first_is_known(home: Home) -> None:
    status, output = home.run("run", "connection-exhaustion", EXPERIMENT, "--together", "--json", "out.json")
    assert status in (0, 1), output
    (drill,) = home.drills()
    card = drill["scorecard"]
    assert card["mitigated"], output
    told = [(fault["failure_mode"], fault["is_first_cause"], fault["mitigated"]) for fault in card["faults"]]
    assert told == [("connection-exhaustion", True, True), ("rate-limited", False, True)]
    injected = [event["data"]["fault"] for event in drill["timeline"]["events"] if event["kind"] == "fault.injected"]
    assert injected == ["connection-exhaustion", "rate-limited"]
    assert len([event for event in drill["timeline"]["events"] if event["kind"] == "action.taken"]) >= 2
