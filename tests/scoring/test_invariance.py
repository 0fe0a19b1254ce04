"""However events arrive, the scorecard is the same; no lateness pays; and every scorecard holds together."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wild_drills import GENTLE, handled, wild

from scoring.playbook import DIMENSIONS, Playbook
from scoring.scorecard import Scorecard, mark_of, score
from scoring.scorecard.finding import MOST_NAMED
from scoring.scorecard.live import LiveScore
from scoring.scorecard.sla import grade
from scoring.scorecard.text import WIDTH, render
from scoring.timeline import KINDS, Event, Timeline
from scoring.timeline.clocks import TOLERANCE

Told = Callable[[Mapping[str, Any]], Timeline]
Moves = Mapping[str, float]
DAY = timedelta(days=1)


def assert_holds_together(card: Scorecard) -> None:
    assessed = [d for d in card.dimensions.values() if d.grade is not None]
    assert list(card.dimensions) == list(DIMENSIONS)
    assert sum(d.weight for d in card.dimensions.values()) == pytest.approx(100 if assessed else 0, abs=1e-3)
    for dimension in card.dimensions.values():
        assert dimension.why[:1].isupper() or not dimension.why[:1].isalpha()
        assert dimension.why.endswith(".")
        assert len(dimension.events) <= MOST_NAMED
        if dimension.grade is None:
            assert (dimension.weight, dimension.points, dimension.mark) == (0, None, None)
            continue
        assert 0 <= dimension.grade <= 1
        assert dimension.points == pytest.approx(dimension.weight * dimension.grade, abs=1e-2)
        assert dimension.grade == 1 or dimension.events or card.expected_severity is None, dimension.why
    if card.score is not None:
        assert 0 <= card.score <= 100
        earned = sum(d.points or 0 for d in assessed)
        cost = card.hints.points if card.hints else 0
        assert card.score == pytest.approx(max(0, earned - cost), abs=0.006)
        assert card.mark == ("U" if card.hard_fails else mark_of(card.score / 100))
    assert (card.score is None) == (card.verdict != "scored") == (card.mark is None)
    for measure in card.measures.values():
        assert (measure.grade is None) == (measure.verdict in ("censored", "not_assessed"))
        assert measure.verdict != "met" or (measure.drill_seconds or 0) <= (measure.sla_seconds or 0) + 1e-3
        assert measure.verdict not in ("censored", "not_assessed") or measure.drill_seconds is None
    assert not card.sla_met or all(m.verdict in ("met", "not_assessed") for m in card.measures.values())
    assert card.accepted + card.collateral + card.noise >= len(card.accepted_alerts.events)
    assert max(map(len, render(card).splitlines())) <= WIDTH


@settings(GENTLE, max_examples=40)
@given(case=wild())
def test_every_scorecard_holds_together(case: Mapping[str, Any], told: Told, playbook: Playbook) -> None:
    assert_holds_together(score(told(case), playbook))


@settings(GENTLE, max_examples=20)
@given(case=wild(), data=st.data())
def test_order_of_arrival_repeats_and_delays_change_nothing(
    case: Mapping[str, Any], data: st.DataObject, told: Told, playbook: Playbook
) -> None:
    timeline = told(case)
    expected = score(timeline, playbook).to_json()
    again = data.draw(st.lists(st.sampled_from(timeline.events), max_size=10))
    windows_again = data.draw(st.lists(st.sampled_from(timeline.impact), max_size=5)) if timeline.impact else []
    delays = data.draw(st.lists(st.timedeltas(-DAY, DAY), min_size=20, max_size=20))
    late = [
        event.model_copy(update={"received_at": timeline.drill.started_at + delay})
        for event, delay in zip((*timeline.events, *again), delays * 5, strict=False)
    ]
    arrived = data.draw(st.permutations([*timeline.events, *late]))
    impact = data.draw(st.permutations([*timeline.impact, *windows_again]))
    shuffled = timeline.model_copy(update={"events": tuple(arrived), "impact": tuple(impact)})
    assert score(shuffled, playbook).to_json() == expected


@settings(GENTLE, max_examples=15)
@given(case=wild(), data=st.data())
def test_a_drill_that_is_scored_as_it_comes_in_has_the_same_scorecard(
    case: Mapping[str, Any], data: st.DataObject, told: Told, playbook: Playbook
) -> None:
    timeline = told(case)
    assert timeline.truth is not None
    live = LiveScore(timeline.drill, timeline.truth, playbook, timeline.baseline)
    for event in data.draw(st.permutations(timeline.events)):
        live.add([event])
        if data.draw(st.integers(0, 4)) == 0:
            live.scorecard()
    live.add_windows(data.draw(st.permutations(timeline.impact)))
    assert live.scorecard().to_json() == score(timeline, playbook).to_json()


@settings(GENTLE, max_examples=25)
@given(
    case=wild(),
    skews=st.lists(st.timedeltas(-400 * DAY, 400 * DAY).filter(lambda by: abs(by) > TOLERANCE), min_size=2, max_size=2),
    delays=st.lists(st.timedeltas(timedelta(), DAY), min_size=20, max_size=20),
)
def test_clocks_that_are_wrong_and_deliveries_that_are_late_change_nothing(
    case: Mapping[str, Any], skews: list[timedelta], delays: list[timedelta], told: Told, playbook: Playbook
) -> None:
    """Two sources with clocks of their own, wrong by whatever; each had one delivery that took no time."""
    timeline = told(case)
    expected = score(timeline, playbook).to_json()
    skew = dict(zip(("test", "oracle"), skews, strict=True))
    prompt: set[str] = set()
    seen = []
    for event, delay in zip(timeline.events, delays * 20, strict=False):
        received_at = event.occurred_at + (delay if event.source in prompt else timedelta())
        prompt.add(event.source)
        by_its_clock = event.occurred_at + skew[event.source]
        seen.append(
            event.model_copy(
                update={
                    "occurred_at": by_its_clock,
                    "sent_at": by_its_clock,
                    "received_at": received_at,
                    "key": event.name,
                }
            )
        )
    skewed = timeline.model_copy(update={"events": tuple(seen)})
    assert score(skewed, playbook).to_json() == expected


@GENTLE
@given(which=st.integers(0, 50), delay=st.timedeltas(timedelta(), DAY), is_told=st.booleans())
def test_no_event_raises_a_grade_by_arriving_later(
    which: int, delay: timedelta, is_told: bool, told: Told, playbook: Playbook
) -> None:
    timeline = told(handled())
    late = which % len(timeline.events)

    def received(i: int, event: Event) -> Event:
        at = event.occurred_at + (delay if i == late else timedelta())
        return event.model_copy(update={"received_at": at, "sent_at": event.occurred_at if is_told else None})

    events = tuple(received(i, event) for i, event in enumerate(timeline.events))
    before, after = score(timeline, playbook), score(timeline.model_copy(update={"events": events}), playbook)
    for name, dimension in after.dimensions.items():
        assert (dimension.grade or 0) <= (before.dimensions[name].grade or 0)
    assert (after.score or 0) <= (before.score or 0)


@GENTLE
@given(skew=st.integers(-(10**9), 10**9))
def test_a_clock_that_is_wrong_for_everybody_changes_no_grade(skew: int, told: Told, playbook: Playbook) -> None:
    """Nor does the hour of the day, or the day of the week."""
    timeline, by = told(handled()), timedelta(seconds=skew)
    drill = timeline.drill

    def moved_at(at: datetime | None) -> datetime | None:
        return None if at is None else at + by

    moved = timeline.model_copy(
        update={
            "drill": drill.model_copy(
                update={"started_at": moved_at(drill.started_at), "ended_at": moved_at(drill.ended_at)}
            ),
            "events": tuple(e.model_copy(update={"occurred_at": e.occurred_at + by}) for e in timeline.events),
            "impact": tuple(w.model_copy(update={"at": w.at + by}) for w in timeline.impact),
        }
    )
    before, after = score(timeline, playbook), score(moved, playbook)
    assert after.score == before.score
    assert {n: m.grade for n, m in after.measures.items()} == {n: m.grade for n, m in before.measures.items()}


EARNED_BY = {
    "incident.acknowledged": ("acknowledge",),
    "incident.declared": ("detect", "classify"),
    "incident.escalated": ("escalate",),
    "diagnosis.submitted": ("diagnose",),
}


@GENTLE
@given(kind=st.sampled_from(sorted(EARNED_BY)), first=st.integers(8, 60), later=st.integers(0, 40))
def test_no_step_earns_more_by_coming_later(kind: str, first: int, later: int, told: Told, playbook: Playbook) -> None:
    """What is earned by waiting is not among these: an all-clear after the window held, an update when one is due."""
    early, late = (score(told(handled(**{kind: at})), playbook) for at in (first, first + later))
    for name in ("ttd", "tta", "ttc", "ttm"):
        assert (late.measures[name].grade or 0) <= (early.measures[name].grade or 0)
    for name in EARNED_BY[kind]:
        assert (late.dimensions[name].grade or 0) <= (early.dimensions[name].grade or 0)


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_scorecard_stays_small_however_much_happened(kind: str, told: Told, playbook: Playbook) -> None:
    crowd = [[10 + i / 100, kind, {"severity": "S" * 9000, "name": f"A{i}" * 99, "to": f"p{i}"}] for i in range(300)]
    card = score(told({"load": {"0-9": 0, "9-60": 0.4}, "events": [[8, "fault.injected"], *crowd]}), playbook)
    assert_holds_together(card)
    assert len(card.to_json()) < 30_000
    assert orjson.loads(card.to_json())["drill"] == "told"


@given(sla=st.floats(1, 1e6), one=st.floats(0, 4), other=st.floats(0, 4))
def test_the_grade_never_rises_with_time(sla: float, one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert 0 <= grade(late * sla, sla) <= grade(early * sla, sla) <= 1


@pytest.mark.parametrize(
    ("of_sla", "expected"), [(0, 1), (0.5, 1), (0.75, 0.75), (1, 0.5), (1.5, 0.25), (2, 0), (9, 0)]
)
def test_the_grade_has_its_corners_where_it_is_said(of_sla: float, expected: float) -> None:
    assert grade(of_sla * 900, 900) == pytest.approx(expected)
