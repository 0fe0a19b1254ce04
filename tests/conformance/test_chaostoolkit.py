"""chaostoolkit-kubernetes, unmodified: every action and probe of the modules that experiments are made of."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clusters import embedded

pytestmark = pytest.mark.conformance

CHAOS = Path(sys.executable).with_name("chaos")
MODULES = ("pod", "deployment", "replicaset", "statefulset", "service", "node", "namespace", "event", "secret")


class Play:
    """The activities of one experiment on one cluster."""

    def __init__(self, kubeconfig: Path, folder: Path, namespace: str) -> None:
        self._kubeconfig, self._folder, self._namespace = kubeconfig, folder, namespace
        self._method: list[dict[str, Any]] = []

    def file(self, name: str, content: dict[str, Any]) -> str:
        """A file beside the experiment; its path."""
        path = self._folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def action(self, function: str, **arguments: Any) -> None:
        """An action such as `pod.terminate_pods`."""
        self._add("action", function, arguments)

    def probe(self, function: str, **arguments: Any) -> None:
        """A probe such as `pod.count_pods`."""
        self._add("probe", function, arguments)

    def in_namespace(self, **arguments: Any) -> dict[str, Any]:
        """Arguments with the namespace."""
        return {"ns": self._namespace, **arguments}

    def start(self) -> "subprocess.CompletedProcess[str]":
        """Run it to its end, whatever comes of it."""
        experiment = {
            "title": "conformance",
            "description": "Faults and probes.",
            "method": self._method,
            "rollbacks": [],
        }
        self.file("experiment.json", experiment)
        return _chaos(self._kubeconfig, self._folder, "run", "experiment.json")

    def run(self) -> dict[str, Any]:
        """Run it; each activity must succeed. Returns their outputs by function, the last of each."""
        done = self.start()
        assert (self._folder / "journal.json").exists(), done.stdout + done.stderr
        journal = json.loads((self._folder / "journal.json").read_text())
        for run in journal["run"]:
            assert run["status"] == "succeeded", (run["activity"]["name"], run.get("exception"), done.stderr)
        return {run["activity"]["name"]: run["output"] for run in journal["run"]}

    def _add(self, kind: str, function: str, arguments: dict[str, Any]) -> None:
        noun, _, name = function.partition(".")
        provider = {
            "type": "python",
            "module": f"chaosk8s.{noun}.{kind}s",
            "func": name,
            "arguments": arguments,
        }
        self._method.append({"type": kind, "name": function, "provider": provider})


def _chaos(kubeconfig: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(CHAOS), "--no-version-check", *arguments],
        cwd=folder,
        env={"PATH": f"{CHAOS.parent}:{os.defpath}", "HOME": str(folder), "KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def play(kubeconfig: Path, namespace: str, tmp_path: Path) -> Play:
    return Play(kubeconfig, tmp_path, namespace)


@pytest.fixture(scope="module")
def several_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster of its own, whose nodes may be lost."""
    with embedded(tmp_path_factory.mktemp("nodes"), "--nodes", "3") as kubeconfig:
        yield kubeconfig


def _workload(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": name, "name": name}
    container = {"name": "main", "image": "python:3", "command": ["python3", "-c", "import time; time.sleep(1000)"]}
    pod = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


def test_pods_are_counted_read_and_disturbed(play) -> None:
    here = play.in_namespace
    web = {"label_selector": "app=web"}
    play.probe("pod.count_pods", **here(phase="Running", **web))
    play.probe("pod.count_min_pods", **here(min_count=2, **web))
    play.probe("pod.pods_in_phase", **here(**web))
    play.probe("pod.pods_not_in_phase", **here(phase="Failed", **web))
    play.probe("pod.pods_in_conditions", **here(conditions=[{"type": "Ready", "status": "True"}], **web))
    play.probe("pod.all_pods_healthy", **here())
    play.probe("pod.pod_is_not_available", **here(name="nobody"))
    play.probe("pod.read_pod_logs", **here(last="10m", **web))
    play.probe("pod.should_be_found_in_logs", pattern="serving", value={"web": "serving"})
    play.action("pod.exec_in_pods", **here(cmd=["echo", "hello"], container_name="api", **web))
    play.action("pod.terminate_pods", **here(qty=1, grace_period=0, **web))
    play.action("pod.delete_pods", **here(**web))
    found = play.run()
    assert found["pod.count_pods"] == 2
    assert "serving" in next(iter(found["pod.read_pod_logs"].values()))
    assert found["pod.exec_in_pods"][0]["stdout"] == "hello\n"
    assert len(found["pod.terminate_pods"]) == 1


def test_deployments_and_replica_sets_are_made_scaled_and_taken_away(play) -> None:
    here = play.in_namespace
    made = play.file("deployment.json", _workload("Deployment", "made"))
    play.action("deployment.create_deployment", **here(spec_path=made))
    play.probe("deployment.deployment_fully_available", **here(name="made", label_selector="app=made"))
    play.probe("deployment.deployment_available_and_healthy", **here(name="made"))
    play.action("deployment.scale_deployment", **here(name="made", replicas=2))
    play.probe("deployment.deployment_fully_available", **here(name="made", label_selector="app=made"))
    play.probe("deployment.deployment_partially_available", **here(name="made"))
    play.action("deployment.rollout_deployment", **here(name="made"))
    play.action("replicaset.delete_replica_set", **here(label_selector="app=made"))
    play.action("deployment.scale_deployment", **here(name="made", replicas=30))
    play.probe("deployment.deployment_not_fully_available", **here(name="made", label_selector="app=made"))
    play.action("deployment.delete_deployment", **here(name="made"))
    play.run()


def test_stateful_sets_are_made_scaled_and_taken_away(play) -> None:
    here = play.in_namespace
    made = play.file("statefulset.json", _workload("StatefulSet", "kept", serviceName="kept"))
    play.action("statefulset.create_statefulset", **here(spec_path=made))
    play.probe("statefulset.statefulset_fully_available", **here(name="kept", label_selector="app=kept"))
    play.action("statefulset.scale_statefulset", **here(name="kept", replicas=9))
    play.probe("statefulset.statefulset_not_fully_available", **here(name="kept", label_selector="app=kept"))
    play.action("statefulset.remove_statefulset", **here(name="kept"))
    play.run()


def test_services_secrets_namespaces_and_events(play) -> None:
    here = play.in_namespace
    service = {"metadata": {"name": "front"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    secret = {"metadata": {"name": "token"}, "stringData": {"token": "t"}}
    play.action("service.create_service_endpoint", **here(spec_path=play.file("service.json", service)))
    play.probe("service.service_is_initialized", **here(name="web"))
    play.action("service.delete_service", **here(name="front"))
    play.action("secret.create_secret", **here(spec_path=play.file("secret.json", secret)))
    play.probe("secret.secret_exists", **here(name="token"))
    play.action("secret.delete_secret", **here(name="token"))
    play.action("namespace.create_namespace", name="chaos-made")
    play.probe("namespace.namespace_exists", name="chaos-made")
    play.action("namespace.delete_namespace", name="chaos-made")
    play.probe("event.get_events", field_selector="reason=Created", limit=5)
    found = play.run()
    assert found["namespace.namespace_exists"] is True
    assert {event["reason"] for event in found["event.get_events"]["items"]} == {"Created"}


@pytest.mark.embedded
def test_nodes_are_probed_cordoned_drained_made_and_lost(several_nodes, tmp_path) -> None:
    play = Play(several_nodes, tmp_path, "default")
    labels = play.file("deployment.json", _workload("Deployment", "spread", replicas=4))
    play.action("deployment.create_deployment", **play.in_namespace(spec_path=labels))
    play.probe("deployment.deployment_fully_available", name="spread", label_selector="app=spread")
    play.probe("node.get_nodes")
    play.probe("node.get_all_node_status_conditions")
    play.probe("node.all_nodes_must_be_ready_to_schedule")
    play.probe("node.nodes_must_be_healthy")
    play.probe("node.verify_nodes_condition", condition_type="MemoryPressure", condition_value="False")
    play.action("node.cordon_node", name="gameday-worker")
    play.action("node.uncordon_node", name="gameday-worker")
    play.action("node.drain_nodes", name="gameday-worker", delete_pods_with_local_storage=True, timeout=60)
    play.action("node.uncordon_node", name="gameday-worker")
    play.run()
    play = Play(several_nodes, tmp_path, "default")
    play.action("node.delete_nodes", label_selector="kubernetes.io/hostname=gameday-worker2")
    play.start()  # the extension trips over the present client's answer, once the node is deleted
    play = Play(several_nodes, tmp_path, "default")
    play.probe("node.get_nodes", label_selector="kubernetes.io/hostname=gameday-worker2")
    play.probe("deployment.deployment_fully_available", name="spread", label_selector="app=spread")
    assert play.run()["node.get_nodes"]["items"] == []


@pytest.mark.embedded
def test_a_node_is_made(several_nodes, tmp_path) -> None:
    play = Play(several_nodes, tmp_path, "default")
    play.action("node.create_node", meta={"name": "made"})
    play.start()  # its output, a model of the client, is nothing that Chaos Toolkit can write into a journal
    assert "Node 'made' created" in (tmp_path / "chaostoolkit.log").read_text()


def test_what_the_extension_has_is_discovered(kubeconfig, tmp_path) -> None:
    done = _chaos(kubeconfig, tmp_path, "discover", "--no-install", "chaostoolkit-kubernetes")
    assert done.returncode == 0, done.stderr
    discovered = json.loads((tmp_path / "discovery.json").read_text())
    assert "terminate_pods" in {activity["name"] for activity in discovered["activities"]}


def test_nothing_of_these_modules_was_left_out() -> None:
    played = set(re.findall(r'play\.(?:action|probe)\("([\w.]+)"', Path(__file__).read_text()))
    have = set()
    for noun in MODULES:
        for part in ("actions", "probes"):
            try:
                module = importlib.import_module(f"chaosk8s.{noun}.{part}")
            except ModuleNotFoundError:
                continue
            have |= {f"{noun}.{name}" for name in module.__all__}
    assert have - played == set()
