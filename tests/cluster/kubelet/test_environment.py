"""A container's variables."""

import base64

import pytest

from simulator.cluster.kubelet.environment import ConfigError, expand, of_services, resolve
from simulator.cluster.store import Object

POD: Object = {
    "metadata": {"name": "p", "namespace": "ns", "uid": "u", "labels": {"app": "web"}},
    "spec": {"nodeName": "n", "containers": []},
    "status": {"podIP": "127.1.1.1", "hostIP": "127.1.0.1"},
}
DB: Object = {
    "metadata": {"name": "my-db"},
    "spec": {"clusterIP": "127.1.128.1", "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}]},
}


def find(plural: str, name: str) -> Object | None:
    return {
        ("configmaps", "conf"): {"data": {"LEVEL": "info", "not a name": "x"}},
        ("secrets", "keys"): {"data": {"KEY": base64.b64encode(b"s3cret").decode()}},
    }.get((plural, name))


def env_of(*entries: Object, **container: object) -> dict[str, str]:
    return resolve({"name": "c", "env": list(entries), **container}, POD, [DB], find)


def test_services_are_announced_as_kubernetes_does() -> None:
    env = of_services([DB, {"metadata": {"name": "headless"}, "spec": {"clusterIP": "None", "ports": [{"port": 1}]}}])
    assert env == {
        "MY_DB_SERVICE_HOST": "127.1.128.1",
        "MY_DB_SERVICE_PORT": "5432",
        "MY_DB_SERVICE_PORT_SQL": "5432",
        "MY_DB_PORT": "tcp://127.1.128.1:5432",
        "MY_DB_PORT_5432_TCP": "tcp://127.1.128.1:5432",
        "MY_DB_PORT_5432_TCP_PROTO": "tcp",
        "MY_DB_PORT_5432_TCP_PORT": "5432",
        "MY_DB_PORT_5432_TCP_ADDR": "127.1.128.1",
    }


def test_values_may_use_what_was_defined_before_them() -> None:
    env = env_of(
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "KEY"}}},
        {"name": "URL", "value": "pg://u:$(PASSWORD)@$(MY_DB_SERVICE_HOST)/$(LATER)"},
        {"name": "LATER", "value": "x"},
    )
    assert env["URL"] == "pg://u:s3cret@127.1.128.1/$(LATER)"


@pytest.mark.parametrize(
    ("text", "expected"), [("$(A)", "1"), ("$$(A)", "$(A)"), ("$(B)", "$(B)"), ("$A $", "$A $"), ("$(A)$(A)", "11")]
)
def test_references_expand(text: str, expected: str) -> None:
    assert expand(text, {"A": "1"}) == expected


def test_env_wins_over_env_from_and_odd_names_are_left_out() -> None:
    env = env_of({"name": "LEVEL", "value": "debug"}, envFrom=[{"configMapRef": {"name": "conf"}}])
    assert env["LEVEL"] == "debug"
    assert "not a name" not in env


def test_the_downward_api_tells_address_labels_and_limits() -> None:
    env = env_of(
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "MB", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
        resources={"limits": {"memory": "64Mi"}},
    )
    assert (env["IP"], env["APP"], env["MB"]) == ("127.1.1.1", "web", "64")


def test_a_missing_key_is_named_unless_it_is_optional() -> None:
    missing = {"name": "conf", "key": "NOPE"}
    with pytest.raises(ConfigError, match="couldn't find key NOPE in ConfigMap ns/conf"):
        env_of({"name": "X", "valueFrom": {"configMapKeyRef": missing}})
    assert "X" not in env_of({"name": "X", "valueFrom": {"configMapKeyRef": {**missing, "optional": True}}})
