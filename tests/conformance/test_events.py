"""Events by kubectl and by the official client, in both groups that serve them."""

import json

import manifests
import pytest
from kubernetes import client, config
from waiting import until

pytestmark = pytest.mark.conformance


@pytest.fixture
def unlucky(kubectl):
    """A pod whose image there is not, so that events repeat."""
    spec = {"containers": [{"name": "c", "image": "no-such-image:1"}], "terminationGracePeriodSeconds": 0}
    kubectl("create", "-f", "-", stdin=json.dumps(manifests.pod("unlucky", **spec)))
    yield "unlucky"
    kubectl("delete", "pod", "unlucky", "--now")


def _until_counted(kubectl) -> None:
    until(lambda: "(x" in kubectl("events", "--for", "pod/unlucky", "--types=Normal"), 30)


def test_kubectl_events_selects_by_object_and_type_and_counts(kubectl, unlucky) -> None:
    _until_counted(kubectl)
    text = kubectl("events", "--for", "pod/unlucky", "--types=Warning")
    assert "Failed" in text
    assert "Normal" not in text
    assert "Scheduled" in kubectl("events", "--for", "pod/unlucky", "--types=Normal")
    assert (
        "pod/unlucky"
        in kubectl("get", "events", "--field-selector", "involvedObject.name=unlucky,type=Warning").lower()
    )


def test_kubectl_events_follows(kubectl) -> None:
    def start() -> None:
        kubectl("scale", "deployment/web", "--replicas=3")

    assert "Scaled up" in kubectl.until("Scaled up", "events", "-w", "--for", "deployment/web", then=start)
    kubectl("scale", "deployment/web", "--replicas=2")


def test_the_new_group_shows_the_same_events_to_the_strict_client(kubectl, kubeconfig, unlucky) -> None:
    _until_counted(kubectl)
    api = client.EventsV1Api(config.new_client_from_config(str(kubeconfig)))
    found = api.list_namespaced_event(kubectl.namespace, field_selector="regarding.name=unlucky").items
    assert {event.regarding.name for event in found} == {"unlucky"}
    failed = next(event for event in found if event.reason == "Failed")
    assert failed.note
    assert failed.event_time is not None
    assert failed.deprecated_source.component == "kubelet"
    table = kubectl("get", "events.v1.events.k8s.io")
    assert table.split()[:5] == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT"]
    named = kubectl("get", "events.v1.events.k8s.io", failed.metadata.name, "-o", "jsonpath={.note}")
    assert named == failed.note


def test_an_event_that_is_deleted_in_one_group_is_gone_in_the_other(kubectl, unlucky) -> None:
    _until_counted(kubectl)
    name = kubectl("get", "events", "--field-selector", "reason=Scheduled,involvedObject.name=unlucky", "-o", "name")
    name = name.strip().rpartition("/")[2]
    kubectl("delete", "events.v1.events.k8s.io", name)
    assert "NotFound" in kubectl("get", "event", name, ok=False)
