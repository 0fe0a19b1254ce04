"""What each kind refuses, in Kubernetes' exact words: cases as data in `refusals.yaml`."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.cluster import kinds
from simulator.cluster.errors import ApiError
from simulator.cluster.kinds import admission
from simulator.cluster.objects import patch
from simulator.cluster.objects.decoding import decode
from simulator.cluster.store import Object

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("refusals.yaml").read_text())
POD = {"spec": {"containers": [{"name": "c", "image": "i"}]}}
GOOD: dict[str, Object] = {
    "ConfigMap": {},
    "Secret": {},
    "Pod": POD,
    "Deployment": {
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, **POD},
        }
    },
    "Service": {"spec": {"ports": [{"port": 80}]}},
    "Endpoints": {},
    "EndpointSlice": {"addressType": "IPv4", "endpoints": []},
    "Event": {"involvedObject": {"kind": "Pod", "namespace": "default"}},
}


def _grown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _grown(item) for key, item in value.items()}
    return {"BIG": "x" * 300_000, "HUGE": "eHh4" * 400_000}.get(value, value) if isinstance(value, str) else value


def _decoded(case: dict[str, Any]) -> Object:
    kind = kinds.of(case["kind"])
    base = {"metadata": {"name": "x", "namespace": "default"}, **copy.deepcopy(GOOD[case["kind"]])}
    obj = patch.json_merge(base, _grown(case.get("object", {})))
    if "container" in case:
        obj["spec"]["containers"][0].update(case["container"])
    return decode(case["kind"], {"apiVersion": kind.resource.api_version, "kind": case["kind"], **obj}).object


@pytest.mark.parametrize("kind", GOOD)
def test_the_objects_that_the_cases_start_from_are_good(kind) -> None:
    admission.admit(kinds.of(kind).resource, _decoded({"kind": kind}))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}-{case['words'].split(':')[0]}" for case in CASES])
def test_it_is_refused_in_the_words_of_kubernetes(case) -> None:
    obj = _decoded(case)
    with pytest.raises(ApiError) as refused:
        admission.admit(kinds.of(case["kind"]).resource, obj)
    assert refused.value.code == 422
    assert refused.value.message.partition(" is invalid: ")[2] == case["words"]


async def test_what_is_odd_but_allowed_is_warned_of(server) -> None:
    port, variables = {"containerPort": 80}, [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    pod = {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i", "ports": [port, port], "env": variables}]},
    }
    async with server.http.post(f"{server.url}/api/v1/namespaces/default/pods", json=pod) as answer:
        assert answer.status == 201
        assert answer.headers.getall("Warning") == [
            '299 - "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"',
            '299 - "spec.containers[0].env[1]: hides previous definition of \\"A\\", which may be dropped when using '
            'apply"',
        ]


async def test_no_finalizer_is_added_to_what_is_going(server) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    await server.call("POST", path, {"metadata": {"name": "x", "finalizers": ["a.b/c"]}})
    await server.call("DELETE", f"{path}/x")
    change = {"metadata": {"finalizers": ["a.b/c", "d.e/f"]}}
    code, status = await server.call("PATCH", f"{path}/x", change, media="application/merge-patch+json")
    assert code == 422
    assert status["message"].endswith(
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new "
        'finalizers []string{"d.e/f"}'
    )
