"""When what was seen is enough: properties of the rule, whatever the attempts were."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.gate.deciding import Decision, Look, decide, whole

MET, NEAR_MET = Look("met"), Look("met", is_clear=False)
MISSED, NEAR_MISSED = Look("missed"), Look("missed", is_clear=False)
UNJUDGED = Look("not_judged")
looks = st.lists(st.sampled_from([MET, NEAR_MET, MISSED, NEAR_MISSED, UNJUDGED]), max_size=8)
mosts = st.integers(2, 8)


def played(all_looks: list[Look], most: int) -> tuple[Decision, int]:
    """The decision and the number of attempts that it took, one after the other."""
    for count in range(1, most + 1):
        decision = decide(all_looks[:count], most)
        if decision != "undecided":
            return decision, count
    raise AssertionError("undecided after all attempts")


def test_a_clear_pass_is_played_once() -> None:
    assert decide([MET], 3) == "passed"


def test_a_clear_fail_is_played_twice() -> None:
    assert decide([MISSED], 3) == "undecided"
    assert decide([MISSED, MISSED], 5) == "failed"


def test_what_is_within_its_noise_is_decided_by_the_majority() -> None:
    assert decide([NEAR_MET], 3) == "undecided"
    assert decide([NEAR_MET, NEAR_MISSED], 3) == "undecided"
    assert decide([NEAR_MET, NEAR_MISSED, NEAR_MET], 3) == "passed"
    assert decide([NEAR_MET, NEAR_MISSED, MISSED], 3) == "failed"
    assert decide([NEAR_MET, NEAR_MET], 3) == "passed", "the third could not turn it"


def test_attempts_that_cannot_be_judged_are_made_again_and_then_say_so() -> None:
    assert decide([UNJUDGED], 3) == "undecided"
    assert decide([UNJUDGED, MET], 3) == "passed"
    assert decide([UNJUDGED, MISSED], 3) == "undecided"
    assert decide([UNJUDGED, MISSED, MISSED], 3) == "failed"
    assert decide([UNJUDGED] * 3, 3) == "inconclusive"
    assert decide([UNJUDGED, UNJUDGED, MISSED], 3) == "inconclusive"
    assert decide([MISSED, MET, UNJUDGED], 3) == "inconclusive"


@given(looks, mosts)
def test_red_is_never_told_from_a_single_attempt(seen: list[Look], most: int) -> None:
    if decide(seen, most) == "failed":
        assert sum(look.standing == "missed" for look in seen) >= 2


@given(looks, mosts)
def test_neither_side_wins_against_the_majority(seen: list[Look], most: int) -> None:
    met, missed = (sum(look.standing == standing for look in seen) for standing in ("met", "missed"))
    decision = decide(seen, most)
    assert not (decision == "passed" and missed >= met)
    assert not (decision == "failed" and met >= missed)


@given(looks, mosts, st.integers(0, 8))
def test_another_clear_pass_turns_nothing_red_and_another_fail_nothing_green(
    seen: list[Look], most: int, at: int
) -> None:
    before = decide(seen, most)
    with_pass = decide([*seen[:at], MET, *seen[at:]], most)
    with_fail = decide([*seen[:at], MISSED, *seen[at:]], most)
    assert not (with_pass == "failed" and before != "failed")
    assert not (with_fail == "passed" and before != "passed")


@given(looks, mosts)
def test_the_order_of_attempts_does_not_matter(seen: list[Look], most: int) -> None:
    assert decide(seen, most) == decide(seen[::-1], most)


@given(st.lists(st.sampled_from([MET, NEAR_MET, MISSED, NEAR_MISSED, UNJUDGED]), min_size=8, max_size=8), mosts)
def test_it_ends_after_the_most_attempts_at_the_latest(seen: list[Look], most: int) -> None:
    decision, count = played(seen, most)
    assert decision in ("passed", "failed", "inconclusive")
    assert count <= most


@given(looks)
def test_an_attempt_is_as_good_as_its_worst_requirement(seen: list[Look]) -> None:
    standing = whole(seen).standing
    if any(look.standing == "missed" for look in seen):
        assert standing == "missed"
    elif any(look.standing == "not_judged" for look in seen) or not seen:
        assert standing == "not_judged"
    else:
        assert standing == "met"
