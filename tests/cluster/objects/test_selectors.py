"""Label and field selectors."""

import pytest

from simulator.cluster import kinds
from simulator.cluster.errors import ApiError
from simulator.cluster.objects import selectors

POD = {
    "metadata": {"name": "p", "namespace": "d", "labels": {"app": "web", "tier": "front", "empty": ""}},
    "spec": {"nodeName": "n1"},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("text", "is_match"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app!=web", False),
        ("missing!=web", True),
        ("app in (api, web)", True),
        ("app in (api),tier=front", False),
        ("app notin (api,db)", True),
        ("missing notin (a)", True),
        ("app", True),
        ("!app", False),
        ("!missing", True),
        ("empty=", True),
        ("missing=", False),
    ],
)
def test_a_label_selector_matches_as_kubectl_means_it(text: str, is_match: bool) -> None:
    assert selectors.labels(text)(POD) is is_match


@pytest.mark.parametrize("text", ["a b=c", "app in web", "=x", "in (a)"])
def test_a_label_selector_that_does_not_parse_is_a_bad_request(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        selectors.labels(text)
    assert refused.value.code == 400


@pytest.mark.parametrize(
    ("text", "is_match"),
    [
        ("metadata.name=p", True),
        ("spec.nodeName=n1,status.phase!=Failed", True),
        ("status.phase==Pending", False),
        ("status.podIP=", True),
    ],
)
def test_a_field_selector_matches(text: str, is_match: bool) -> None:
    assert selectors.fields(text, kinds.of("Pod").selectable)(POD) is is_match


def test_a_field_that_a_kind_cannot_be_selected_by_is_a_bad_request() -> None:
    with pytest.raises(
        ApiError, match=r'"spec.nodeName" is not a known field selector: only "metadata.name", "metadata.namespace"'
    ):
        selectors.fields("spec.nodeName=n1", kinds.of("ConfigMap").selectable)


def test_a_node_without_the_field_is_schedulable() -> None:
    assert selectors.fields("spec.unschedulable=false", kinds.of("Node").selectable)({"spec": {}})


def test_events_are_selected_by_the_uid_of_what_they_are_about() -> None:
    event = {"involvedObject": {"uid": "u1", "kind": "Pod"}}
    assert selectors.fields("involvedObject.uid=u1,involvedObject.kind=Pod", kinds.of("Event").selectable)(event)


def test_an_absent_label_selector_matches_nothing_and_an_empty_one_everything() -> None:
    assert not selectors.label_selector(None)({"a": "b"})
    assert selectors.label_selector({})({"a": "b"})


def test_match_labels_and_expressions_must_all_hold() -> None:
    selector = {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["x"]}]}
    assert selectors.label_selector(selector)({"a": "1", "b": "x"})
    assert not selectors.label_selector(selector)({"a": "1", "b": "y"})
    assert not selectors.label_selector(selector)({"b": "x"})
