"""What a drill found in the namespace is there again after it, whatever faults and runbooks did to it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import VENV_KUBECTL, embedded
from playing import wait_until

from simulator.drill.kube import Kube

pytestmark = pytest.mark.cluster

FOUND = """
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {MODE: normal, KEPT: "1"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: empty}}
---
{apiVersion: v1, kind: Secret, metadata: {name: key}, stringData: {token: old}}
---
{apiVersion: v1, kind: Secret, metadata: {name: sealed}, stringData: {token: old}, immutable: true}
---
{apiVersion: v1, kind: Service, metadata: {name: cache}, spec: {selector: {app: cache}, ports: [{port: 6379}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: doors}
spec: {podSelector: {matchLabels: {app: cache}}, policyTypes: [Ingress], ingress: [{}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache}
spec:
  serviceName: cache
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}], terminationGracePeriodSeconds: 1}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}], terminationGracePeriodSeconds: 1}
"""
POD = "spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: [sleep, infinity]}]}"
CAME_LATER = f"""
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: later}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: closed}}
spec: {{podSelector: {{}}, policyTypes: [Egress]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: by-hand}}
{POD}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: repair}}
spec:
  template:
    {POD}
"""


class Namespace:
    """kubectl as an operator types it."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig

    def kubectl(self, *arguments: str, manifest: str | None = None) -> str:
        done = subprocess.run(
            [VENV_KUBECTL, "--kubeconfig", self.kubeconfig, *arguments],
            input=manifest,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def patch(self, what: str, name: str, change: str) -> None:
        self.kubectl("patch", what, name, "--type", "merge", "--patch", change)


@pytest.fixture(scope="module")
def namespace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    with embedded(tmp_path_factory.mktemp("cluster")) as kubeconfig:
        yield Namespace(kubeconfig)


def test_what_changed_went_or_came_is_as_it_was(namespace: Namespace) -> None:
    namespace.kubectl("apply", "-f", "-", manifest=FOUND)
    kube = Kube(namespace.kubeconfig, None, "default")
    wait_until(lambda: not kube.unready(), 30, kube.unready)
    assert kube.ready_replicas() == {"cache": 1, "web": 1}
    before = json.loads(json.dumps(kube.snapshot()))  # it travels to the watchdog
    assert kube.restore(before) == []

    namespace.patch("configmap", "settings", '{"data": {"MODE": "broken", "KEPT": null}}')
    namespace.patch("configmap", "empty", '{"data": {"new": "1"}}')
    namespace.patch("secret", "key", '{"stringData": {"token": "new"}}')
    namespace.kubectl("delete", "secret", "sealed")
    namespace.kubectl("create", "secret", "generic", "sealed", "--from-literal=token=new")
    namespace.patch("secret", "sealed", '{"immutable": true}')
    namespace.patch("service", "web", '{"spec": {"selector": {"app": "nobody"}}}')
    namespace.kubectl("delete", "service/cache", "networkpolicy/doors", "statefulset/cache")
    namespace.kubectl("scale", "deployment", "web", "--replicas=2")
    namespace.kubectl("apply", "-f", "-", manifest=CAME_LATER)

    changed = kube.restore(before)
    assert kube.snapshot() == before
    assert "restored Secret sealed" in changed, "what cannot be changed is made anew"
    assert len(changed) == len(set(changed)) == 13
    wait_until(lambda: not kube.unready(), 30, kube.unready)
    assert kube.ready_replicas() == {"cache": 1, "web": 1}

    def by_hand() -> list[str]:
        names = namespace.kubectl("get", "pods,jobs", "-o", "name").split()
        return [name for name in names if "by-hand" in name or "repair" in name]

    wait_until(lambda: not by_hand(), 30, by_hand)


def test_kinds_that_a_cluster_does_not_serve_are_left_out(namespace: Namespace) -> None:
    kinds = Kube(namespace.kubeconfig, None, "default").snapshot().keys()
    served = namespace.kubectl("api-resources", "-o", "name").split()
    assert ("CronJob" in kinds) is ("cronjobs.batch" in served)
    assert {"ConfigMap", "Secret", "Service", "Deployment", "StatefulSet"} <= kinds
