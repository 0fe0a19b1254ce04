"""What a person plays next, how much help there is, and what the help says."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import Home

from scoring.playbook.file import load_playbook
from scoring.timeline import Truth
from scoring.training import Person, Played, TrainingRecord, practice_of
from simulator.drill.catalog import shipped_experiments
from simulator.drill.experiment import Experiment, read_experiment
from simulator.drill.people.curriculum import Lesson, Why, lessons, level_for
from simulator.drill.people.guidance import COSTS
from simulator.drill.people.levels import Level
from simulator.drill.people.training import Training, plan_training
from simulator.drill.plan import RESPONDERS, Options, plan_experiments
from simulator.errors import BadInput

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
POOL = [read_experiment(path) for _, path in shipped_experiments()]
MODES = [each.failure_mode for each in POOL]
BY_MODE = {each.failure_mode: each for each in POOL}


def played(mode: str, mark: str | None, score: float | None = 80.0, days_ago: float = 1, **other: object) -> Played:
    told = {"control": False, "responder": "human", "verdict": "scored", **other}
    return Played(
        drill_id=f"{mode}-{days_ago:g}",
        playbook="llm-research-lab",
        failure_mode=mode,
        experiment=BY_MODE[mode].name if mode in BY_MODE else mode,
        started_at=NOW - timedelta(days=days_ago),
        score=score,
        mark=mark,
        sla_met=mark == "P",
        **told,  # type: ignore[arg-type]
    )


def record(*drills: Played) -> TrainingRecord:
    newest_first = tuple(sorted(drills, key=lambda each: each.started_at, reverse=True))
    return TrainingRecord(Person("ada", "Ada"), newest_first, practice_of(newest_first), None, ())


def modes(found: Sequence[Lesson]) -> list[str]:
    return [each.experiment.failure_mode for each in found]


def plan(folder: Path, level: Level | None, *drills: Played, names: Sequence[str] = (), **options: object) -> Training:
    return plan_training(record(*drills), level, names, Options(**options), folder)  # type: ignore[arg-type]


def test_what_went_badly_comes_first_then_what_was_not_met_then_what_is_due() -> None:
    pool = [BY_MODE[mode] for mode in ("disk-full", "slow-queries", "cache-down", "rate-limited", "pool-exhaustion")]
    found = lessons(
        record(
            played("disk-full", "M", 50, days_ago=30),
            played("slow-queries", "U", 20, days_ago=40),
            played("cache-down", "P", 95, days_ago=90),
            played("rate-limited", "S", 75, days_ago=10),
        ),
        pool,
    )
    assert modes(found) == ["slow-queries", "disk-full", "pool-exhaustion", "cache-down", "rate-limited"]
    assert [each.why for each in found[:3]] == [Why.WENT_BADLY, Why.WENT_BADLY, Why.NOT_MET]
    assert found[0].last is not None
    assert found[0].last.last_score == 20


def test_nothing_is_played_twice_in_a_row_while_there_is_something_else() -> None:
    pool = [BY_MODE["disk-full"], BY_MODE["cache-down"]]
    bad = played("disk-full", "U", 10, days_ago=0.1)
    assert modes(lessons(record(bad), pool)) == ["cache-down", "disk-full"]
    assert modes(lessons(record(bad), pool[:1])) == ["disk-full"]


def test_families_that_were_practised_less_come_sooner() -> None:
    found = lessons(record(played("disk-full", "P"), played("slow-queries", "P", days_ago=2)), POOL)
    unmet = [each.experiment.family for each in found if each.why is Why.NOT_MET]
    assert unmet[-1] == "database"
    assert unmet.index("database") > max(place for place, family in enumerate(unmet) if family != "database")


@pytest.mark.parametrize(
    "idle",
    [
        {"control": True},
        {"verdict": "aborted"},
        {"responder": "tabletop"},
    ],
    ids=["control", "without a verdict", "at a table"],
)
def test_what_shows_nothing_of_what_one_can_do_is_not_met(idle: dict[str, object]) -> None:
    found = lessons(record(played("disk-full", "P", **idle)), POOL)
    assert {each.why for each in found} == {Why.NOT_MET}
    assert level_for(record(*[played("disk-full", "P", days_ago=day, **idle) for day in range(9)])) is Level.GUIDED


@given(st.lists(st.tuples(st.sampled_from(MODES), st.sampled_from(["P", "S", "M", "U", None])), max_size=40))
def test_every_failure_mode_has_exactly_one_place(history: list[tuple[str, str | None]]) -> None:
    drills = [played(mode, mark, days_ago=day) for day, (mode, mark) in enumerate(history)]
    found = lessons(record(*drills), POOL)
    assert sorted(modes(found)) == sorted(MODES)
    assert {each.experiment.failure_mode for each in found if each.why is Why.NOT_MET} == set(MODES) - {
        each.failure_mode for each in drills
    }


@pytest.mark.parametrize(
    ("marks", "level"),
    [
        ("", Level.GUIDED),
        ("PP", Level.GUIDED),
        ("UUU", Level.STANDARD),
        ("PSP", Level.BLIND),
        ("MPSP", Level.STANDARD),
        ("PSPU", Level.BLIND),
    ],
)
def test_help_gets_less_as_it_goes_well(marks: str, level: Level) -> None:
    """Marks newest first."""
    drills = [played(MODES[place], mark, days_ago=place + 1) for place, mark in enumerate(marks)]
    assert level_for(record(*drills)) is level


def test_a_guided_drill_has_hints_that_tell_more_and_cost_more(tmp_path: Path) -> None:
    training = plan(tmp_path, Level.GUIDED, names=["disk-full"])
    (scenario,) = training.plan.scenarios
    truth = Truth.model_validate(scenario.truth(training.plan.playbook))
    assert [hint.cost for hint in truth.hints] == list(COSTS.values()) == sorted(COSTS.values())
    assert sum(hint.cost for hint in truth.hints) == 40
    symptoms, component, investigate, cause, mitigate = (hint.text for hint in truth.hints)
    assert "disk-full" not in symptoms + component
    assert "Look at postgres" in component
    assert "disk-full" in cause
    assert "kubectl" in investigate + mitigate


@pytest.mark.parametrize("experiment", POOL, ids=MODES)
def test_the_hints_of_every_experiment_are_whole(experiment: Experiment, tmp_path: Path) -> None:
    made = plan_experiments([experiment.name], Options(responder="human", guided=True), tmp_path, responders=RESPONDERS)
    truth = Truth.model_validate(made.scenarios[0].truth(load_playbook("llm-research-lab")))
    assert len(truth.hints) == len(COSTS)


def test_nothing_that_is_said_before_tells_what_comes(tmp_path: Path) -> None:
    for level in Level:
        training = plan(tmp_path, level, names=["database"], seed=0)
        said = " ".join([*training.told(), training.plan.title])
        assert str(level) in said
        for secret in ("database", training.lesson.experiment.failure_mode, training.lesson.experiment.title):
            assert secret not in said


def test_a_blind_drill_is_drawn_with_a_delay_and_now_and_then_a_control(tmp_path: Path) -> None:
    drawn = [plan(tmp_path, Level.BLIND, names=["database"], seed=seed) for seed in range(60)]
    assert {each.plan.scenarios[0].experiments[0].family for each in drawn} == {"database"}
    assert len({each.plan.scenarios[0].name for each in drawn}) > 3
    assert 0 < sum(each.plan.scenarios[0].is_control for each in drawn) < 30
    people = drawn[0].plan.people
    assert people is not None
    assert (people.delay.least_s, people.delay.most_s, people.is_guided) == (0, 1200, False)
    again = plan(tmp_path, Level.BLIND, names=["database"], seed=7)
    assert again.plan.scenarios == drawn[7].plan.scenarios


def test_whose_training_it_is_responds_in_real_time_with_their_team(tmp_path: Path) -> None:
    known = TrainingRecord(Person("ada", "Ada", "payments"), (), (), None, ())
    made = plan_training(known, None, ["disk-full"], Options(), tmp_path).plan
    assert made.people is not None
    assert (made.people.names, made.people.team, made.people.is_guided) == (("Ada",), "payments", True)
    assert made.clock.factor == 1


def test_hints_go_with_people_and_with_a_fault(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--guided goes with --responder human"):
        plan_experiments(["disk-full"], Options(guided=True), tmp_path)
    wished = Options(responder="human", guided=True, control=True)
    with pytest.raises(BadInput, match="--guided: nothing is injected into a control drill"):
        plan_experiments(["disk-full"], wished, tmp_path, responders=RESPONDERS)


def test_at_the_front_door_the_list_shows_what_would_come(tmp_path: Path) -> None:
    home = Home(tmp_path)
    status, shown = home.run("train", "Ada", "database", "--list")
    assert status == 0, shown
    assert shown.startswith("Ada, guided")
    rows = shown.splitlines()[2:]
    assert [row.split()[0] for row in rows] == [
        name for name, _ in shipped_experiments() if name.startswith("database")
    ]
    status, shown = home.run("train", "Ada", "datbase", "--list")
    assert (status, "did you mean 'database'" in shown) == (2, True)
    status, shown = home.run("run", "--random", "--responder", "human", "--guided")
    assert (status, "'gameday train' picks one" in shown) == (2, True)
