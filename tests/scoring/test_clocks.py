"""Clocks that are wrong are set by what scoring's own says, and only where that can be known."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.timeline import Event
from scoring.timeline.clocks import TOLERANCE, aligned, offsets_of

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
S = timedelta(seconds=1)


def event(at: timedelta, skew: timedelta = timedelta(), delay: timedelta = timedelta(), source: str = "pager") -> Event:
    """Something that happens `at` after noon, seen by a clock that is `skew` ahead, and delivered after `delay`."""
    return Event(
        kind="role.assigned",
        occurred_at=NOON + at + skew,
        sent_at=NOON + at + skew,
        received_at=NOON + at + delay,
        source=source,
    )


@given(
    skew=st.timedeltas(-timedelta(days=400), timedelta(days=400)).filter(lambda by: abs(by) > TOLERANCE),
    delays=st.lists(st.timedeltas(timedelta(), timedelta(minutes=9)), max_size=6),
)
def test_a_clock_that_is_wrong_is_set_right_by_its_quickest_delivery(skew: timedelta, delays: list[timedelta]) -> None:
    wrong = [event(i * S, skew, delay) for i, delay in enumerate([timedelta(), *delays])]
    assert [e.occurred_at for e in aligned(wrong)] == [NOON + i * S for i in range(len(wrong))]
    assert [e.occurred_at for e in aligned(wrong[::-1])] == [NOON + i * S for i in range(len(wrong))][::-1]


def test_another_source_keeps_its_own_clock() -> None:
    right, wrong = event(1 * S, source="monitor"), event(2 * S, skew=90 * S)
    assert [e.occurred_at for e in aligned([right, wrong])] == [NOON + 1 * S, NOON + 2 * S]
    assert offsets_of([right, wrong]) == {"monitor": timedelta(), "pager": -90 * S}


@pytest.mark.parametrize("skew", [timedelta(milliseconds=300), -TOLERANCE, TOLERANCE])
def test_less_than_a_delivery_may_take_is_let_be(skew: timedelta) -> None:
    told = (event(1 * S, skew),)
    assert aligned(told) == told


def test_a_source_that_does_not_always_say_when_it_sent_is_let_be() -> None:
    silent = event(1 * S).model_copy(update={"sent_at": None})
    told = (silent, event(2 * S, skew=90 * S), event(3 * S, skew=90 * S))
    assert aligned(told) == told
    assert offsets_of(told) == {}


def test_one_late_delivery_moves_nothing() -> None:
    told = (event(1 * S), event(2 * S, delay=timedelta(hours=1)))
    assert aligned(told) == told


def test_a_clock_that_leads_out_of_the_calendar_is_let_be() -> None:
    far = event(1 * S).model_copy(update={"occurred_at": datetime.max.replace(tzinfo=UTC), "sent_at": NOON - 9 * S})
    assert aligned([far]) == (far,)
