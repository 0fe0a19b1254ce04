"""Creating, replacing and patching through the HTTP API."""

import copy
from typing import Any

import pytest

from simulator.cluster.resources import NAMESPACES

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
PODS = "/api/v1/namespaces/default/pods"
STRATEGIC = "application/strategic-merge-patch+json"


def _config_map(name: str = "cm", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


def _service(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}], **spec}}


def _pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


async def test_a_deployment_is_stored_with_the_defaults_of_kubernetes(server, deployment) -> None:
    code, stored = await server.call("POST", DEPLOYMENTS, {**deployment, "status": {"replicas": 9}})
    assert code == 201
    spec = stored["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    template = spec["template"]["spec"]
    assert (template["restartPolicy"], template["terminationGracePeriodSeconds"]) == ("Always", 30)
    assert template["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert template["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert stored["status"] == {}
    assert stored["metadata"]["generation"] == 1


async def test_explicitly_empty_values_default_as_if_absent(server, deployment) -> None:
    deployment["spec"]["strategy"] = {}
    deployment["spec"]["replicas"] = None
    _, stored = await server.call("POST", DEPLOYMENTS, deployment)
    assert stored["spec"]["strategy"]["type"] == "RollingUpdate"
    assert stored["spec"]["replicas"] == 1


@pytest.mark.parametrize("mode", ["Strict", "Warn", "Ignore", ""])
async def test_an_unknown_field_is_refused_or_warned_of_as_the_client_wishes(server, deployment, mode) -> None:
    deployment["spec"]["replicsa"] = 3
    deployment["spec"]["template"]["spec"]["containers"][0]["imge"] = "x"
    async with server.http.post(
        f"{server.url}{DEPLOYMENTS}?fieldValidation={mode}&dryRun=All", json=deployment
    ) as answer:
        body = await answer.json()
        warnings = answer.headers.getall("Warning", [])
    if mode == "Strict":
        assert answer.status == 400
        assert body["message"] == (
            'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
            'unknown field "spec.template.spec.containers[0].imge", unknown field "spec.replicsa"'
        )
    else:
        assert answer.status == 201
        assert "replicsa" not in body["spec"]
        assert ('299 - "unknown field \\"spec.replicsa\\""' in warnings) is (mode != "Ignore")


REFUSALS = {
    "a value of the wrong type": (
        DEPLOYMENTS,
        ("spec", "replicas"),
        "two",
        400,
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct '
        "field DeploymentSpec.spec.replicas of type int32",
    ),
    "a number that is too large": (
        DEPLOYMENTS,
        ("spec", "replicas"),
        3_000_000_000,
        400,
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number 3000000000 into '
        "Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    "a number that is not whole": (
        DEPLOYMENTS,
        ("spec", "template", "spec", "terminationGracePeriodSeconds"),
        1.5,
        400,
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number 1.5 into Go '
        "struct field PodSpec.spec.template.spec.terminationGracePeriodSeconds of type int64",
    ),
    "no containers": (
        DEPLOYMENTS,
        ("spec", "template", "spec", "containers"),
        [],
        422,
        'Deployment.apps "web" is invalid: spec.template.spec.containers: Required value',
    ),
    "a selector that misses its own pods": (
        DEPLOYMENTS,
        ("spec", "selector", "matchLabels"),
        {"app": "api"},
        422,
        'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: '
        "`selector` does not match template `labels`",
    ),
    "a rollout that can never move": (
        DEPLOYMENTS,
        ("spec", "strategy"),
        {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
        422,
        'Deployment.apps "web" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be '
        "0 when `maxSurge` is 0",
    ),
    "a request above its limit": (
        DEPLOYMENTS,
        ("spec", "template", "spec", "containers", 0, "resources"),
        {"requests": {"memory": "128Mi"}, "limits": {"memory": "64Mi"}},
        422,
        'Deployment.apps "web" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: '
        '"128Mi": must be less than or equal to memory limit of 64Mi',
    ),
    "a mount of no volume": (
        DEPLOYMENTS,
        ("spec", "template", "spec", "containers", 0, "volumeMounts"),
        [{"name": "v", "mountPath": "/v"}],
        422,
        'Deployment.apps "web" is invalid: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ),
    "a probe that does nothing": (
        DEPLOYMENTS,
        ("spec", "template", "spec", "containers", 0, "livenessProbe"),
        {"periodSeconds": 1},
        422,
        'Deployment.apps "web" is invalid: spec.template.spec.containers[0].livenessProbe: Required value: must '
        "specify a handler type",
    ),
    "two things at once": (
        DEPLOYMENTS,
        ("spec", "template", "spec", "containers", 0),
        {"name": "c", "ports": [{"containerPort": 70000}]},
        422,
        'Deployment.apps "web" is invalid: [spec.template.spec.containers[0].image: Required value, '
        "spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, "
        "inclusive]",
    ),
    "another kind than the path's": (
        DEPLOYMENTS,
        ("kind",),
        "Pod",
        400,
        'Pod in version "v1" cannot be handled as a Deployment: no kind "Pod" is registered for version "apps/v1" '
        'in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ),
    "another namespace than the path's": (
        DEPLOYMENTS,
        ("metadata", "namespace"),
        "other",
        400,
        "the namespace of the provided object does not match the namespace sent on the request",
    ),
}


@pytest.mark.parametrize(("path", "place", "value", "code", "message"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_what_kubernetes_would_not_store_is_refused_in_its_words(
    server, deployment, path, place, value, code, message
) -> None:
    target = deployment
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    assert (await server.call("POST", path, deployment))[1]["message"] == message
    assert (await server.call("POST", path, deployment))[0] == code
    assert (await server.call("GET", path))[1]["items"] == []


async def test_creating_twice_is_a_conflict_and_a_missing_one_is_not_found(server) -> None:
    await server.call("POST", CONFIG_MAPS, _config_map())
    code, status = await server.call("POST", CONFIG_MAPS, _config_map())
    assert (code, status["reason"], status["message"]) == (409, "AlreadyExists", 'configmaps "cm" already exists')
    code, status = await server.call("GET", f"{DEPLOYMENTS}/nope")
    assert (code, status["message"]) == (404, 'deployments.apps "nope" not found')
    assert status["details"] == {"name": "nope", "group": "apps", "kind": "deployments"}


async def test_a_write_against_an_old_version_is_a_conflict(server) -> None:
    _, first = await server.call("POST", CONFIG_MAPS, _config_map(a="1"))
    await server.call("PUT", f"{CONFIG_MAPS}/cm", {**first, "data": {"a": "2"}})
    code, status = await server.call("PUT", f"{CONFIG_MAPS}/cm", {**first, "data": {"a": "3"}})
    assert (code, status["reason"]) == (409, "Conflict")
    assert status["message"].endswith("please apply your changes to the latest version and try again")
    code, _ = await server.call("PUT", f"{CONFIG_MAPS}/cm", _config_map(a="4"))
    assert code == 200


async def test_the_selector_of_a_deployment_never_changes(server, deployment) -> None:
    await server.call("POST", DEPLOYMENTS, deployment)
    new = copy.deepcopy(deployment)
    new["spec"]["selector"]["matchLabels"] = new["spec"]["template"]["metadata"]["labels"] = {"app": "api"}
    code, status = await server.call("PUT", f"{DEPLOYMENTS}/web", new)
    assert code == 422
    assert status["message"] == (
        'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"api"}}: '
        "field is immutable"
    )


async def test_a_service_keeps_its_address_and_gives_it_back_when_it_goes(server) -> None:
    _, stored = await server.call("POST", SERVICES, _service())
    assert stored["spec"]["clusterIP"] == stored["spec"]["clusterIPs"][0] == "127.9.128.1"
    assert stored["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    code, status = await server.call(
        "PATCH", f"{SERVICES}/web", {"spec": {"clusterIP": "127.9.128.7"}}, media=STRATEGIC
    )
    assert code == 422
    assert "may not change once set" in status["message"]
    code, replaced = await server.call("PUT", f"{SERVICES}/web", _service(selector={"a": "b"}))
    assert (code, replaced["spec"]["clusterIP"]) == (200, "127.9.128.1")
    await server.call("DELETE", f"{SERVICES}/web")
    await server.call("GET", SERVICES)
    assert server.addresses.held == set()


async def test_a_service_can_ask_for_an_address_or_for_none(server) -> None:
    _, asked = await server.call("POST", SERVICES, _service(clusterIP="127.9.128.9"))
    assert asked["spec"]["clusterIP"] == "127.9.128.9"
    code, status = await server.call(
        "POST", SERVICES, {**_service(clusterIP="127.9.128.9"), "metadata": {"name": "other"}}
    )
    assert code == 422
    assert "provided IP is already allocated" in status["message"]
    _, headless = await server.call("POST", SERVICES, {**_service(clusterIP="None"), "metadata": {"name": "third"}})
    assert headless["spec"]["clusterIPs"] == ["None"]


@pytest.mark.parametrize("change", [{"type": "NodePort"}, {"ports": [{"port": 53, "protocol": "UDP"}]}])
async def test_a_service_that_nothing_here_would_serve_is_refused(server, change) -> None:
    code, status = await server.call("POST", SERVICES, _service(**change))
    assert code == 422
    assert "Unsupported value" in status["message"]


async def test_the_text_of_a_secret_is_stored_as_base64(server) -> None:
    path = "/api/v1/namespaces/default/secrets"
    _, stored = await server.call("POST", path, {"metadata": {"name": "s"}, "stringData": {"k": "text"}})
    assert (stored["data"], stored["type"]) == ({"k": "dGV4dA=="}, "Opaque")
    assert "stringData" not in stored
    code, _ = await server.call("POST", path, {"metadata": {"name": "t"}, "data": {"k": "not base64!"}})
    assert code == 400


async def test_status_and_spec_are_written_apart(server, deployment) -> None:
    await server.call("POST", DEPLOYMENTS, deployment)
    both = {"spec": {"replicas": 4}, "status": {"readyReplicas": 2}}
    merge = "application/merge-patch+json"
    _, after_status = await server.call("PATCH", f"{DEPLOYMENTS}/web/status", both, media=merge)
    assert (after_status["spec"]["replicas"], after_status["status"]) == (1, {"readyReplicas": 2})
    _, after_spec = await server.call(
        "PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 5}, "status": {"readyReplicas": 9}}, media=merge
    )
    assert (after_spec["spec"]["replicas"], after_spec["status"]) == (5, {"readyReplicas": 2})
    assert after_spec["metadata"]["generation"] == 2


async def test_all_three_patches_change_what_is_stored(server, deployment) -> None:
    await server.call("POST", DEPLOYMENTS, deployment)
    container = {"name": "api", "image": "web:2"}
    _, one = await server.call(
        "PATCH",
        f"{DEPLOYMENTS}/web",
        {"spec": {"template": {"spec": {"containers": [container]}}}},
        media=STRATEGIC,
    )
    assert one["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"
    assert one["spec"]["template"]["spec"]["containers"][0]["ports"]
    _, two = await server.call(
        "PATCH", f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"x": "y"}}}, media="application/merge-patch+json"
    )
    assert two["metadata"]["labels"] == {"app": "web", "x": "y"}
    _, three = await server.call(
        "PATCH",
        f"{DEPLOYMENTS}/web",
        [{"op": "remove", "path": "/metadata/labels/x"}],
        media="application/json-patch+json",
    )
    assert three["metadata"]["labels"] == {"app": "web"}


async def test_patches_of_unknown_formats_are_refused(server) -> None:
    await server.call("POST", CONFIG_MAPS, _config_map())
    for media in ("application/apply-patch+cbor", "text/plain"):
        code, status = await server.call("PATCH", f"{CONFIG_MAPS}/cm", {}, media=media)
        assert (code, status["reason"]) == (415, "UnsupportedMediaType")


async def test_a_dry_run_says_what_would_be_and_stores_nothing(server, deployment) -> None:
    _, version = await server.call("GET", DEPLOYMENTS)
    code, shown = await server.call("POST", f"{DEPLOYMENTS}?dryRun=All", deployment)
    assert (code, shown["spec"]["replicas"]) == (201, 1)
    await server.call("POST", f"{SERVICES}?dryRun=All", _service())
    await server.call("POST", CONFIG_MAPS, _config_map(a="1"))
    await server.call("DELETE", f"{CONFIG_MAPS}/cm?dryRun=All")
    await server.call("PUT", f"{CONFIG_MAPS}/cm?dryRun=All", _config_map(a="2"))
    assert (await server.call("GET", f"{CONFIG_MAPS}/cm"))[1]["data"] == {"a": "1"}
    assert (await server.call("GET", DEPLOYMENTS))[1]["items"] == []
    assert server.addresses.held == set()
    assert int(version["metadata"]["resourceVersion"]) + 1 == server.store.version


async def test_a_change_that_changes_nothing_writes_nothing(server, deployment) -> None:
    _, first = await server.call("POST", DEPLOYMENTS, deployment)
    _, again = await server.call("PUT", f"{DEPLOYMENTS}/web", deployment)
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_a_running_pod_may_change_its_image_only(server) -> None:
    await server.call("POST", PODS, _pod())
    for container, expected in (({"name": "c", "image": "i:2"}, 200), ({"name": "c", "args": ["x"]}, 422)):
        change = {"spec": {"containers": [container]}}
        code, _ = await server.call("PATCH", f"{PODS}/p", change, media=STRATEGIC)
        assert code == expected


async def test_scale_reads_and_writes_replicas_only(server, deployment) -> None:
    await server.call("POST", DEPLOYMENTS, deployment)
    _, scale = await server.call("GET", f"{DEPLOYMENTS}/web/scale")
    assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == ("Scale", {"replicas": 1}, "app=web")
    scale["spec"]["replicas"] = 3
    assert (await server.call("PUT", f"{DEPLOYMENTS}/web/scale", scale))[1]["spec"] == {"replicas": 3}
    assert (await server.call("PUT", f"{DEPLOYMENTS}/web/scale", scale))[0] == 409
    merge = "application/merge-patch+json"
    code, _ = await server.call("PATCH", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": -1}}, media=merge)
    assert code == 422
    await server.call("PATCH", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 7}}, media=merge)
    assert (await server.call("GET", f"{DEPLOYMENTS}/web"))[1]["spec"]["replicas"] == 7


async def test_nothing_is_created_where_there_is_no_namespace_or_it_is_going(server) -> None:
    path = "/api/v1/namespaces/lab/configmaps"
    code, status = await server.call("POST", path, _config_map())
    assert (code, status["message"]) == (404, 'namespaces "lab" not found')
    await server.call("POST", "/api/v1/namespaces", {"metadata": {"name": "lab"}})
    assert (await server.call("POST", path, _config_map()))[0] == 201
    _, going = await server.call("DELETE", "/api/v1/namespaces/lab")
    assert going["status"]["phase"] == "Terminating"
    code, status = await server.call("POST", path, _config_map("late"))
    assert code == 403
    assert "because it is being terminated" in status["message"]
    assert server.store.find(NAMESPACES, "", "lab") is not None


async def test_names_are_checked_and_generated(server) -> None:
    code, status = await server.call("POST", CONFIG_MAPS, _config_map("Not_A_Name"))
    assert (code, status["reason"]) == (422, "Invalid")
    code, status = await server.call("POST", CONFIG_MAPS, {"metadata": {}})
    assert status["message"].endswith("metadata.name: Required value: name or generateName is required")
    _, made = await server.call("POST", CONFIG_MAPS, {"metadata": {"generateName": "made-"}})
    assert made["metadata"]["name"].startswith("made-")
    assert len(made["metadata"]["name"]) == 10


async def test_a_body_in_yaml_is_read_and_one_in_protobuf_that_is_not_known_is_refused(server) -> None:
    url = server.url + CONFIG_MAPS
    text = "metadata: {name: from-yaml}\ndata: {a: b}\n"
    async with server.http.post(url, data=text, headers={"Content-Type": "application/yaml"}) as answer:
        assert answer.status == 201
    async with server.http.post(url, data=b"\xff", headers={"Content-Type": "application/x-unknown"}) as answer:
        assert answer.status == 415
    async with server.http.post(url, data=b"{", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400


async def test_a_warning_that_no_header_can_carry_is_left_out(server) -> None:
    body = {**_config_map(), "bad\nname": 1, "plain": 2}
    async with server.http.post(server.url + CONFIG_MAPS, json=body) as answer:
        assert answer.status == 201
        assert answer.headers.getall("Warning") == ['299 - "unknown field \\"plain\\""']


async def test_zero_and_false_are_nothing_where_go_has_no_pointer(server, deployment) -> None:
    container = {**deployment["spec"]["template"]["spec"]["containers"][0], "stdin": False, "tty": False}
    deployment["spec"]["template"]["spec"] = {"containers": [container], "hostNetwork": False}
    deployment["spec"] |= {"replicas": 0, "paused": False, "minReadySeconds": 0, "progressDeadlineSeconds": 1}
    _, stored = await server.call("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)
    assert stored["spec"]["replicas"] == 0
    assert not {"paused", "minReadySeconds"} & set(stored["spec"])
    pod = stored["spec"]["template"]["spec"]
    assert not {"stdin", "tty", "hostNetwork"} & {*pod, *pod["containers"][0]}
