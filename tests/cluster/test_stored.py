"""Versions of objects: copies that nobody else changes, and what two versions may have in common."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.resources import CONFIG_MAPS, PODS
from simulator.cluster.store import Store
from simulator.cluster.stored import copied, sharing

LEAVES = st.none() | st.integers() | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


def _spoil(value: object) -> None:
    """Change every dict and list in place."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _spoil(item)
    if isinstance(value, dict):
        value["spoilt"] = True
    elif isinstance(value, list):
        value.append("spoilt")


@given(VALUES)
def test_a_copy_is_equal_and_shares_nothing(value: object) -> None:
    before = deepcopy(value)
    _spoil(copied(value))
    assert value == before


@given(OBJECTS, OBJECTS)
def test_what_shares_with_the_old_version_shares_nothing_with_the_draft(
    new: dict[str, object], old: dict[str, object]
) -> None:
    wanted = deepcopy(new)
    kept = sharing(new, old)
    _spoil(new)
    assert kept == wanted


def test_what_is_created_alike_is_kept_once() -> None:
    store = Store()
    spec = {"containers": [{"name": "web", "image": "web:1"}], "nodeName": "one"}
    first, second = (
        store.create(PODS, {"metadata": {"namespace": "default", "name": name}, "spec": {**spec, "nodeName": name}})
        for name in ("a", "b")
    )
    assert second["spec"]["containers"] is first["spec"]["containers"]
    assert (first["spec"]["nodeName"], second["spec"]["nodeName"]) == ("a", "b")


def test_each_version_keeps_its_own_number_and_the_parts_that_did_not_change() -> None:
    store = Store()
    body = {"metadata": {"namespace": "default", "name": "map", "labels": {"a": "b"}}, "data": {"key": "one"}}
    first = store.create(CONFIG_MAPS, body)
    second = store.modify(CONFIG_MAPS, "default", "map", lambda draft: draft.update(data={"key": "two"}))
    last = store.remove(CONFIG_MAPS, "default", "map")
    assert [each["metadata"]["resourceVersion"] for each in (first, second, last)] == ["1", "2", "3"]
    assert second["metadata"]["labels"] is first["metadata"]["labels"]
    assert last["data"] is second["data"]


@given(st.lists(st.tuples(st.sampled_from(["a", "a-b", "b"]), st.sampled_from("xyz")), max_size=12))
def test_lists_are_in_order_whatever_came_and_went(steps: list[tuple[str, str]]) -> None:
    store, have = Store(), set()
    for namespace, name in steps:
        if (namespace, name) in have:
            have.remove((namespace, name))
            store.remove(CONFIG_MAPS, namespace, name)
        else:
            have.add((namespace, name))
            store.create(CONFIG_MAPS, {"metadata": {"namespace": namespace, "name": name}})
    for wanted in (None, "a", "a-b", "b", ""):
        found = [(o["metadata"]["namespace"], o["metadata"]["name"]) for o in store.list(CONFIG_MAPS, wanted)]
        assert found == sorted(key for key in have if wanted in (None, key[0]))
