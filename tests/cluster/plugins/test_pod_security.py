"""What a pod may not ask for where it is a process among others."""

import pytest

from simulator.cluster.errors import ApiError
from simulator.cluster.kinds import unserved
from simulator.cluster.plugins import pod_security
from simulator.cluster.resources import CONFIG_MAPS, PODS


def _pod(container: dict | None = None, **spec) -> dict:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", **(container or {})}], **spec}}


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        (_pod(hostNetwork=True, hostPID=True), "host namespaces (hostNetwork=true, hostPID=true)"),
        (
            _pod({"securityContext": {"privileged": True}}),
            'privileged (container "c" must not set securityContext.privileged=true)',
        ),
        (
            _pod(volumes=[{"name": "a", "hostPath": {"path": "/"}}, {"name": "b", "hostPath": {"path": "/"}}]),
            'hostPath volumes (volumes "a", "b")',
        ),
    ],
)
def test_the_host_is_not_given_away(pod, words) -> None:
    with pytest.raises(ApiError) as refused:
        pod_security.admit(PODS, pod)
    assert refused.value.code == 403
    assert refused.value.message == f'pods "p" is forbidden: violates PodSecurity "baseline:latest": {words}'


def test_a_runtime_that_there_is_not_is_named() -> None:
    with pytest.raises(ApiError, match='pod rejected: RuntimeClass "gvisor" not found'):
        pod_security.admit(PODS, _pod(runtimeClassName="gvisor"))


def test_what_is_harmless_passes() -> None:
    pod_security.admit(PODS, _pod({"securityContext": {"runAsNonRoot": True, "privileged": False}}, hostNetwork=False))
    pod_security.admit(CONFIG_MAPS, {"metadata": {"name": "p"}, "data": {}})


def test_fields_without_a_meaning_here_are_refused_where_they_stand() -> None:
    mount = {"name": "v", "mountPath": "/v", "subPathExpr": "$(X)"}
    container = {"volumeMounts": [mount], "livenessProbe": {"grpc": {"port": 1}}, "volumeDevices": [{"name": "d"}]}
    causes = unserved.fields(_pod(container, shareProcessNamespace=True)["spec"], "spec")
    assert {cause.field for cause in causes} == {
        "spec.shareProcessNamespace",
        "spec.containers[0].volumeDevices",
        "spec.containers[0].volumeMounts[0].subPathExpr",
        "spec.containers[0].livenessProbe.grpc",
    }
