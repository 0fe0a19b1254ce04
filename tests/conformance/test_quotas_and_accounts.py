"""ResourceQuota, ServiceAccount and what every namespace has, as kubectl sees them."""

import json
import re

import manifests
import pytest
from waiting import until

pytestmark = pytest.mark.conformance


@pytest.fixture
def quota(kubectl):
    """A quota of the module's namespace, gone after the test."""
    made: list[str] = []

    def make(name: str, *arguments: str) -> None:
        kubectl("create", "quota", name, *arguments)
        made.append(name)
        kubectl("wait", "--for=jsonpath={.status.hard}", f"quota/{name}", "--timeout=10s")

    yield make
    for name in made:
        kubectl("delete", "quota", name)


def _pod(name: str, requests: dict | None = None, **spec: object) -> str:
    container = {"name": "c", "image": "python:3", "command": ["python3", "-c", "import time; time.sleep(600)"]}
    if requests:
        container["resources"] = {"requests": requests}
    own = {"terminationGracePeriodSeconds": 1, "containers": [container], **spec}
    return json.dumps(manifests.pod(name, **own))


def test_a_quota_of_pods_refuses_in_the_servers_words(kubectl, quota) -> None:
    kubectl("scale", "deployment/web", "--replicas=2")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    until(lambda: len(kubectl("get", "pods", "-o", "name").split()) == 2)
    quota("few", "--hard=pods=2")
    refused = kubectl("create", "-f", "-", stdin=_pod("one-more"), ok=False)
    words = "exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2"
    assert f'pods "one-more" is forbidden: {words}' in refused
    assert "pods: 2/2" in kubectl("get", "quota", "few")
    assert re.search(r"pods +2 +2", kubectl("describe", "quota", "few"))
    assert "Resource Quotas" in kubectl("describe", "namespace", kubectl.namespace)


def test_a_workload_that_exceeds_a_quota_says_so_and_goes_on_when_it_may(kubectl, quota) -> None:
    quota("few", "--hard=pods=2")
    kubectl("scale", "deployment/web", "--replicas=3")
    until(lambda: "exceeded quota: few, requested: pods=1, used: pods=2" in kubectl("get", "events"))
    kubectl("wait", "--for=condition=ReplicaFailure", "deployment/web", "--timeout=10s")
    kubectl("scale", "deployment/web", "--replicas=2")


def test_compute_has_to_be_said_and_is_summed(kubectl, quota) -> None:
    quota("compute", "--hard=requests.cpu=1,requests.memory=64Mi")
    silent = kubectl("create", "-f", "-", stdin=_pod("silent"), ok=False)
    assert "failed quota: compute: must specify requests.cpu for: c; requests.memory for: c" in silent
    kubectl("create", "-f", "-", stdin=_pod("first", {"cpu": "600m", "memory": "32Mi"}))
    text = kubectl("create", "-f", "-", stdin=_pod("second", {"cpu": "500m", "memory": "32Mi"}), ok=False)
    assert "requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1" in text
    until(lambda: "requests.memory: 32Mi/64Mi" in kubectl("get", "quota", "compute"))
    kubectl("delete", "pod", "first", "--now")
    until(lambda: "requests.cpu: 0/1" in kubectl("get", "quota", "compute"))


def test_objects_are_counted(kubectl, quota) -> None:
    have = len(kubectl("get", "configmaps", "-o", "name").split())
    quota("objects", f"--hard=count/configmaps={have + 1},count/deployments.apps=9")
    kubectl("create", "configmap", "last")
    refused = kubectl("create", "configmap", "too-many", ok=False)
    assert f"exceeded quota: objects, requested: count/configmaps=1, used: count/configmaps={have + 1}" in refused
    kubectl("delete", "configmap", "last")
    until(lambda: f"count/configmaps: {have}/{have + 1}" in kubectl("get", "quota", "objects"))


def test_every_namespace_has_an_account_and_the_root_certificate(kubectl) -> None:
    assert kubectl("get", "serviceaccounts").split()[:5] == ["NAME", "SECRETS", "AGE", "default", "0"]
    assert "BEGIN CERTIFICATE" in kubectl("get", "configmap", "kube-root-ca.crt", "-o", "yaml")
    kubectl("delete", "serviceaccount", "default")
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=10s")


def test_a_pod_needs_an_account_that_there_is(kubectl) -> None:
    text = kubectl("create", "-f", "-", stdin=_pod("robot", serviceAccountName="robot"), ok=False)
    where = f"error looking up service account {kubectl.namespace}/robot"
    assert f'pods "robot" is forbidden: {where}: serviceaccount "robot" not found' in text
    kubectl("create", "serviceaccount", "robot")
    kubectl("create", "-f", "-", stdin=_pod("robot", serviceAccountName="robot"))
    kubectl("delete", "pod", "robot", "--now")
    kubectl("delete", "serviceaccount", "robot")


def test_a_priority_class_that_there_is_not_is_refused(kubectl) -> None:
    text = kubectl("create", "-f", "-", stdin=_pod("urgent", priorityClassName="urgent"), ok=False)
    assert 'pods "urgent" is forbidden: no PriorityClass with name urgent was found' in text


@pytest.mark.embedded
def test_a_pod_finds_its_account_s_token_which_lets_it_look_around(kubectl) -> None:
    program = (
        "import json, os, ssl, urllib.request;"
        "here = os.environ['GAMEDAY_POD_ROOT'] + '/var/run/secrets/kubernetes.io/serviceaccount/';"
        "token = open(here + 'token').read();"
        "trust = ssl.create_default_context(cafile=here + 'ca.crt');"
        "ask = lambda path: urllib.request.urlopen(urllib.request.Request('https://kubernetes.default.svc' + path,"
        " headers={'Authorization': 'Bearer ' + token}), context=trust);"
        "print(json.load(ask('/version'))['major'], open(here + 'namespace').read());"
        "ask('/api/v1/namespaces/default/secrets')"
    )
    said = kubectl("exec", "deployment/web", "--", "python3", "-c", program, ok=False)
    assert "403: Forbidden" in said
    assert "kube-api-access-" in kubectl("describe", "pods", "-l", "app=web")
