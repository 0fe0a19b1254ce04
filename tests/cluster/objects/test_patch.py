"""The three patch formats, by example (the strategic ones after the Kubernetes documentation) and by property."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.errors import ApiError
from simulator.cluster.objects.patch import json_merge, json_patch, strategic_merge


def _pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": spec}


def _containers(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "image": f"{name}:1"} for name in names]


def _merged(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    return strategic_merge("Pod", _pod(**before), {"spec": patch})["spec"]


STRATEGIC = {
    "a container merges by its name": (
        {"containers": _containers("a", "b")},
        {"containers": [{"name": "b", "image": "b:2"}]},
        {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]},
    ),
    "an unknown container is added at the end": (
        {"containers": _containers("a")},
        {"containers": [{"name": "z", "image": "z:1"}]},
        {"containers": _containers("a", "z")},
    ),
    "a directive deletes one entry": (
        {"containers": _containers("a", "b")},
        {"containers": [{"name": "a", "$patch": "delete"}]},
        {"containers": _containers("b")},
    ),
    "a directive replaces the whole list": (
        {"containers": _containers("a", "b")},
        {"containers": [{"$patch": "replace"}, {"name": "c", "image": "c:1"}]},
        {"containers": _containers("c")},
    ),
    "an order directive sorts the entries it names": (
        {"containers": _containers("a", "b", "c")},
        {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}, {"name": "b"}], "containers": [{"name": "c"}]},
        {"containers": _containers("c", "a", "b")},
    ),
    "an environment variable goes when the patch says so": (
        {"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}]},
        {"containers": [{"name": "a", "env": [{"name": "X", "$patch": "delete"}]}]},
        {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}]},
    ),
    "a list without a merge key is replaced": (
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [{"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
    "arguments are replaced": (
        {"containers": [{"name": "a", "args": ["1", "2"]}]},
        {"containers": [{"name": "a", "args": ["3"]}]},
        {"containers": [{"name": "a", "args": ["3"]}]},
    ),
    "null removes a field": ({"nodeName": "n", "hostname": "h"}, {"hostname": None}, {"nodeName": "n"}),
    "a map is replaced where the patch says so": (
        {"nodeSelector": {"a": "1"}},
        {"nodeSelector": {"$patch": "replace", "b": "2"}},
        {"nodeSelector": {"b": "2"}},
    ),
    "retained keys drop the other kinds of volume": (
        {"volumes": [{"name": "v", "emptyDir": {}}]},
        {"volumes": [{"name": "v", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}}]},
        {"volumes": [{"name": "v", "secret": {"secretName": "s"}}]},
    ),
    "nulls and directives do not get into new values": (
        {},
        {"securityContext": {"runAsUser": None, "runAsGroup": 1}},
        {"securityContext": {"runAsGroup": 1}},
    ),
}


@pytest.mark.parametrize(("before", "patch", "after"), STRATEGIC.values(), ids=STRATEGIC.keys())
def test_strategic_merge(before: dict[str, Any], patch: dict[str, Any], after: dict[str, Any]) -> None:
    assert _merged(before, patch) == after


def test_finalizers_merge_as_a_set_and_are_deleted_by_value() -> None:
    pod = {"metadata": {"finalizers": ["a", "b"]}}
    added = strategic_merge("Pod", pod, {"metadata": {"finalizers": ["b", "c"]}})
    assert added["metadata"]["finalizers"] == ["a", "b", "c"]
    cut = strategic_merge("Pod", added, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a", "c"]}})
    assert cut["metadata"]["finalizers"] == ["b"]


def test_an_entry_without_its_merge_key_is_refused() -> None:
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        _merged({"containers": _containers("a")}, {"containers": [{"image": "x"}]})


RFC_7386 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a"], {"a": "c"}, {"a": "c"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("document", "patch", "after"), RFC_7386)
def test_json_merge_does_as_the_examples_of_its_rfc(document: Any, patch: Any, after: Any) -> None:
    assert json_merge(document, patch) == after


RFC_6902 = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"foo": "bar", "baz": "qux"}),
    ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
    ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}], {"a": [1, 2]}),
    ({"a": 1, "b": 2}, [{"op": "remove", "path": "/a"}], {"b": 2}),
    ({"a": [1, 2]}, [{"op": "remove", "path": "/a/0"}], {"a": [2]}),
    ({"a": 1}, [{"op": "replace", "path": "/a", "value": 2}], {"a": 2}),
    ({"a": {"b": 1}, "c": {}}, [{"op": "move", "from": "/a/b", "path": "/c/d"}], {"a": {}, "c": {"d": 1}}),
    ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
    ({"a/b": {"~": 1}}, [{"op": "test", "path": "/a~1b/~0", "value": 1}], {"a/b": {"~": 1}}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
]


@pytest.mark.parametrize(("document", "operations", "after"), RFC_6902)
def test_json_patch_does_as_the_examples_of_its_rfc(document: Any, operations: Any, after: Any) -> None:
    assert json_patch(document, operations) == after


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/nope", "value": 1},
        {"op": "remove", "path": "/list/7"},
        {"op": "test", "path": "/a", "value": 2},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "invent", "path": "/a"},
        {"op": "add", "path": "/a"},
    ],
)
def test_a_json_patch_that_does_not_apply_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        json_patch({"a": 1, "list": [1]}, [operation])
    assert refused.value.code == 422


names = st.sampled_from("abcdef")
values = st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda v: st.dictionaries(names, v, max_size=3))
documents = st.dictionaries(names, values.filter(lambda v: v is not None), max_size=4)


@given(documents, st.dictionaries(names, values, max_size=4))
def test_json_merge_twice_is_json_merge_once_and_leaves_its_inputs_alone(document: Any, patch: Any) -> None:
    kept = copy.deepcopy((document, patch))
    once = json_merge(document, patch)
    assert json_merge(once, patch) == once
    assert (document, patch) == kept


containers = st.lists(
    st.fixed_dictionaries({"name": names}, optional={"image": st.text(max_size=2), "tty": st.booleans()}),
    unique_by=lambda entry: entry["name"],
    max_size=5,
)


@given(containers, containers)
def test_strategic_merge_of_containers_is_idempotent_and_loses_nobody(before: Any, patch: Any) -> None:
    once = _merged({"containers": before}, {"containers": patch})
    assert _merged(once, {"containers": patch}) == once
    assert {c["name"] for c in once["containers"]} == {c["name"] for c in [*before, *patch]}
    for entry in patch:
        merged = next(c for c in once["containers"] if c["name"] == entry["name"])
        assert merged.items() >= entry.items()


@given(containers, st.permutations("abcdef"))
def test_an_order_directive_puts_entries_in_that_order(before: Any, order: list[str]) -> None:
    patch = {"$setElementOrder/containers": [{"name": name} for name in order]}
    after = [c["name"] for c in _merged({"containers": before}, patch)["containers"]]
    assert after == [name for name in order if name in after]
    assert sorted(after) == sorted(c["name"] for c in before)
