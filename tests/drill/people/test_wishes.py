"""What is asked of a drill for people is checked before anything starts."""

from pathlib import Path
from random import Random

import pytest

from simulator.drill.people.drawing import draw, pool_of
from simulator.drill.people.terminal import may_open_browser
from simulator.drill.people.wishes import Delay, read_delay
from simulator.drill.plan import RESPONDERS, Options, Plan, plan_drawn, plan_experiments, plan_suite
from simulator.errors import BadInput

KNOWN = ["cache_storage/cache-down", "database/disk-full", "database/slow-queries", "workload/node-failure"]


def plan(folder: Path, *hold: str, responder: str = "human", **options: object) -> Plan:
    given = Options(responder=responder, **options)  # type: ignore[arg-type]
    return plan_experiments(["crash-loop-bad-config"], given, folder, hold=hold, responders=RESPONDERS)


def test_people_play_in_real_time_unless_a_clock_is_named(tmp_path: Path) -> None:
    assert plan(tmp_path).clock.factor == 1
    assert plan(tmp_path, clock=60).clock.factor == 60
    assert plan(tmp_path, responder="autopilot").clock.factor == 60
    suite = tmp_path / "mine.yaml"
    suite.write_text("responder: human\nclock: 30\nexperiments: [rate-limited]\n")
    named = plan_suite(str(suite), Options(), tmp_path, responders=RESPONDERS)
    assert (named.responder, named.clock.factor) == ("human", 30)


def test_who_responds_is_known_by_name(tmp_path: Path) -> None:
    people = plan(tmp_path, team="payments", person=["Ada", "Grace", "Ada"]).people
    assert people is not None
    assert (people.team, people.names, people.is_facilitated) == ("payments", ("Ada", "Grace"), False)
    assert plan(tmp_path, responder="none").people is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"responder": "autopilot", "facilitated": True}, "--facilitated goes with --responder human"),
        ({"responder": "none", "person": ["Ada"]}, "--person goes with --responder human; here it is 'none'"),
        ({"responder": "autopilot", "browser": False}, "--browser goes with"),
        ({"person": [" "]}, "--person: ' ' is no name"),
        ({"team": "a\nb"}, "--team: 'a\\\\nb' is no name"),
        ({"delay": "soon"}, "--delay: 'soon' is no delay; give drill time such as 5m"),
        ({"delay": "20m-5m"}, "--delay: '20m-5m' ends before it begins"),
        ({"delay": "9h"}, "--delay: '9h' is too long; give 4h at most"),
        ({"delay": "-5m"}, "--delay: '-5m' is no delay"),
        ({"notify": Path("nowhere.yaml")}, "--notify: nowhere.yaml: there is no such file"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        plan(tmp_path, **{"responder": "human", **options})  # type: ignore[arg-type]


def test_machines_are_not_asked_to_wait_for_people(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--responder: 'human' is none; known: autopilot, none"):
        plan_experiments(["rate-limited"], Options(responder="human"), tmp_path)


def test_a_fault_is_held_only_for_a_facilitator_and_once(tmp_path: Path) -> None:
    held = plan(tmp_path, "rate-limited", "cache-down", facilitated=True).scenarios[0]
    assert [each.failure_mode for each in held.held] == ["rate-limited", "cache-down"]
    assert [each.failure_mode for each in held.injected] == ["crash-loop-bad-config"]
    with pytest.raises(BadInput, match="--hold goes with --facilitated"):
        plan(tmp_path, "rate-limited")
    with pytest.raises(BadInput, match="--hold goes with --responder human"):
        plan(tmp_path, "rate-limited", responder="autopilot")
    with pytest.raises(BadInput, match="'crash-loop-bad-config' is in the drill already"):
        plan(tmp_path, "crash-loop-bad-config", facilitated=True)
    with pytest.raises(BadInput, match="nothing is injected into a control drill"):
        plan(tmp_path, "rate-limited", facilitated=True, control=True)


def test_the_truth_names_what_is_held_among_the_faults_only(tmp_path: Path) -> None:
    made = plan(tmp_path, "cache-down", facilitated=True)
    truth, alone = made.scenarios[0].truth(made.playbook), plan(tmp_path).scenarios[0].truth(made.playbook)
    assert [fault["failure_mode"] for fault in truth["faults"]] == ["crash-loop-bad-config", "cache-down"]
    assert {**truth, "faults": ()} == {**alone, "faults": ()}


def test_a_delay_is_drawn_within_its_bounds() -> None:
    assert read_delay("5m") == Delay(300, 300)
    assert read_delay("0-20m") == Delay(0, 1200)
    drawn = {read_delay("1m-2m").draw(Random(seed)) for seed in range(50)}
    assert len(drawn) == 50
    assert min(drawn) >= 60
    assert max(drawn) <= 120
    assert read_delay("0-20m").draw(Random(7)) == read_delay("0-20m").draw(Random(7))


def test_what_is_drawn_is_any_of_the_pool_and_now_and_then_a_control() -> None:
    drawn = [draw(KNOWN, Random(seed)) for seed in range(400)]
    assert {each.experiment for each in drawn} == set(KNOWN)
    assert 20 < sum(each.is_control for each in drawn) < 120
    assert draw(KNOWN, Random(3)) == draw(KNOWN, Random(3))


def test_a_pool_is_named_by_experiments_and_families() -> None:
    assert pool_of(["database"], KNOWN) == KNOWN[1:3]
    assert pool_of(["disk-full", "cache_storage", "database/"], KNOWN) == [
        "disk-full",
        "cache_storage/cache-down",
        *KNOWN[1:3],
    ]
    assert pool_of([], KNOWN) == KNOWN[:3], "three nodes would tell what comes"
    with pytest.raises(BadInput, match="'datbase' is neither an experiment nor a family; did you mean 'database'"):
        pool_of(["datbase"], KNOWN)


def test_a_drill_that_is_drawn_does_not_say_what_it_is(tmp_path: Path) -> None:
    drawn = plan_drawn(["database"], Options(responder="human", seed=1), tmp_path, responders=RESPONDERS)
    again = plan_drawn(["database"], Options(responder="human", seed=1), tmp_path, responders=RESPONDERS)
    (scenario,) = drawn.scenarios
    assert scenario == again.scenarios[0]
    assert scenario.experiments[0].family == "database"
    assert scenario.experiments[0].failure_mode not in drawn.title


@pytest.mark.parametrize(
    ("wished", "env", "is_manned", "opens"),
    [
        (None, {"DISPLAY": ":0"}, True, True),
        (None, {"BROWSER": "firefox"}, True, True),
        (None, {}, True, False),
        (None, {"DISPLAY": ":0"}, False, False),
        (True, {}, False, True),
        (False, {"DISPLAY": ":0"}, True, False),
    ],
)
def test_a_browser_is_opened_where_there_is_one_to_see(
    wished: bool | None, env: dict[str, str], is_manned: bool, opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert may_open_browser(wished, env, is_manned=is_manned) is opens
