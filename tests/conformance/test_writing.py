"""Every way in which kubectl writes, and what it is told when it may not."""

import json
from typing import Any

import manifests
import pytest

pytestmark = pytest.mark.conformance

IDLE: dict[str, Any] = manifests.deployment(
    "idle", {"containers": [{"name": "c", "image": "nobody/nothing:9", "ports": [{"containerPort": 80}]}]}, replicas=0
)


@pytest.fixture
def idle(kubectl):
    """A Deployment without pods."""
    kubectl("apply", "-f", "-", stdin=json.dumps(IDLE))
    yield
    kubectl("delete", "deployment/idle", "--ignore-not-found")


def _get(kubectl, path: str) -> str:
    return kubectl("get", "deployment/idle", "-o", f"jsonpath={{{path}}}")


@pytest.mark.usefixtures("idle")
def test_set_changes_one_thing_each(kubectl) -> None:
    container = ".spec.template.spec.containers[0]"
    kubectl("set", "image", "deployment/idle", "c=nobody/nothing:8")
    kubectl("set", "env", "deployment/idle", "A=b")
    kubectl("set", "resources", "deployment/idle", "--requests=cpu=0.5,memory=1024Mi")
    kubectl("set", "serviceaccount", "deployment/idle", "default")
    assert _get(kubectl, f"{container}.image") == "nobody/nothing:8"
    assert _get(kubectl, f"{container}.env[0].value") == "b"
    assert json.loads(_get(kubectl, f"{container}.resources.requests")) == {"cpu": "500m", "memory": "1Gi"}
    assert _get(kubectl, ".spec.template.spec.serviceAccountName") == "default"
    kubectl("create", "service", "clusterip", "idle", "--tcp=80")
    kubectl("set", "selector", "service/idle", "app=idle,tier=x")
    selector = kubectl("get", "service/idle", "-o", "jsonpath={.spec.selector}")
    assert json.loads(selector) == {"app": "idle", "tier": "x"}
    kubectl("delete", "service/idle")


@pytest.mark.usefixtures("idle")
def test_a_deployment_is_exposed(kubectl) -> None:
    kubectl("expose", "deployment/idle", "--port=80", "--name=shown")
    assert kubectl("get", "service/shown", "-o", "jsonpath={.spec.ports[0].targetPort}") == "80"
    kubectl("delete", "service/shown")


@pytest.mark.usefixtures("idle")
def test_replace_takes_the_whole_and_force_makes_anew(kubectl) -> None:
    before = _get(kubectl, ".metadata.uid")
    new = {**IDLE, "metadata": {"name": "idle", "labels": {"a": "b"}}}
    assert "replaced" in kubectl("replace", "-f", "-", stdin=json.dumps(new))
    assert (_get(kubectl, ".metadata.uid"), _get(kubectl, ".metadata.labels.a")) == (before, "b")
    kubectl("replace", "--force", "-f", "-", stdin=json.dumps(IDLE))
    assert _get(kubectl, ".metadata.uid") != before
    gone = {**IDLE, "metadata": {"name": "nobody"}}
    assert 'deployments.apps "nobody" not found' in kubectl("replace", "-f", "-", stdin=json.dumps(gone), ok=False)


@pytest.mark.usefixtures("idle")
def test_a_diff_shows_lines_and_fails(kubectl) -> None:
    new = {**IDLE, "spec": {**IDLE["spec"], "minReadySeconds": 7}}
    assert kubectl("diff", "-f", "-", stdin=json.dumps(IDLE)) == ""
    kubectl("diff", "-f", "-", stdin=json.dumps(new), ok=False)


@pytest.mark.usefixtures("idle")
def test_a_dry_run_of_every_verb_changes_nothing(kubectl) -> None:
    before = kubectl("get", "deployment/idle", "-o", "json")
    assert "(server dry run)" in kubectl("scale", "deployment/idle", "--replicas=5", "--dry-run=server")
    assert "(server dry run)" in kubectl("label", "deployment/idle", "x=y", "--dry-run=server")
    assert "(server dry run)" in kubectl("delete", "deployment/idle", "--dry-run=server")
    assert "(server dry run)" in kubectl("set", "image", "deployment/idle", "c=x:1", "--dry-run=server")
    assert "(server dry run)" in kubectl("create", "configmap", "dry", "--dry-run=server")
    assert kubectl("get", "deployment/idle", "-o", "json") == before
    assert "not found" in kubectl("get", "cm", "dry", ok=False)


@pytest.mark.usefixtures("idle")
def test_what_may_not_be_is_refused(kubectl) -> None:
    typo = {**IDLE, "spec": {**IDLE["spec"], "replicsa": 3}}
    assert 'strict decoding error: unknown field "spec.replicsa"' in kubectl(
        "apply", "-f", "-", stdin=json.dumps(typo), ok=False
    )
    kubectl("patch", "deployment/idle", "-p", '{"spec":{"replicsa":3}}')
    other = json.loads(json.dumps(IDLE).replace('"app": "idle"', '"app": "other"'))
    assert "field is immutable" in kubectl("apply", "-f", "-", stdin=json.dumps(other), ok=False)
    assert "already exists" in kubectl("create", "-f", "-", stdin=json.dumps(IDLE), ok=False)
    assert 'namespaces "nowhere" not found' in kubectl("create", "configmap", "x", "-n", "nowhere", ok=False)
    assert "name part must consist of" in kubectl("get", "cm", "-l", "-x=y", ok=False)
    assert "field label not supported" in kubectl("get", "pods", "--field-selector", "spec.x=y", ok=False)


def test_a_list_comes_in_chunks(kubectl) -> None:
    whole = kubectl("get", "events,cm,secrets", "-A", "-o", "name", "--chunk-size=0")
    assert kubectl("get", "events,cm,secrets", "-A", "-o", "name", "--chunk-size=2") == whole


def test_what_there_is_can_be_asked(kubectl, namespace) -> None:
    assert "apps/v1" in kubectl("api-versions")
    assert "is running at" in kubectl("cluster-info")
    assert json.loads(kubectl("get", "--raw", "/apis/apps/v1"))["groupVersion"] == "apps/v1"
    explained = kubectl("explain", "deployment.spec", "--recursive")
    assert "maxUnavailable" in explained
    assert "<map[string]Quantity>" in kubectl("explain", "pod.spec.containers.resources")
    assert "ok" in kubectl("get", "--raw", "/readyz")
