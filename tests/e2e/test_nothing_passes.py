"""What is no mitigation does not pass for one, and where nothing is injected nobody is paged."""

import json

from playing import Home

CLOCK = 60
EXPERIMENT = "rate-limited"


def test_what_people_do_under_pressure_is_refused_each_by_its_condition(up: Home) -> None:
    status, output = up.run("experiments", "matrix", EXPERIMENT, "--oracle", "--clock", CLOCK, "--json", "out.json")
    assert status == 0, output
    rows = json.loads((up.folder / "out.json").read_text())["rows"]
    refused = {row["act"]: {reason.partition(":")[0] for reason in row["refused_by"]} for row in rows}
    assert refused["scale to zero"] == {"ready_replicas"}
    assert refused["silence the alert"] == {"rules_intact"}
    assert refused["stop the load"] == {"offered_load"}
    assert refused["feature off"] <= {"features", "ready_replicas"}
    assert refused["restart"] & {"users", "alerts_quiet"}
    assert not any(row["mitigated"] for row in rows)


def test_nobody_is_paged_while_nothing_is_injected(up: Home) -> None:
    status, output = up.run("run", EXPERIMENT, "--control", "--clock", CLOCK, "--json", "out.json")
    assert status == 0, output
    (drill,) = up.drills()
    kinds = {event["kind"] for event in drill["timeline"]["events"]}
    assert not kinds & {"fault.injected", "alert.firing", "incident.acknowledged"}
    assert drill["scorecard"]["score"] == 100
