"""Which pods stand behind a Service, and what Envoy is told of it."""

from simulator.cluster.controllers.endpoints import selected, slices, subsets
from simulator.cluster.network import envoy_config
from simulator.cluster.store import Object

SERVICE: Object = {
    "metadata": {"name": "web", "namespace": "ns", "uid": "s"},
    "spec": {"clusterIP": "127.1.128.1", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
}


def pod(number: int, *, ready: bool = True, ending: bool = False, port: int = 8080) -> Object:
    return {
        "metadata": {
            "name": f"p{number}",
            "namespace": "ns",
            "uid": f"u{number}",
            "labels": {"app": "web"},
            **({"deletionTimestamp": "2026-01-01T00:00:00Z"} if ending else {}),
        },
        "spec": {"nodeName": "n", "containers": [{"ports": [{"name": "http", "containerPort": port}]}]},
        "status": {
            "phase": "Running",
            "podIP": f"127.1.1.{number}",
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
    }


def test_only_ready_pods_get_connections() -> None:
    pods = [pod(1), pod(2, ready=False), pod(3, ending=True)]
    (subset,) = subsets(SERVICE, pods)
    assert [each["ip"] for each in subset["addresses"]] == ["127.1.1.1"]
    assert [each["ip"] for each in subset["notReadyAddresses"]] == ["127.1.1.2"]
    (endpoints,) = slices(SERVICE, pods).values()
    assert [each["conditions"]["ready"] for each in endpoints] == [True, False, False]
    assert endpoints[2]["conditions"] == {"ready": False, "serving": True, "terminating": True}


def test_a_service_without_selector_selects_nothing() -> None:
    assert selected({**SERVICE, "spec": {}}, [pod(1)]) == []


def test_a_named_port_is_resolved_on_each_pod() -> None:
    by_ports = slices(SERVICE, [pod(1), pod(2, port=9090)])
    assert sorted(ports[0][1] for ports in by_ports) == [8080, 9090]


def test_a_listener_exists_only_while_something_is_behind_it() -> None:
    key = ("ns", "web")
    own = [
        {"endpoints": endpoints, "ports": [{"name": "", "port": 8080}]}
        for endpoints in slices(SERVICE, [pod(1, ready=False)]).values()
    ]
    (route,) = envoy_config.routes([SERVICE], {key: own})
    assert route.endpoints == ()
    assert envoy_config.listeners([route]) == {"resources": []}
    own[0]["endpoints"][0]["conditions"]["ready"] = True
    (route,) = envoy_config.routes([SERVICE], {key: own})
    assert route.endpoints == (("127.1.1.1", 8080),)
    assert len(envoy_config.listeners([route])["resources"]) == 1
