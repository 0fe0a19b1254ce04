"""Server-side apply, managed fields and their migration, by real kubectl."""

import json
from typing import Any

import manifests
import pytest

pytestmark = pytest.mark.conformance


def _settings(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owned"}, "data": data}


@pytest.fixture
def owned(kubectl):
    yield
    kubectl("delete", "cm", "owned", "--ignore-not-found")


def _ssa(kubectl, manifest: dict[str, Any], *more: str, ok: bool = True) -> str:
    return kubectl("apply", "--server-side", *more, "-f", "-", stdin=json.dumps(manifest), ok=ok)


def _stored(kubectl) -> dict[str, Any]:
    return json.loads(kubectl("get", "cm", "owned", "-o", "json", "--show-managed-fields"))


def _managers(stored: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["manager"], entry["operation"]) for entry in stored["metadata"]["managedFields"]]


@pytest.mark.usefixtures("owned")
def test_apply_creates_updates_and_leaves_alone(kubectl) -> None:
    assert "serverside-applied" in _ssa(kubectl, _settings(a="1", b="2"))
    first = _stored(kubectl)
    assert _managers(first) == [("kubectl", "Apply")]
    _ssa(kubectl, _settings(a="1", b="2"))
    assert _stored(kubectl) == first
    _ssa(kubectl, _settings(a="3"))
    assert _stored(kubectl)["data"] == {"a": "3"}
    assert "managedFields" not in kubectl("get", "cm", "owned", "-o", "yaml")


@pytest.mark.usefixtures("owned")
def test_a_conflict_is_told_and_force_takes_over(kubectl) -> None:
    _ssa(kubectl, _settings(a="1", b="2"), "--field-manager=first")
    refusal = _ssa(kubectl, _settings(a="9"), "--field-manager=second", ok=False)
    assert 'Apply failed with 1 conflict: conflict with "first": .data.a' in refusal
    assert "If you intend to manage all of these fields, please re-run the apply" in refusal
    _ssa(kubectl, _settings(a="9"), "--field-manager=second", "--force-conflicts")
    assert _stored(kubectl)["data"] == {"a": "9", "b": "2"}
    assert sorted(_managers(_stored(kubectl))) == [("first", "Apply"), ("second", "Apply")]


@pytest.mark.usefixtures("owned")
def test_a_dry_run_and_a_diff_change_nothing(kubectl) -> None:
    assert "serverside-applied (server dry run)" in _ssa(kubectl, _settings(a="1"), "--dry-run=server")
    assert "not found" in kubectl("get", "cm", "owned", ok=False)
    _ssa(kubectl, _settings(a="1"))
    shown = kubectl("diff", "--server-side", "-f", "-", stdin=json.dumps(_settings(a="1")))
    assert shown == ""
    kubectl("diff", "--server-side", "-f", "-", stdin=json.dumps(_settings(a="2")), ok=False)
    assert _stored(kubectl)["data"] == {"a": "1"}


@pytest.mark.usefixtures("owned")
def test_what_was_applied_by_the_client_moves_to_the_server(kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=json.dumps(_settings(a="1", b="2")))
    assert _managers(_stored(kubectl)) == [("kubectl-client-side-apply", "Update")]
    assert json.loads(kubectl("apply", "view-last-applied", "cm/owned", "-o", "json"))["data"] == {"a": "1", "b": "2"}
    _ssa(kubectl, _settings(a="3"))
    after = _stored(kubectl)
    assert after["data"] == {"a": "3"}
    assert ("kubectl", "Apply") in _managers(after)
    assert json.loads(kubectl("apply", "view-last-applied", "cm/owned", "-o", "json"))["data"] == {"a": "3"}
    assert "configured" in kubectl("apply", "-f", "-", stdin=json.dumps(_settings(a="4")))


def test_a_deployment_is_applied_beside_a_scaler(kubectl) -> None:
    web: dict[str, Any] = manifests.deployment(
        "ssa",
        {"containers": [{"name": "c", "image": "nobody/nothing:9", "ports": [{"containerPort": 80}]}]},
        replicas=0,
    )
    _ssa(kubectl, web)
    kubectl("scale", "deployment/ssa", "--replicas=1")
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "nobody/nothing:8"
    refusal = _ssa(kubectl, web, ok=False)
    assert 'with subresource "scale"' in refusal
    assert ".spec.replicas" in refusal
    del web["spec"]["replicas"]
    _ssa(kubectl, web)
    stored = json.loads(kubectl("get", "deployment/ssa", "-o", "json"))
    assert stored["spec"]["replicas"] == 1
    assert stored["spec"]["template"]["spec"]["containers"][0]["image"] == "nobody/nothing:8"
    typo = {**web, "spec": {**web["spec"], "replicsa": 1}}
    assert ".spec.replicsa: field not declared in schema" in _ssa(kubectl, typo, ok=False)
    kubectl("delete", "deployment/ssa")
