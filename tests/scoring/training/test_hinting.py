"""Hints are taken in their order, each once, and by nobody who only pretends to have taken them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from scoring.timeline import Event, Hint, Truth
from scoring.training.hinting import key_of, take, taken

AT = datetime(2026, 1, 5, 10, tzinfo=UTC)
HINTS = [Hint(text=f"hint {level}", cost=level) for level in (1, 2, 3, 4)]


def test_a_taken_hint_tells_its_level_text_and_cost() -> None:
    event = take(HINTS, 2, "ada", AT)
    assert (event.kind, event.data) == ("hint.taken", {"level": 2, "text": "hint 2", "cost": 2.0, "who": "ada"})


@given(st.sets(st.integers(1, 4)), st.randoms(use_true_random=False))
def test_what_was_taken_reaches_up_to_the_first_that_was_not(levels: set[int], chance: object) -> None:
    events = [take(HINTS, level, "ada", AT) for level in levels]
    chance.shuffle(events)  # type: ignore[attr-defined]
    found = [event.data["level"] for event in taken(HINTS, events + events)]
    assert found == [level for level in (1, 2, 3, 4) if set(range(1, level + 1)) <= levels]


def test_a_key_cannot_be_guessed_by_who_has_not_read_the_hint() -> None:
    forged = Event(kind="hint.taken", occurred_at=AT, data={"level": 1, "cost": 0}, key="hint/1")
    assert taken(HINTS, [forged]) == []
    assert key_of(HINTS, 1) != key_of([Hint(text="another", cost=1)], 1)


def test_a_truth_without_hints_is_written_as_it_always_was() -> None:
    assert "hints" not in Truth(failure_mode="disk-full").model_dump(mode="json")
    told = Truth(hints=tuple(HINTS[:1])).model_dump(mode="json")
    assert told["hints"] == [{"text": "hint 1", "cost": 1.0}]
    assert Truth.model_validate(told).hints == tuple(HINTS[:1])
