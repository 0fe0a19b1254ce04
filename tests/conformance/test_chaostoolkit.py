"""chaostoolkit-kubernetes, unmodified: the faults and probes that experiments are made of."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.conformance

CHAOS = Path(sys.executable).with_name("chaos")


def _activity(kind: str, module: str, func: str, **arguments: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "name": f"{module}.{func}",
        "provider": {"type": "python", "module": module, "func": func, "arguments": arguments},
    }


def _play(kubeconfig: Path, folder: Path, method: list[dict[str, Any]]) -> dict[str, Any]:
    experiment = {
        "title": "conformance",
        "description": "Faults and probes on the embedded cluster.",
        "configuration": {"chaostoolkit_kubernetes_config_path": str(kubeconfig)},
        "secrets": {},
        "method": method,
        "rollbacks": [],
    }
    (folder / "experiment.json").write_text(json.dumps(experiment))
    done = subprocess.run(
        [str(CHAOS), "--no-version-check", "run", "experiment.json"],
        cwd=folder,
        env={"PATH": str(CHAOS.parent), "HOME": str(folder), "KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (folder / "journal.json").exists(), done.stdout + done.stderr
    journal = json.loads((folder / "journal.json").read_text())
    for run in journal["run"]:
        assert run["status"] == "succeeded", (run.get("exception"), done.stderr)
    return journal


def test_pods_and_deployments_are_probed_and_disturbed(kubeconfig, namespace, tmp_path) -> None:
    where = {"ns": namespace}
    play = [
        _activity("probe", "chaosk8s.probes", "all_microservices_healthy", **where),
        _activity("probe", "chaosk8s.deployment.probes", "deployment_available_and_healthy", name="web", **where),
        _activity("probe", "chaosk8s.pod.probes", "count_pods", label_selector="app=web", phase="Running", **where),
        _activity("probe", "chaosk8s.pod.probes", "read_pod_logs", label_selector="app=web", last="10m", **where),
        _activity("probe", "chaosk8s.service.probes", "service_is_initialized", name="web", **where),
        _activity("probe", "chaosk8s.node.probes", "get_nodes"),
        _activity("action", "chaosk8s.pod.actions", "terminate_pods", label_selector="app=web", qty=1, **where),
        _activity("action", "chaosk8s.deployment.actions", "scale_deployment", name="web", replicas=3, **where),
        _activity("action", "chaosk8s.deployment.actions", "scale_deployment", name="web", replicas=2, **where),
        _activity("action", "chaosk8s.deployment.actions", "rollout_deployment", name="web", **where),
    ]
    journal = _play(kubeconfig, tmp_path, play)
    outputs = [run["output"] for run in journal["run"]]
    assert outputs[2] == 2
    assert "serving" in next(iter(outputs[3].values()))


def test_stateful_sets_are_made_probed_scaled_and_removed(kubeconfig, namespace, tmp_path) -> None:
    container = {"name": "c", "image": "python:3", "command": ["python3", "-c", "import time; time.sleep(1000)"]}
    pod = {"terminationGracePeriodSeconds": 1, "containers": [container]}
    labels = {"app": "db"}
    spec = {
        "serviceName": "db",
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    manifest = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}
    (tmp_path / "db.json").write_text(json.dumps(manifest))
    where = {"ns": namespace}
    actions, probes = "chaosk8s.statefulset.actions", "chaosk8s.statefulset.probes"
    play = [
        _activity("action", actions, "create_statefulset", spec_path=str(tmp_path / "db.json"), **where),
        _activity("probe", probes, "statefulset_fully_available", name="db", **where),
        _activity("action", actions, "scale_statefulset", name="db", replicas=1, **where),
        _activity("probe", probes, "statefulset_fully_available", name="db", **where),
        _activity("action", actions, "remove_statefulset", name="db", **where),
    ]
    _play(kubeconfig, tmp_path, play)
