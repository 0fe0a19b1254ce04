"""What counts against a quota, and how sums are spelled."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.objects import quantities
from simulator.cluster.plugins.resource_quota import exceeded
from simulator.cluster.plugins.usage import is_in_scope, unsaid, usage
from simulator.cluster.resources import CONFIG_MAPS, DEPLOYMENTS, PODS, SERVICES
from simulator.cluster.store import Object


def pod(*requests: Object, limits: Object | None = None, phase: str = "Running") -> Object:
    containers = [
        {"name": f"c{i}", "resources": {"requests": r, "limits": limits or {}}} for i, r in enumerate(requests)
    ]
    return {"metadata": {"name": "p"}, "spec": {"containers": containers}, "status": {"phase": phase}}


def test_a_pod_counts_as_itself_and_with_what_it_asks() -> None:
    found = usage(PODS, pod({"cpu": "100m", "memory": "1Mi"}, {"cpu": "1"}, limits={"cpu": "2"}))
    assert found["pods"] == found["count/pods"] == 1
    assert found["cpu"] == found["requests.cpu"] == Decimal("1.1")
    assert (found["memory"], found["limits.cpu"]) == (1024 * 1024, 4)


def test_a_pod_that_is_over_only_counts_as_an_object() -> None:
    assert usage(PODS, pod({"cpu": "1"}, phase="Succeeded")) == {"count/pods": 1}


def test_other_kinds_count_by_name() -> None:
    assert usage(CONFIG_MAPS, {"metadata": {}}) == {"count/configmaps": 1, "configmaps": 1}
    assert usage(DEPLOYMENTS, {"metadata": {}, "spec": {}}) == {"count/deployments.apps": 1}
    assert usage(SERVICES, {"metadata": {}, "spec": {"type": "ClusterIP"}})["services"] == 1


def test_what_a_quota_limits_has_to_be_said() -> None:
    spec = pod({"cpu": "1"}, {})["spec"]
    assert unsaid(spec, ["requests.cpu", "limits.memory", "pods"]) == (
        "must specify limits.memory for: c0,c1; requests.cpu for: c1"
    )
    assert unsaid(spec, ["pods", "count/pods"]) is None


def test_scopes_choose_pods() -> None:
    plain, asking = pod({}), pod({"cpu": "1"})
    assert is_in_scope({"scopes": ["BestEffort"]}, PODS, plain)
    assert not is_in_scope({"scopes": ["BestEffort"]}, PODS, asking)
    assert not is_in_scope({"scopes": ["BestEffort"]}, CONFIG_MAPS, {})
    assert is_in_scope({}, CONFIG_MAPS, {})


def test_only_what_is_too_much_is_told() -> None:
    quota = {
        "metadata": {"name": "q"},
        "spec": {"hard": {"pods": "5", "requests.memory": "1Gi"}},
        "status": {"used": {"pods": "1", "requests.memory": "512Mi"}},
    }
    asked = {"pods": Decimal(1), "requests.memory": Decimal(1024**3)}
    assert exceeded(quota, asked) == (
        "exceeded quota: q, requested: requests.memory=1Gi, used: requests.memory=512Mi, limited: requests.memory=1Gi"
    )


@pytest.mark.parametrize(
    ("amount", "is_binary", "text"),
    [
        ("0", False, "0"),
        ("0.5", False, "500m"),
        ("1.1", False, "1100m"),
        ("1000", False, "1k"),
        ("1500", False, "1500"),
        ("1536", True, "1536"),
        ("1073741824", True, "1Gi"),
        ("1610612736", True, "1536Mi"),
        ("100", True, "100"),
    ],
)
def test_sums_are_spelled_as_kubernetes_spells_them(amount: str, is_binary: bool, text: str) -> None:
    assert quantities.text(Decimal(amount), is_binary=is_binary) == text


@given(st.integers(0, 10**15), st.booleans())
def test_spelling_loses_nothing(millis: int, is_binary: bool) -> None:
    amount = Decimal(millis) / 1000
    assert quantities.parse(quantities.text(amount, is_binary=is_binary)) == amount
