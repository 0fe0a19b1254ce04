"""Server-side apply and managed fields through the HTTP API."""

import asyncio
import json
from itertools import count
from typing import Any

import pytest

from simulator.cluster import resources

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


def _config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}, "data": data}


def _web(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }


def _template(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": list(containers)}}


API = {"name": "api", "image": "web:1", "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]}


async def _apply(server, path: str, body: object, manager: str = "ci", more: str = "") -> tuple[int, dict[str, Any]]:
    return await server.call("PATCH", f"{path}?fieldManager={manager}{more}", body, media=APPLY)


def _owners(obj: dict[str, Any]) -> list[tuple[str, ...]]:
    entries = obj["metadata"].get("managedFields", [])
    return [(e["manager"], e["operation"], e.get("subresource", "")) for e in entries]


def _fields(obj: dict[str, Any], manager: str) -> dict[str, Any]:
    return next(e["fieldsV1"] for e in obj["metadata"]["managedFields"] if e["manager"] == manager)


async def test_apply_creates_what_is_not_there_and_owns_what_it_names(server) -> None:
    code, stored = await _apply(server, f"{DEPLOYMENTS}/web", _web(replicas=2, template=_template(API)))
    assert code == 201
    assert stored["spec"]["revisionHistoryLimit"] == 10
    assert stored["metadata"]["managedFields"][0]["apiVersion"] == "apps/v1"
    assert _owners(stored) == [("ci", "Apply", "")]
    assert _fields(stored, "ci") == {
        "f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:template": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {
                    "f:containers": {
                        'k:{"name":"api"}': {
                            ".": {},
                            "f:image": {},
                            "f:name": {},
                            "f:ports": {
                                'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}},
                                'k:{"containerPort":80,"protocol":"UDP"}': {
                                    ".": {},
                                    "f:containerPort": {},
                                    "f:protocol": {},
                                },
                            },
                        }
                    }
                },
            },
        }
    }


async def test_an_apply_that_changes_nothing_writes_nothing(server) -> None:
    _, first = await _apply(server, f"{DEPLOYMENTS}/web", _web(template=_template(API)))
    code, second = await _apply(server, f"{DEPLOYMENTS}/web", _web(template=_template(API)))
    assert (code, second) == (200, first)


async def test_what_another_manager_owns_is_a_conflict_that_names_it(server) -> None:
    await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="1", b="2"), "first")
    code, status = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="9"), "second")
    assert (code, status["reason"]) == (409, "Conflict")
    assert status["message"] == 'Apply failed with 1 conflict: conflict with "first": .data.a'
    assert status["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "first"', "field": ".data.a"}
    ]
    _, status = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="8", b="9"), "second")
    assert status["message"] == 'Apply failed with 2 conflicts: conflicts with "first":\n- .data.a\n- .data.b'
    code, taken = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="9"), "second", "&force=true")
    assert (code, taken["data"]) == (200, {"a": "9", "b": "2"})
    assert _fields(taken, "first") == {"f:data": {"f:b": {}}}
    assert _fields(taken, "second") == {"f:data": {"f:a": {}}}


async def test_a_conflict_with_an_update_says_through_which_version_and_when(server) -> None:
    _, stored = await server.call("POST", f"{CONFIG_MAPS}?fieldManager=tool", _config_map(a="1"))
    at = stored["metadata"]["managedFields"][0]["time"]
    _, status = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="9"))
    assert status["message"] == f'Apply failed with 1 conflict: conflict with "tool" using v1 at {at}: .data.a'


async def test_a_field_that_its_owner_changes_again_has_a_new_time(server) -> None:
    path = f"{CONFIG_MAPS}/cm"
    _, stored = await server.call("POST", f"{CONFIG_MAPS}?fieldManager=tool", _config_map(a="1"))
    before = stored["metadata"]["managedFields"][0]["time"]

    async def change(value: int) -> str:
        body = {"data": {"a": str(value)}}
        _, stored = await server.call("PATCH", f"{path}?fieldManager=tool", body, media=MERGE)
        assert _owners(stored) == [("tool", "Update", "")]
        return stored["metadata"]["managedFields"][0]["time"]

    async with asyncio.timeout(10):  # times are whole seconds
        for value in count(2):
            if await change(value) > before:
                break
            await asyncio.sleep(0.1)


async def test_a_field_goes_when_its_last_owner_no_longer_applies_it(server) -> None:
    path = f"{CONFIG_MAPS}/cm"
    await _apply(server, path, _config_map(a="1", b="2", shared="x"), "first")
    await _apply(server, path, _config_map(shared="x"), "second")
    _, stored = await _apply(server, path, _config_map(a="1"), "first")
    assert stored["data"] == {"a": "1", "shared": "x"}
    _, stored = await _apply(server, path, _config_map(), "second")
    assert stored["data"] == {"a": "1"}
    await server.call("PATCH", path, {"data": {"by-hand": "y"}}, media=MERGE)
    _, stored = await _apply(server, path, _config_map(), "first")
    assert stored["data"] == {"by-hand": "y"}


async def test_entries_of_lists_are_owned_by_their_keys(server) -> None:
    path = f"{DEPLOYMENTS}/web"
    await _apply(server, path, _web(template=_template(API)), "app")
    sidecar = {"name": "proxy", "image": "proxy:1"}
    _, stored = await _apply(server, path, _web(template=_template(sidecar)), "mesh")
    assert [c["name"] for c in stored["spec"]["template"]["spec"]["containers"]] == ["api", "proxy"]
    only_tcp = {**API, "ports": [{"containerPort": 80}]}
    _, stored = await _apply(server, path, _web(template=_template(only_tcp)), "app")
    api, proxy = stored["spec"]["template"]["spec"]["containers"]
    assert api["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert proxy["image"] == "proxy:1"


async def test_scaling_takes_the_replicas_from_their_applier(server) -> None:
    path = f"{DEPLOYMENTS}/web"
    await _apply(server, path, _web(replicas=1, template=_template(API)))
    await server.call("PATCH", f"{path}/scale?fieldManager=scaler", {"spec": {"replicas": 3}}, media=MERGE)
    _, stored = await server.call("GET", path)
    assert _owners(stored) == [("ci", "Apply", ""), ("scaler", "Update", "scale")]
    assert "f:replicas" not in _fields(stored, "ci")["f:spec"]
    _, status = await _apply(server, path, _web(replicas=1, template=_template(API)))
    assert 'conflict with "scaler" with subresource "scale" using apps/v1' in status["message"]


async def test_status_is_owned_through_its_subresource(server, deployment) -> None:
    await server.call("POST", DEPLOYMENTS, deployment)
    await server.call("PATCH", f"{DEPLOYMENTS}/web/status", {"status": {"replicas": 2}}, media=MERGE)
    _, stored = await server.call("GET", f"{DEPLOYMENTS}/web")
    assert _owners(stored) == [("Python", "Update", ""), ("Python", "Update", "status")]
    assert stored["metadata"]["managedFields"][1]["fieldsV1"] == {"f:status": {"f:replicas": {}}}


async def test_clients_are_called_by_their_program_and_own_the_defaults_they_got(server, deployment) -> None:
    async with server.http.post(
        server.url + DEPLOYMENTS, json=deployment, headers={"User-Agent": "tool/1.2 (linux)"}
    ) as answer:
        stored = await answer.json()
    assert _owners(stored) == [("tool", "Update", "")]
    spec = _fields(stored, "tool")["f:spec"]
    assert spec["f:progressDeadlineSeconds"] == {}
    assert spec["f:template"]["f:metadata"]["f:labels"] == {".": {}, "f:app": {}}


async def test_what_kubectl_applied_on_its_side_is_no_conflict_for_kubectl(server) -> None:
    last = json.dumps(_config_map(a="1"))
    annotated = _config_map(a="1")
    annotated["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": last}
    await server.call("POST", f"{CONFIG_MAPS}?fieldManager=kubectl-client-side-apply", annotated)
    code, stored = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="2"), "kubectl")
    assert (code, stored["data"]) == (200, {"a": "2"})
    text = stored["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    assert json.loads(text)["data"] == {"a": "2"}


async def test_objects_that_nobody_s_fields_are_known_of_are_owned_from_before_the_first_apply(server) -> None:
    server.store.create(
        resources.CONFIG_MAPS, {"metadata": {"name": "cm", "namespace": "default"}, "data": {"a": "1", "b": "2"}}
    )
    _, stored = await server.call("PATCH", f"{CONFIG_MAPS}/cm", {"data": {"b": "3"}}, media=MERGE)
    assert "managedFields" not in stored["metadata"]
    _, status = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="9"))
    assert 'conflict with "before-first-apply" using v1' in status["message"]
    _, stored = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="1"))
    assert _owners(stored) == [("ci", "Apply", ""), ("before-first-apply", "Update", "")]


async def test_a_dry_run_stores_nothing(server) -> None:
    code, shown = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="1"), more="&dryRun=All")
    assert (code, shown["data"]) == (201, {"a": "1"})
    assert (await server.call("GET", f"{CONFIG_MAPS}/cm"))[0] == 404
    await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="1"))
    _, shown = await _apply(server, f"{CONFIG_MAPS}/cm", _config_map(a="2"), more="&dryRun=All")
    assert shown["data"] == {"a": "2"}
    assert (await server.call("GET", f"{CONFIG_MAPS}/cm"))[1]["data"] == {"a": "1"}


async def test_managed_fields_can_be_rewritten_and_forgotten_but_not_applied(server) -> None:
    path = f"{CONFIG_MAPS}/cm"
    _, stored = await _apply(server, path, _config_map(a="1"))
    entries = [{**stored["metadata"]["managedFields"][0], "manager": "renamed"}]
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": entries}]
    _, stored = await server.call("PATCH", path, patch, media="application/json-patch+json")
    assert _owners(stored) == [("renamed", "Apply", "")]
    _, stored = await server.call("PUT", path, {**stored, "metadata": {"name": "cm", "managedFields": [{}]}})
    assert "managedFields" not in stored["metadata"]
    config = _config_map()
    config["metadata"]["managedFields"] = entries
    code, status = await _apply(server, path, config)
    assert (code, status["message"]) == (400, "metadata.managedFields must be nil")


@pytest.mark.parametrize(
    ("config", "query", "code", "words"),
    [
        (
            {"spec": {"replicsa": 1}},
            "fieldManager=ci",
            400,
            "failed to create typed patch object (/web; apps/v1, Kind=Deployment): "
            ".spec.replicsa: field not declared in schema",
        ),
        (
            {"spec": {"replicas": "two"}},
            "fieldManager=ci",
            400,
            "failed to create typed patch object (/web; apps/v1, Kind=Deployment): "
            ".spec.replicas: expected numeric (int or float), got string",
        ),
        (
            {"spec": {"template": _template(API, API)}},
            "fieldManager=ci",
            400,
            "failed to create typed patch object (/web; apps/v1, Kind=Deployment): "
            '.spec.template.spec.containers: duplicate entries for key [name="api"]',
        ),
        ({"kind": "Pod"}, "fieldManager=ci", 400, "invalid object type: apps/v1, Kind=Pod"),
        (
            {},
            "",
            422,
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        ),
        (
            {"metadata": {"name": "other"}},
            "fieldManager=ci",
            400,
            "the name of the object (other) does not match the name on the URL (web)",
        ),
        (
            {"metadata": {"name": "web", "resourceVersion": "1"}},
            "fieldManager=ci",
            409,
            'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply '
            "your changes to the latest version and try again",
        ),
    ],
)
async def test_an_apply_that_cannot_be_is_refused_in_the_words_of_kubernetes(
    server, deployment, config, query, code, words
) -> None:
    await server.call("POST", DEPLOYMENTS, deployment)
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, **config}
    got, status = await server.call("PATCH", f"{DEPLOYMENTS}/web?{query}", body, media=APPLY)
    assert (got, status["message"]) == (code, words)


async def test_force_is_for_applies_only(server) -> None:
    await server.call("POST", CONFIG_MAPS, _config_map(a="1"))
    code, status = await server.call("PATCH", f"{CONFIG_MAPS}/cm?force=true", {}, media=MERGE)
    assert code == 422
    assert status["message"] == (
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'
    )
