"""Attempts at a drill against what a suite requires of it."""

from dataclasses import replace

import pytest
from gated import GRAIN, attempt, starved, terms
from hypothesis import given
from hypothesis import strategies as st

from scoring.scorecard import Scorecard
from scoring.scorecard.cards import HardFailCard
from simulator.gate.judging import Judgement, Terms, judge
from simulator.report.gate import GatedDrill, Requirement
from simulator.report.models import DrillResult


def of(judgement: Judgement, id_: str) -> Requirement:
    return next(requirement for requirement in judgement.requirements if requirement.id == id_)


def card_of(result: DrillResult) -> Scorecard:
    assert result.scorecard is not None
    return result.scorecard


def test_a_drill_well_within_its_budgets_passes_at_once() -> None:
    judged = judge([attempt(ttm=400.0)], terms(score=80, requests_failed=1.0, noise=0))
    assert (judged.outcome, judged.is_open) == ("passed", False)
    assert {r.verdict for r in judged.requirements} == {"met"}
    assert [r.id for r in judged.requirements] == [
        "sla.ttd", "sla.tta", "sla.ttc", "sla.ttm", "sla.ttr", "score", "requests_failed", "noise", "hard_fails",
    ]  # fmt: skip


def test_what_the_suite_does_not_ask_for_is_shown_and_not_assessed() -> None:
    judged = judge([attempt(ttm=2000.0)], terms(slas=["ttd"]))
    assert judged.outcome == "passed"
    ttm = of(judged, "sla.ttm")
    assert (ttm.verdict, ttm.seen) == ("not_assessed", (2000.0,))
    assert of(judged, "score").verdict == "not_assessed"


def test_a_missed_sla_is_red_when_it_was_seen_twice_and_says_so_in_the_scorecards_words() -> None:
    missed = attempt(ttm=1500.0)
    once = judge([missed], terms())
    assert (once.outcome, once.is_open) == ("inconclusive", True)
    twice = judge([missed, attempt(ttm=1560.0)], terms())
    assert (twice.outcome, twice.is_open) == ("failed", False)
    assert [r.id for r in twice.requirements if r.verdict == "missed"] == ["sla.ttm"]
    ttm = of(twice, "sla.ttm")
    assert (ttm.limit, ttm.seen) == (900.0, (1500.0, 1560.0))
    assert ttm.why == "ttm too late. Missed in 2 of 2 attempts: 25m, 26m."
    assert twice.why.startswith("TTM, time to mitigate: ttm too late.")


def test_a_pass_within_a_windows_breadth_of_its_limit_is_played_again() -> None:
    assert judge([attempt(ttm=900.0 - 151)], terms()).outcome == "passed", (
        "2 windows, a scrape and an evaluation are 150"
    )
    near = judge([attempt(ttm=900.0 - 149)], terms())
    assert (near.outcome, near.is_open) == ("inconclusive", True)
    assert judge([attempt(ttm=751.0), attempt(ttm=960.0), attempt(ttm=780.0)], terms()).outcome == "passed"


def test_the_spread_of_the_attempts_is_noise_too() -> None:
    far_apart = [attempt(ttm=1100.0), attempt(ttm=1700.0)]
    judged = judge(far_apart, terms(most=5))
    assert (judged.outcome, judged.is_open) == ("inconclusive", True), "200 beyond the limit, and 600 apart"
    assert judge([attempt(ttm=1600.0), attempt(ttm=1700.0)], terms(most=5)).outcome == "failed"


def test_different_misses_in_two_attempts_are_neither_red_nor_green() -> None:
    attempts = [attempt(ttm=1500.0), attempt(ttd=1500.0), attempt()]
    judged = judge(attempts, terms())
    assert (judged.outcome, judged.is_open) == ("inconclusive", False)
    assert "Passed in 1 and failed in 2 of 3 attempts" in judged.why


def test_what_was_never_done_is_clearly_missed() -> None:
    judged = judge([attempt(ttm=None), attempt(ttm=None)], terms())
    assert judged.outcome == "failed"
    assert of(judged, "sla.ttm").seen == (None, None)


def test_a_starved_attempt_is_played_again_and_never_green_or_red_by_itself() -> None:
    assert judge([starved()], terms()).is_open
    assert judge([starved(), attempt()], terms()).outcome == "passed"
    judged = judge([starved()] * 3, terms())
    assert (judged.outcome, judged.is_open) == ("inconclusive", False)
    assert judged.why == "3 of 3 attempts could not be judged: the machine is too busy"
    assert {r.verdict for r in judged.requirements} == {"not_judged"}


def test_a_detection_that_was_missed_names_the_alert_that_is_gone() -> None:
    gone = replace(terms(), unknown_alerts=("CrashLoopBadConfig",))
    judged = judge([attempt(ttd=None)] * 2, gone)
    assert "'CrashLoopBadConfig' is in no rule file." in of(judged, "sla.ttd").why
    assert "rule file" not in of(judge([attempt()], gone), "sla.ttd").why


def test_a_hard_fail_is_red_whatever_was_asked_for() -> None:
    fail = HardFailCard(what="never_mitigated", why="Users were never served again.", events=())
    hard = attempt(hard_fails=(fail,))
    judged = judge([hard, hard], terms(slas=[]))
    assert judged.outcome == "failed"
    assert "Users were never served again." in judged.why


@pytest.mark.parametrize(
    ("budgets", "missed"), [({"score": 95}, "score"), ({"requests_failed": 0.1}, "requests_failed")]
)
def test_other_budgets_turn_red_as_slas_do(budgets: dict[str, float], missed: str) -> None:
    judged = judge([attempt(), attempt()], terms(**budgets))
    assert [r.id for r in judged.requirements if r.verdict == "missed"] == [missed]


def test_noise_is_counted_and_a_count_is_as_clear_as_it_is() -> None:
    noisy = attempt(noise=2)
    assert judge([noisy, noisy], terms(noise=1)).outcome == "failed"
    assert judge([noisy], terms(noise=2)).outcome == "passed"


def test_a_control_drill_is_red_when_somebody_is_paged() -> None:
    silent = attempt(
        noise=0, dimensions={"detect": card_of(attempt()).dimensions["detect"].model_copy(update={"grade": 1.0})}
    )
    alarm = attempt(
        noise=1,
        dimensions={
            "detect": card_of(attempt()).dimensions["detect"].model_copy(update={"grade": 0.0, "why": "A false alarm."})
        },
    )
    control = replace(terms(), is_control=True)
    assert judge([silent], control).outcome == "passed"
    judged = judge([alarm, alarm], control)
    assert judged.outcome == "failed"
    assert judged.why == "False alarms: A false alarm. Missed in 2 of 2 attempts: 1, 1."
    assert of(judged, "sla.ttd").verdict == "not_assessed"


def compared_with(*attempts: DrillResult) -> Terms:
    before = GatedDrill(
        failure_mode="crash-loop-bad-config",
        experiment="workload/crash-loop-bad-config",
        title="x",
        outcome="passed",
        why="",
        next_command="",
        requirements=(),
        attempts=attempts,
    )
    return replace(terms(slas=["ttm"]), is_compared=True, before=before)


def test_a_regression_beyond_the_noise_is_red_though_the_sla_holds() -> None:
    worse = [attempt(ttm=700.0), attempt(ttm=710.0)]
    judged = judge(worse, compared_with(attempt(ttm=300.0)))
    assert judged.outcome == "failed"
    assert [r.id for r in judged.requirements if r.verdict == "missed"] == ["regression.ttm"]
    assert "worse than the baseline's 5m beyond the noise" in of(judged, "regression.ttm").why


def test_within_the_noise_of_either_side_nothing_is_a_regression() -> None:
    resolution_s = GRAIN.of_time("ttm")
    assert judge([attempt(ttm=300.0 + resolution_s)], compared_with(attempt(ttm=300.0))).outcome == "passed"
    scattered = compared_with(attempt(ttm=200.0), attempt(ttm=300.0), attempt(ttm=500.0))
    assert judge([attempt(ttm=590.0)], scattered).outcome == "passed", "the baseline itself was 300 apart"


def test_a_lower_score_is_a_regression_and_a_higher_one_is_none() -> None:
    before = compared_with(attempt(score=95.0))
    assert [r.id for r in judge([attempt(score=60.0)] * 2, before).requirements if r.verdict == "missed"] == [
        "regression.score"
    ]
    assert judge([attempt(score=99.0)], before).outcome == "passed"


def test_a_drill_that_the_baseline_does_not_have_is_not_compared() -> None:
    judged = judge([attempt(ttm=400.0)], replace(terms(), is_compared=True))
    assert judged.outcome == "passed"
    assert of(judged, "regression.ttm").verdict == "not_assessed"


def test_what_is_no_longer_done_at_all_is_a_regression() -> None:
    judged = judge([attempt(ttm=None)] * 2, compared_with(attempt(ttm=300.0)))
    assert {r.id for r in judged.requirements if r.verdict == "missed"} == {"sla.ttm", "regression.ttm"}


TIMES = {"clear": 400.0, "near": 800.0, "just_missed": 950.0, "missed": 1500.0, "never": None}
attempts = st.lists(
    st.one_of(
        st.just(starved()),
        st.builds(
            lambda ttd, ttm: attempt(ttd=TIMES[ttd], ttm=TIMES[ttm]),
            st.sampled_from([*TIMES]),
            st.sampled_from([*TIMES]),
        ),
    ),
    min_size=1,
    max_size=6,
)


def missed(result: DrillResult, name: str) -> bool:
    return result.scorecard is not None and result.scorecard.measures[name].verdict == "missed"


@given(attempts, st.integers(2, 6))
def test_red_was_seen_twice_and_green_by_the_majority(made: list[DrillResult], most: int) -> None:
    judged = judge(made, terms(most))
    bad = sum(missed(each, "ttd") or missed(each, "ttm") for each in made)
    good = sum(each.scorecard is not None for each in made) - bad
    if judged.outcome == "failed":
        assert max(sum(missed(each, name) for each in made) for name in ("ttd", "ttm")) >= 2
    if judged.outcome == "passed":
        assert good > bad
    assert not (judged.is_open and len(made) >= most), "there is an end"
    assert judged.is_open or judged.outcome != "inconclusive" or len(made) >= most


@given(attempts, st.integers(2, 6), st.integers(0, 6))
def test_another_good_attempt_turns_nothing_red_and_a_starved_one_nothing_green_that_was_decided(
    made: list[DrillResult], most: int, at: int
) -> None:
    before = judge(made, terms(most))
    with_good = judge([*made[:at], attempt(ttm=400.0), *made[at:]], terms(most))
    with_starved = judge([*made[:at], starved(), *made[at:]], terms(most))
    assert before.outcome == "failed" or with_good.outcome != "failed"
    assert before.outcome == "passed" or before.is_open or with_starved.outcome != "passed"
