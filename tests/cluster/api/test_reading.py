"""Lists, tables, watches, discovery and documents through the HTTP API."""

import asyncio
import json
from typing import Any

import pytest

from simulator.cluster.objects import schemas
from simulator.cluster.resources import CONFIG_MAPS, PODS, SERVED

MAPS = "/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def _map(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def _pod(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}}


class Watching:
    """The events of one watch, read line by line."""

    def __init__(self, server: Any, path: str, accept: str = "application/json") -> None:
        self._request = server.http.get(server.url + path, headers={"Accept": accept})

    async def __aenter__(self) -> "Watching":
        self._answer = await self._request.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._answer.close()

    async def next(self) -> tuple[str, dict[str, Any]]:
        line = await asyncio.wait_for(self._answer.content.readline(), 10)
        if not line:
            raise EOFError
        event = json.loads(line)
        return event["type"], event["object"]

    async def names(self, count: int) -> list[tuple[str, str]]:
        events = [await self.next() for _ in range(count)]
        return [(kind, obj["metadata"]["name"]) for kind, obj in events]


async def test_a_list_is_selected_by_namespace_label_and_field(server) -> None:
    await server.call("POST", MAPS, _map("a", app="x"))
    await server.call("POST", MAPS, _map("b", app="y"))
    await server.call("POST", "/api/v1/namespaces/kube-system/configmaps", _map("c", app="x"))

    async def names(query: str) -> list[str]:
        _, found = await server.call("GET", query)
        assert found["kind"] == "ConfigMapList"
        return [item["metadata"]["name"] for item in found["items"]]

    assert await names(MAPS) == ["a", "b"]
    assert await names("/api/v1/configmaps") == ["a", "b", "c"]
    assert await names("/api/v1/configmaps?labelSelector=app%3Dx") == ["a", "c"]
    assert await names(f"{MAPS}?fieldSelector=metadata.name!%3Da") == ["b"]


async def test_a_watch_from_a_list_sees_every_change_after_it(server) -> None:
    await server.call("POST", MAPS, _map("before"))
    _, listed = await server.call("GET", MAPS)
    await server.call("POST", MAPS, _map("between"))
    async with Watching(server, f"{MAPS}?watch=true&resourceVersion={listed['metadata']['resourceVersion']}") as seen:
        await server.call("DELETE", f"{MAPS}/before")
        assert await seen.names(2) == [("ADDED", "between"), ("DELETED", "before")]


async def test_a_watch_without_a_version_starts_with_what_there_is(server) -> None:
    await server.call("POST", MAPS, _map("a"))
    async with Watching(server, f"{MAPS}?watch=1") as seen:
        await server.call("POST", MAPS, _map("b"))
        assert await seen.names(2) == [("ADDED", "a"), ("ADDED", "b")]


async def test_a_streamed_list_ends_with_a_marked_bookmark(server) -> None:
    await server.call("POST", MAPS, _map("a"))
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    async with Watching(server, f"{MAPS}?{query}") as seen:
        assert await seen.names(1) == [("ADDED", "a")]
        kind, mark = await seen.next()
    assert kind == "BOOKMARK"
    assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert mark["metadata"]["resourceVersion"] == str(server.store.version)


async def test_entering_a_selector_is_added_and_leaving_it_is_deleted(server) -> None:
    _, stored = await server.call("POST", MAPS, _map("a", app="x"))
    version = stored["metadata"]["resourceVersion"]
    async with Watching(server, f"{MAPS}?watch=1&labelSelector=app%3Dy&resourceVersion={version}") as seen:
        for app in ("y", "y2", "x"):
            merge = {"metadata": {"labels": {"app": app[0]}}, "data": {"a": app}}
            await server.call("PATCH", f"{MAPS}/a", merge, media="application/merge-patch+json")
        assert await seen.names(3) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


async def test_a_watch_ends_when_its_time_is_over(server) -> None:
    async with Watching(server, f"{MAPS}?watch=1&timeoutSeconds=1") as seen:
        with pytest.raises(EOFError):
            await seen.next()


async def test_a_watch_from_a_version_that_history_lost_is_gone(server, monkeypatch) -> None:
    monkeypatch.setattr(server.store, "_history", type(server.store._history)(maxlen=2))
    for name in "abcd":
        await server.call("POST", MAPS, _map(name))
    async with Watching(server, f"{MAPS}?watch=1&resourceVersion=1") as seen:
        kind, status = await seen.next()
    assert (kind, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
    oldest = server.store.oldest
    assert status["message"] == f"too old resource version: 1 ({oldest})"


async def test_a_client_that_goes_leaves_no_watch_behind(server) -> None:
    before = server.store.open_watches
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    async with Watching(server, f"{MAPS}?{query}") as seen:
        await seen.next()
        assert server.store.open_watches == before + 1
    async with asyncio.timeout(10):
        while server.store.open_watches > before:
            await asyncio.sleep(0.01)


async def test_a_table_has_the_columns_of_kubectl_and_metadata_in_its_rows(server) -> None:
    await server.call("POST", "/api/v1/namespaces/default/pods", _pod("p"))
    _, table = await server.call("GET", "/api/v1/namespaces/default/pods", accept=TABLE)
    names = [column["name"] for column in table["columnDefinitions"] if column["priority"] == 0]
    assert (table["kind"], names) == ("Table", ["Name", "Ready", "Status", "Restarts", "Age"])
    row = table["rows"][0]
    assert row["cells"][:4] == ["p", "0/1", "Pending", "0"]
    assert (row["object"]["kind"], row["object"]["metadata"]["name"]) == ("PartialObjectMetadata", "p")
    _, full = await server.call("GET", "/api/v1/namespaces/default/pods?includeObject=Object", accept=TABLE)
    assert full["rows"][0]["object"]["spec"]["nodeName"] == "n"


async def test_each_event_of_a_table_watch_is_a_table(server) -> None:
    async with Watching(server, f"{MAPS}?watch=1", accept=TABLE) as seen:
        await server.call("POST", MAPS, _map("a"))
        kind, table = await seen.next()
    assert (kind, table["kind"], table["rows"][0]["cells"][:2]) == ("ADDED", "Table", ["a", 1])


def _state(**state: Any) -> dict[str, Any]:
    return {"phase": "Running", "containerStatuses": [{"name": "c", **state}]}


STATUSES = {
    "CrashLoopBackOff": _state(state={"waiting": {"reason": "CrashLoopBackOff"}}, restartCount=4),
    "OOMKilled": _state(state={"terminated": {"reason": "OOMKilled", "exitCode": 137}}),
    "ExitCode:3": _state(state={"terminated": {"exitCode": 3}}),
    "ErrImagePull": {**_state(state={"waiting": {"reason": "ErrImagePull"}}), "phase": "Pending"},
    "Running": _state(state={"running": {}}, ready=True),
    "Init:0/1": {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"running": {}}}]},
    "Evicted": {"phase": "Failed", "reason": "Evicted"},
}


@pytest.mark.parametrize(("word", "status"), STATUSES.items(), ids=STATUSES.keys())
async def test_the_status_column_says_what_kubectl_users_know(server, word, status) -> None:
    pod = _pod("p")
    pod["spec"]["initContainers"] = [{"name": "i", "image": "i"}]
    await server.call("POST", "/api/v1/namespaces/default/pods", pod)
    server.store.modify(PODS, "default", "p", lambda draft: draft.__setitem__("status", status))
    _, table = await server.call("GET", "/api/v1/namespaces/default/pods", accept=TABLE)
    assert table["rows"][0]["cells"][2] == word


async def test_every_served_kind_has_a_table_and_a_place_in_discovery(server) -> None:
    _, aggregated = await server.call(
        "GET", "/apis", accept="application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    )
    named = {item["metadata"]["name"] for item in aggregated["items"]}
    assert named == {resource.group for resource in SERVED if resource.group} | {"policy"}
    for path in ("/api/v1", *{f"/apis/{resource.api_version}" for resource in SERVED if resource.group}):
        _, resources = await server.call("GET", path)
        for entry in resources["resources"]:
            if "/" not in entry["name"] and "list" in entry["verbs"]:
                code, table = await server.call("GET", f"{path}/{entry['name']}", accept=TABLE)
                assert (code, table["kind"]) == (200, "Table")


async def test_the_reply_to_aggregated_discovery_names_its_own_form(server) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    async with server.http.get(f"{server.url}/api", headers={"Accept": accept}) as answer:
        assert answer.headers["Content-Type"] == accept
    _, legacy = await server.call("GET", "/apis")
    assert legacy["kind"] == "APIGroupList"


@pytest.mark.parametrize(
    "path", ["/apis/batch/v1/namespaces/default/cronjobs", "/api/v1/podtemplates", "/apis/apps/v1beta1", "/nope"]
)
async def test_what_is_not_served_does_not_exist(server, path) -> None:
    async with server.http.get(server.url + path) as answer:
        assert (answer.status, await answer.text()) == (404, "404 page not found\n")


@pytest.mark.parametrize("server", [("networking.k8s.io",)], indirect=True)
async def test_a_group_that_the_machine_cannot_serve_does_not_exist(server) -> None:
    group = "networking.k8s.io"
    aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    for accept in ("application/json", aggregated):
        _, groups = await server.call("GET", "/apis", accept=accept)
        assert group not in str(groups)
    _, documents = await server.call("GET", "/openapi/v3")
    assert group not in str(documents)
    policies = f"/apis/{group}/v1/namespaces/default/networkpolicies"
    for path in (f"/apis/{group}", f"/apis/{group}/v1", policies, f"/openapi/v3/apis/{group}/v1"):
        async with server.http.get(server.url + path) as answer:
            assert answer.status == 404, path
    async with server.http.post(server.url + policies, json={"metadata": {"name": "p"}}) as answer:
        assert answer.status == 404


async def test_openapi_has_every_kind_with_its_patch_keys(server) -> None:
    _, index = await server.call("GET", "/openapi/v3")
    _, document = await server.call("GET", index["paths"]["apis/apps/v1"]["serverRelativeURL"])
    spec = document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]
    assert spec["properties"]["containers"]["x-kubernetes-patch-merge-key"] == "name"
    operation = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert "fieldValidation" in {parameter["name"] for parameter in operation["parameters"]}


def test_the_kept_schemas_are_those_of_the_official_client() -> None:
    assert schemas.as_text(schemas.derive()) == schemas.FILE.read_text(encoding="utf-8")


async def test_a_request_without_the_right_token_is_unauthorized(server) -> None:
    for header in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}):
        async with server.http.get(f"{server.url}/api/v1/pods", headers=header) as answer:
            assert (answer.status, (await answer.json())["reason"]) == (401, "Unauthorized")


@pytest.mark.parametrize(("path", "text"), [("/metrics", "up 1\n"), ("/healthz", "ok"), ("/livez", "ok")])
async def test_plain_documents_are_served(server, path, text) -> None:
    async with server.http.get(server.url + path) as answer:
        assert await answer.text() == text


async def test_the_version_is_one_that_current_clients_accept(server) -> None:
    _, version = await server.call("GET", "/version")
    assert (version["major"], version["minor"]) == ("1", "36")


async def test_history_is_kept_for_a_list_that_another_kind_has_outrun(server) -> None:
    _, listed = await server.call("GET", MAPS)
    for name in "ab":
        await server.call("POST", "/api/v1/namespaces/default/pods", _pod(name))
    async with Watching(server, f"{MAPS}?watch=1&resourceVersion={listed['metadata']['resourceVersion']}") as seen:
        await server.call("POST", MAPS, _map("c"))
        assert await seen.names(1) == [("ADDED", "c")]
    assert server.store.find(CONFIG_MAPS, "default", "c")
