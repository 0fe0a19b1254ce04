"""Deleting, evicting, logs and the audit log through the HTTP API."""

from typing import Any

import pytest

from simulator.cluster.resources import CONFIG_MAPS, PODS

PATH = "/api/v1/namespaces/default/pods"
MAPS = "/api/v1/namespaces/default/configmaps"


def _pod(name: str = "p", **meta: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, **meta},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
    }


async def test_a_pod_is_marked_first_so_that_the_kubelet_can_stop_it(server) -> None:
    await server.call("POST", PATH, _pod())
    code, marked = await server.call("DELETE", f"{PATH}/p")
    assert (code, marked["metadata"]["deletionGracePeriodSeconds"]) == (200, 30)
    assert marked["metadata"]["deletionTimestamp"]
    _, again = await server.call("DELETE", f"{PATH}/p", {"gracePeriodSeconds": 5})
    assert again["metadata"]["deletionGracePeriodSeconds"] == 5
    _, longer = await server.call("DELETE", f"{PATH}/p?gracePeriodSeconds=50")
    assert longer["metadata"]["deletionGracePeriodSeconds"] == 5
    await server.call("DELETE", f"{PATH}/p", {"gracePeriodSeconds": 0})
    assert server.store.find(PODS, "default", "p") is None


async def test_a_pod_that_never_reached_a_node_goes_at_once(server) -> None:
    pod = _pod()
    del pod["spec"]["nodeName"]
    await server.call("POST", PATH, pod)
    await server.call("DELETE", f"{PATH}/p")
    assert server.store.find(PODS, "default", "p") is None


async def test_other_kinds_go_at_once_with_a_status(server) -> None:
    _, stored = await server.call("POST", MAPS, {"metadata": {"name": "a"}})
    code, status = await server.call("DELETE", f"{MAPS}/a")
    assert (code, status["status"]) == (200, "Success")
    assert status["details"] == {"name": "a", "kind": "configmaps", "uid": stored["metadata"]["uid"]}


async def test_a_finalizer_holds_an_object_until_it_is_taken_off(server) -> None:
    await server.call("POST", MAPS, {"metadata": {"name": "a", "finalizers": ["example.com/x"]}})
    _, held = await server.call("DELETE", f"{MAPS}/a")
    assert held["metadata"]["deletionTimestamp"]
    merge = "application/merge-patch+json"
    code, _ = await server.call("PATCH", f"{MAPS}/a", {"metadata": {"finalizers": None}}, media=merge)
    assert code == 200
    assert server.store.find(CONFIG_MAPS, "default", "a") is None


async def test_a_precondition_that_does_not_hold_is_a_conflict(server) -> None:
    await server.call("POST", MAPS, {"metadata": {"name": "a"}})
    code, status = await server.call("DELETE", f"{MAPS}/a", {"preconditions": {"uid": "other"}})
    assert code == 409
    assert "Precondition failed: UID in precondition: other" in status["message"]
    code, _ = await server.call("DELETE", f"{MAPS}/a", {"propagationPolicy": "Sometimes"})
    assert code == 422


async def test_a_collection_is_deleted_by_selector(server) -> None:
    for name, app in (("a", "x"), ("b", "x"), ("c", "y")):
        await server.call("POST", MAPS, {"metadata": {"name": name, "labels": {"app": app}}})
    _, gone = await server.call("DELETE", f"{MAPS}?labelSelector=app%3Dx")
    assert [item["metadata"]["name"] for item in gone["items"]] == ["a", "b"]
    assert [o["metadata"]["name"] for o in server.store.list(CONFIG_MAPS)] == ["c"]


async def test_the_namespaces_of_the_cluster_itself_stay(server) -> None:
    code, status = await server.call("DELETE", "/api/v1/namespaces/kube-system")
    assert (code, status["message"]) == (
        403,
        'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    )


async def test_an_eviction_deletes_the_pod_gracefully(server) -> None:
    await server.call("POST", PATH, _pod())
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    code, status = await server.call("POST", f"{PATH}/p/eviction", eviction)
    assert (code, status["status"]) == (201, "Success")
    assert server.store.get(PODS, "default", "p")["metadata"]["deletionGracePeriodSeconds"] == 30


async def _log(server: Any, query: str = "") -> tuple[int, str]:
    async with server.http.get(f"{server.url}{PATH}/p/log?{query}") as answer:
        return answer.status, await answer.text()


async def test_logs_are_asked_of_the_runtime_in_its_units(server) -> None:
    server.runtime.lines["c"] = [b"one\n", b"two\n"]
    await server.call("POST", PATH, _pod())
    query = "follow=true&previous=true&tailLines=5&sinceSeconds=60&timestamps=true&limitBytes=100"
    assert await _log(server, query) == (200, "one\ntwo\n")
    assert server.runtime.asked == [
        {
            "previous": True,
            "follow": True,
            "tail_lines": 5,
            "since_s": 60,
            "timestamps": True,
            "limit_bytes": 100,
        }
    ]


async def test_a_log_that_cannot_be_shown_says_why(server) -> None:
    await server.call("POST", PATH, _pod())
    code, text = await _log(server, "follow=true")
    assert code == 400
    assert "is waiting to start: ContainerCreating" in text
    code, text = await _log(server, "container=x")
    assert code == 400
    assert "container x is not valid for pod p" in text
    assert (await _log(server, "tailLines=many"))[0] == 400


async def test_every_mutating_request_is_audited_with_its_answer(server) -> None:
    await server.call("POST", PATH, _pod())
    await server.call("POST", PATH, _pod())
    await server.call("GET", PATH)
    await server.call("DELETE", f"{MAPS}?labelSelector=a")
    await server.call("PATCH", f"{PATH}/nope", {}, media="application/merge-patch+json")
    lines = [(line.verb, line.path, line.code) for line in server.audit]
    assert lines == [
        ("create", PATH, 201),
        ("create", PATH, 409),
        ("deletecollection", f"{MAPS}?labelSelector=a", 200),
        ("patch", f"{PATH}/nope", 404),
    ]
    assert server.audit[0].user_agent.startswith("Python/")


@pytest.mark.parametrize(("method", "path"), [("POST", f"{PATH}/p"), ("PUT", PATH), ("DELETE", "/api/v1/pods")])
async def test_a_verb_that_a_path_does_not_have_is_not_allowed(server, method, path) -> None:
    code, status = await server.call(method, path, {})
    assert (code, status["reason"]) == (405, "MethodNotAllowed")
