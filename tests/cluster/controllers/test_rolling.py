"""The arithmetic of rolling updates: Kubernetes' examples, and the promise that holds at every step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.controllers.rolling import Bounds, Revision, bounds, next_scales, proportional


@pytest.mark.parametrize(
    ("desired", "surge", "unavailable", "expected"),
    [
        (3, "25%", "25%", Bounds(1, 0)),  # surge rounds up, unavailable down
        (10, "25%", "25%", Bounds(3, 2)),
        (3, 0, "100%", Bounds(0, 3)),
        (1, 1, 0, Bounds(1, 0)),
        (4, 0, 0, Bounds(0, 1)),  # an update must be able to move
        (2, 5, 9, Bounds(5, 2)),
    ],
)
def test_percentages_round_as_kubernetes_does(
    desired: int, surge: int | str, unavailable: int | str, expected: Bounds
) -> None:
    assert bounds(desired, surge, unavailable) == expected


def test_the_new_revision_grows_before_the_old_one_shrinks() -> None:
    limits = Bounds(1, 0)
    old = [Revision("old", 3, 3)]
    assert next_scales(3, limits, Revision("new", 0, 0), old) == {"new": 1}
    assert next_scales(3, limits, Revision("new", 1, 0), old) == {}
    assert next_scales(3, limits, Revision("new", 1, 1), old) == {"old": 2}


def test_all_at_once_takes_every_old_pod_away_first() -> None:
    limits = bounds(3, 0, "100%")
    assert next_scales(3, limits, Revision("new", 0, 0), [Revision("old", 3, 3)]) == {"old": 0}
    assert next_scales(3, limits, Revision("new", 0, 0), [Revision("old", 0, 0)]) == {"new": 3}


def test_unhealthy_old_pods_make_room_first() -> None:
    old = [Revision("broken", 2, 0), Revision("good", 2, 2)]
    assert next_scales(3, Bounds(1, 1), Revision("new", 0, 0), old) == {"broken": 0}


def test_scaling_in_the_middle_of_a_rollout_spreads_over_the_revisions() -> None:
    revisions = [Revision("new", 5, 0, 13), Revision("old", 8, 8, 13)]
    assert proportional(15, Bounds(3, 2), revisions) == {"new": 7, "old": 11}
    assert proportional(5, Bounds(2, 1), revisions) == {"new": 3, "old": 4}


def test_what_rounding_leaves_over_is_the_largest_ones() -> None:
    three = [Revision(name, 1, 1, 3) for name in ("new", "older", "oldest")]
    assert proportional(4, Bounds(1, 0), three) == {"new": 2, "older": 2}


@given(st.integers(0, 20), st.integers(0, 5), st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(0, 20))
def test_proportional_scaling_gives_out_exactly_what_there_is(
    desired: int, surge: int, sizes: list[int], room: int
) -> None:
    active = [Revision(f"r{index}", size, 0, sum(sizes) + room) for index, size in enumerate(sizes)]
    scales = proportional(desired, Bounds(surge, 0), active)
    after = [scales.get(each.name, each.replicas) for each in active]
    assert min(after) >= 0
    assert sum(after) == (desired + surge if desired else 0)


@given(data=st.data(), desired=st.integers(0, 12), surge=st.integers(0, 12), unavailable=st.integers(0, 12))
def test_a_rollout_ends_and_never_leaves_its_bounds(
    data: st.DataObject, desired: int, surge: int, unavailable: int
) -> None:
    limits = bounds(desired, surge, unavailable)
    sizes = {"new": 0, "older": 0, "old": desired}
    available = dict(sizes)
    for _ in range(20 * (desired + 2)):
        state = {name: Revision(name, sizes[name], available[name]) for name in sizes}
        scales = next_scales(desired, limits, state["new"], [state["older"], state["old"]])
        if not scales and available["new"] == sizes["new"]:
            break
        for name, replicas in scales.items():
            sizes[name] = replicas
            available[name] = min(available[name], replicas)  # the unavailable go first
        if sizes["new"] > available["new"] and (not scales or data.draw(st.booleans())):
            available["new"] += 1
        assert sum(sizes.values()) <= desired + limits.surge
        assert sum(available.values()) >= desired - limits.unavailable
    assert sizes == {"new": desired, "older": 0, "old": 0}
