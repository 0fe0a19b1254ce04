"""However events arrive, the scorecard is the same; and no lateness pays."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.playbook import Playbook
from scoring.scorecard import score
from scoring.sla import grade
from scoring.timeline import Timeline

Told = Callable[[Mapping[str, Any]], Timeline]
GENTLE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
UPDATE = {"audiences": ["responders"], "status": "s", "impact": "i", "next_step": "n", "next_update_at": "t"}


def handled(**moved: float) -> dict[str, Any]:
    """An incident with every kind of step; `moved` gives a step another second."""
    steps = {
        "fault.injected": (8, {}),
        "alert.firing": (12, {"name": "SlotsExhausted"}),
        "incident.acknowledged": (13, {}),
        "incident.declared": (14, {"severity": "SEV-1"}),
        "update.posted": (15, UPDATE),
        "diagnosis.submitted": (16, {"component": "postgres", "failure_mode": "connection-exhaustion"}),
        "incident.resolved": (40, {}),
        "drill.ended": (60, {}),
    }
    return {
        "load": {"0-9": 0, "9-20": 0.4, "20-60": 0},
        "checks": {"9-20": "bad", "20-60": "ok"},
        "events": [[moved.get(kind, second), kind, data] for kind, (second, data) in steps.items()],
    }


@GENTLE
@given(data=st.data())
def test_order_of_arrival_repeats_and_delays_change_nothing(
    data: st.DataObject, told: Told, playbook: Playbook
) -> None:
    timeline = told(handled())
    expected = score(timeline, playbook).to_json()
    again = data.draw(st.lists(st.sampled_from(timeline.events), max_size=10))
    windows_again = data.draw(st.lists(st.sampled_from(timeline.impact), max_size=10))
    late = [
        event.model_copy(update={"received_at": timeline.drill.started_at + delay})
        for event, delay in zip(
            (*timeline.events, *again),
            data.draw(st.lists(st.timedeltas(), min_size=80, max_size=80)),
            strict=False,
        )
        if abs(delay.days) < 3000
    ]
    arrived = data.draw(st.permutations([*timeline.events, *late]))
    impact = data.draw(st.permutations([*timeline.impact, *windows_again]))
    shuffled = timeline.model_copy(update={"events": tuple(arrived), "impact": tuple(impact)})
    assert score(shuffled, playbook).to_json() == expected


@GENTLE
@given(skew=st.integers(-(10**9), 10**9))
def test_a_clock_that_is_wrong_for_everybody_changes_no_grade(skew: int, told: Told, playbook: Playbook) -> None:
    timeline, by = told(handled()), timedelta(seconds=skew)
    drill = timeline.drill
    moved = timeline.model_copy(
        update={
            "drill": drill.model_copy(
                update={
                    "started_at": drill.started_at + by,
                    "ended_at": drill.ended_at + by if drill.ended_at else None,
                }
            ),
            "events": tuple(e.model_copy(update={"occurred_at": e.occurred_at + by}) for e in timeline.events),
            "impact": tuple(w.model_copy(update={"at": w.at + by}) for w in timeline.impact),
        }
    )
    before, after = score(timeline, playbook), score(moved, playbook)
    assert after.score == before.score
    assert {n: m.grade for n, m in after.measures.items()} == {n: m.grade for n, m in before.measures.items()}


@GENTLE
@given(
    kind=st.sampled_from(["incident.acknowledged", "incident.declared", "update.posted", "incident.resolved"]),
    first=st.floats(12, 60),
    later=st.floats(0, 40),
)
def test_no_step_earns_more_by_coming_later(
    kind: str, first: float, later: float, told: Told, playbook: Playbook
) -> None:
    early, late = (score(told(handled(**{kind: at})), playbook) for at in (first, first + later))
    for name in ("ttd", "tta", "ttc", "ttm"):
        assert (late.measures[name].grade or 0) <= (early.measures[name].grade or 0)
    if kind == "update.posted":
        return  # a word in the middle of the duty can keep the interval better than one at its start
    if kind != "incident.resolved":  # an all-clear is earned by waiting for the window to hold
        assert (late.dimensions["classify"].grade or 0) <= (early.dimensions["classify"].grade or 0)


@GENTLE
@given(
    ended=st.integers(9, 70), step=st.sampled_from(["incident.acknowledged", "incident.declared", "incident.resolved"])
)
def test_what_comes_after_the_end_is_never_met(ended: int, step: str, told: Told, playbook: Playbook) -> None:
    case = handled(**{step: ended + 0.5}, **{"drill.ended": ended})
    card = score(told({**case, "ended": ended}), playbook)
    measure = {"incident.acknowledged": "tta", "incident.declared": "ttc", "incident.resolved": "ttr"}[step]
    assert card.measures[measure].verdict != "met"
    assert card.sla_met is False


@given(sla=st.floats(1, 1e6), one=st.floats(0, 4), other=st.floats(0, 4))
def test_the_grade_never_rises_with_time(sla: float, one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert 0 <= grade(late * sla, sla) <= grade(early * sla, sla) <= 1


@pytest.mark.parametrize(
    ("of_sla", "expected"), [(0, 1), (0.5, 1), (0.75, 0.75), (1, 0.5), (1.5, 0.25), (2, 0), (9, 0)]
)
def test_the_grade_has_its_corners_where_it_is_said(of_sla: float, expected: float) -> None:
    assert grade(of_sla * 900, 900) == pytest.approx(expected)
