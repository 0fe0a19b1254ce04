"""What comes by itself beside a fault: read from a file, planned with the drill, and withheld with its truth."""

from pathlib import Path

import pytest

from scoring.timeline import Truth
from simulator.drill.people.injects import read_injects
from simulator.drill.plan import RESPONDERS, Options, Plan, plan_drawn, plan_experiments
from simulator.errors import BadInput

INJECTS = """
injects:
  - {after: 15m, order: cache-down}
  - {after: 4m, from: a customer, by: phone, text: "Nothing that I submit arrives."}
  - {after: 10m, from: a manager, title: How long, text: "When will it be over?", to: the commander}
"""


def written(folder: Path, text: str = INJECTS) -> Path:
    path = folder / "injects.yaml"
    path.write_text(text)
    return path


def plan(folder: Path, **options: object) -> Plan:
    given = Options(responder="human", injects=written(folder), **options)  # type: ignore[arg-type]
    return plan_experiments(["crash-loop-bad-config"], given, folder, responders=RESPONDERS)


def test_messages_and_orders_come_in_the_order_of_their_time(tmp_path: Path) -> None:
    made = plan(tmp_path)
    (scenario,) = made.scenarios
    assert [(each.after_s, each.kind) for each in scenario.planned] == [
        (240, "inject.delivered"),
        (600, "inject.delivered"),
        (900, "fault.ordered"),
    ]
    truth = Truth.model_validate(scenario.truth(made.playbook))
    assert truth.planned[0].data == {
        "from": "a customer",
        "to": ["responder"],
        "channel": "phone",
        "text": "Nothing that I submit arrives.",
    }
    assert truth.planned[1].data["to"] == ["the commander"]
    assert truth.planned[2].data == {"failure_mode": "cache-down"}


def test_a_fault_that_is_ordered_is_held_ready_and_needs_no_facilitator(tmp_path: Path) -> None:
    (scenario,) = plan(tmp_path).scenarios
    assert [each.failure_mode for each in scenario.held] == ["cache-down"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("injects: []", "'injects': "),
        ("injects: [{after: soon, from: x, text: y}]", "'injects.0.after': this is no duration"),
        ("injects: [{after: 1m, from: x}]", "a message has 'from' and 'text'"),
        ("injects: [{after: 1m, order: disk-full, text: y}]", "a message or the order of a fault"),
        ("injects: [{after: 1m, form: x, text: y}]", "'form' is no field of 'injects.0'; did you mean 'from'"),
        ("injects: [{after: 1m, from: x, text: y}]\nfoo: 1", "'foo' is no field of a file of injects"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_mend(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_injects(written(tmp_path, text))
    assert said in str(caught.value)
    assert "injects.yaml:" in str(caught.value)


def test_what_does_not_fit_the_drill_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--injects goes with --responder human"):
        plan_experiments(["disk-full"], Options(injects=written(tmp_path)), tmp_path)
    with pytest.raises(BadInput, match="--injects: they come after a fault, and a control drill has none"):
        plan(tmp_path, control=True)
    unknown = written(tmp_path, "injects: [{after: 1m, order: disk-ful}]")
    with pytest.raises(BadInput, match="'disk-ful'"):
        plan_experiments(["slow-queries"], Options(responder="human", injects=unknown), tmp_path, responders=RESPONDERS)


def test_where_something_has_to_come_after_the_fault_no_control_is_drawn(tmp_path: Path) -> None:
    injects = written(tmp_path, "injects: [{after: 1m, from: x, text: y}]")
    for seed in range(30):
        options = Options(responder="human", injects=injects, seed=seed)
        assert not plan_drawn(["database"], options, tmp_path, responders=RESPONDERS).scenarios[0].is_control
