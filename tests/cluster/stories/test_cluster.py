"""Stories on a whole cluster, `python -m simulator.cluster`, through its API and its Services."""

import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from stories import Cluster, container_status, one_pod, start, stop
from waiting import until

from simulator.cluster.kubelet.sandbox import landlock
from simulator.processes import find_marked

pytestmark = pytest.mark.cluster

SERVER = """
import http.server, os, pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
sick = pathlib.Path(os.environ["GAMEDAY_POD_ROOT"], "sick")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/fail":
            sick.write_text("")
        self.send_response(503 if sick.exists() else 200)
        self.end_headers()
        self.wfile.write(f"{os.environ['NAME']} {os.environ['RELEASE']}".encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer((os.environ["POD_IP"], 8000), Handler).serve_forever()
"""


def web(release: str, replicas: int = 3) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": "python:3",
        "command": ["python", "-c", SERVER],
        "env": [
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "RELEASE", "value": release},
        ],
        "ports": [{"name": "http", "containerPort": 8000}],
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1, "failureThreshold": 1},
    }
    return {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"terminationGracePeriodSeconds": 2, "containers": [container]},
            },
        },
    }


def rolled_out(cluster: Cluster, namespace: str, revision: str) -> bool:
    found = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/web")
    status, wanted = found["status"], found["spec"]["replicas"]
    counts = [status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    is_seen = status.get("observedGeneration") == found["metadata"]["generation"]
    number = found["metadata"].get("annotations", {}).get("deployment.kubernetes.io/revision")
    return is_seen and number == revision and counts == [wanted] * 3


def answer_of(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:
        return str(answer.read().decode())


def test_a_container_that_dies_crash_loops_with_growing_counts(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", one_pod("print('bad setting'); raise SystemExit(3)"))

    def in_back_off() -> dict[str, Any] | None:
        status = container_status(cluster, namespace)
        is_waiting = (status.get("state") or {}).get("waiting", {}).get("reason") == "CrashLoopBackOff"
        return status if is_waiting and status["restartCount"] >= 2 else None

    status = until(in_back_off)
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["lastState"]["terminated"]["reason"] == "Error"
    until(lambda: container_status(cluster, namespace)["restartCount"] > status["restartCount"])
    log = cluster.http.get(f"/api/v1/namespaces/{namespace}/pods/pod/log", params={"previous": "true"})
    assert log.text == "bad setting\n"
    events = cluster.get(f"/api/v1/namespaces/{namespace}/events")["items"]
    assert any(event["reason"] == "BackOff" and event["count"] >= 2 for event in events)
    metrics = cluster.http.get("/metrics").text
    wanted = f'kube_pod_container_status_restarts_total{{namespace="{namespace}",pod="pod"'
    assert any(line.startswith(wanted) and float(line.split()[-1]) >= 2 for line in metrics.splitlines())


def test_memory_over_the_limit_is_killed_as_oom(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    hog = "import time; held = bytearray(120 << 20); time.sleep(60)"
    limits = {"resources": {"limits": {"memory": "48Mi"}}}
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", one_pod(hog, **limits))
    ended = until(lambda: (container_status(cluster, namespace).get("lastState") or {}).get("terminated"))
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)


def test_a_pod_that_outlives_its_deadline_has_failed(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    pod = one_pod("import time; time.sleep(60)")
    pod["spec"]["activeDeadlineSeconds"] = 1
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    path = f"/api/v1/namespaces/{namespace}/pods/pod"
    until(lambda: cluster.get(path)["status"].get("phase") == "Failed")
    status = until(lambda: (found := cluster.get(path)["status"]) and "terminated" in str(found) and found)
    assert status["reason"] == "DeadlineExceeded"
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 143


def test_a_failing_liveness_probe_restarts_the_container(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    probe = {"livenessProbe": {"tcpSocket": {"port": 9}, "periodSeconds": 1, "failureThreshold": 1}}
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", one_pod("import time; time.sleep(60)", **probe))
    until(lambda: container_status(cluster, namespace).get("restartCount"))
    reasons = {event["reason"] for event in cluster.get(f"/api/v1/namespaces/{namespace}/events")["items"]}
    assert {"Scheduled", "Pulled", "Created", "Started", "Unhealthy", "Killing"} <= reasons


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image": "no/such:1"}, "ImagePullBackOff"),
        ({"envFrom": [{"secretRef": {"name": "missing"}}]}, "CreateContainerConfigError"),
    ],
)
def test_what_cannot_start_says_why(cluster: Cluster, change: dict[str, Any], reason: str) -> None:
    namespace = cluster.namespace()
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", one_pod("pass", **change))
    until(lambda: container_status(cluster, namespace).get("state", {}).get("waiting", {}).get("reason") == reason)


def test_a_bad_release_stops_at_its_first_pod_and_undo_uses_the_old_replica_set_again(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    cluster.create(path, web("one"))
    until(lambda: rolled_out(cluster, namespace, "1"))
    template = cluster.get(f"{path}/web")["spec"]["template"]
    broken = {"name": "web", "command": ["python", "-c", "raise SystemExit(1)"]}
    cluster.patch(f"{path}/web", {"spec": {"template": {"spec": {"containers": [broken]}}}})

    def states() -> list[str]:
        pods = cluster.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        waiting = [pod["status"].get("containerStatuses", [{}])[0].get("state", {}).get("waiting") for pod in pods]
        return [entry["reason"] if entry else "ok" for entry in waiting]

    until(lambda: sorted(states()) == ["CrashLoopBackOff", "ok", "ok", "ok"])
    assert cluster.get(f"{path}/web")["status"]["availableReplicas"] == 3
    cluster.patch(f"{path}/web", {"spec": {"template": template}})
    until(lambda: rolled_out(cluster, namespace, "3"))
    sets = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/replicasets")["items"]
    revisions = {each["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for each in sets}
    assert revisions == {"2", "3"}


def test_a_service_balances_over_ready_pods_only_and_refuses_without_any(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    service = {
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 8080, "targetPort": "http"}]},
    }
    made = cluster.create(f"/api/v1/namespaces/{namespace}/services", service)
    address = f"{made['spec']['clusterIP']}:8080"
    with pytest.raises(OSError, match="refused"):
        answer_of(address)
    deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    cluster.create(deployments, web("one"))
    until(lambda: rolled_out(cluster, namespace, "1"))
    until(lambda: len({answer_of(address) for _ in range(6)}) == 3)
    pods = cluster.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://{pods[0]['status']['podIP']}:8000/fail", timeout=5)
    until(lambda: cluster.get(f"{deployments}/web")["status"].get("readyReplicas") == 2)
    name = pods[0]["metadata"]["name"]
    until(lambda: not any(name in answer_of(address) for _ in range(6)), 2)
    with socket.create_connection(address.split(":")) as kept:  # type: ignore[arg-type]
        cluster.http.delete(f"/api/v1/namespaces/{namespace}/services/web")
        cluster.patch(f"{deployments}/web", {"spec": {"replicas": 0}})
        kept.settimeout(10)
        assert kept.recv(1) == b""  # its pod is gone, so the connection is


def test_a_host_port_is_the_node_s(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    server = "import http.server; http.server.test(http.server.SimpleHTTPRequestHandler, bind='0.0.0.0', port=8000)"
    pod = one_pod(server, ports=[{"containerPort": 8000, "hostPort": 18000}])
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    path = f"/api/v1/namespaces/{namespace}/pods/pod"
    node = until(lambda: cluster.get(path)["status"].get("hostIP"))
    until(lambda: answers(f"{node}:18000"))
    assert cluster.http.delete(path, params={"gracePeriodSeconds": "0"}).status_code == 200
    until(lambda: not answers(f"{node}:18000"))


def answers(address: str) -> bool:
    try:
        answer_of(address)
    except OSError:
        return False
    return True


def test_deleting_a_namespace_takes_everything_in_it(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", web("one", replicas=2))
    until(lambda: rolled_out(cluster, namespace, "1"))
    cluster.http.delete(f"/api/v1/namespaces/{namespace}")
    until(lambda: cluster.http.get(f"/api/v1/namespaces/{namespace}").status_code == 404)
    assert not cluster.get(f"/api/v1/namespaces/{namespace}/pods")["items"]


def test_a_daemon_ends_with_its_pod(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    word = f"daemon-{uuid.uuid4().hex}"
    daemon = f"[sys.executable, '-c', 'import time; time.sleep(60)', '{word}']"
    program = f"import subprocess, sys; subprocess.Popen({daemon}, start_new_session=True)"
    pod = one_pod(f"{program}; import time; time.sleep(60)")
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod)

    def is_running() -> bool:
        lines = []
        for pid in find_marked(cluster.mark):
            with suppress(OSError):  # it may end while it is looked at
                lines.append(Path(f"/proc/{pid}/cmdline").read_text())
        return any(word in line for line in lines)

    until(is_running)
    cluster.http.delete(f"/api/v1/namespaces/{namespace}/pods/pod")
    until(lambda: not is_running())


@pytest.mark.skipif(landlock.version() < landlock.LEAST, reason="the kernel has no Landlock")
def test_pods_see_nothing_of_what_lies_beside_the_state(tmp_path: Path) -> None:
    (tmp_path / "record").write_text("the truth")
    own = start(tmp_path / "state", "--hide", str(tmp_path))
    own.create("/api/v1/namespaces/default/pods", one_pod(f"print(open('{tmp_path / 'record'}').read())"))
    until(lambda: container_status(own, "default").get("lastState", {}).get("terminated"))
    log = own.http.get("/api/v1/namespaces/default/pods/pod/log", params={"previous": "true"}).text
    stop(own)
    assert "PermissionError" in log


def test_the_end_of_the_server_is_the_end_of_every_process(tmp_path: Path) -> None:
    own = start(tmp_path / "state", "--clock", "60")
    own.create("/apis/apps/v1/namespaces/default/deployments", web("one", replicas=2))
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    own.create("/api/v1/namespaces/default/pods", one_pod(stubborn))
    until(lambda: container_status(own, "default").get("ready"))
    started = time.monotonic()
    stop(own)
    assert time.monotonic() - started < 8
    assert not find_marked(own.mark)


def test_a_new_server_ends_what_a_killed_one_left(tmp_path: Path) -> None:
    first = start(tmp_path, "--clock", "60")
    orphan = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    first.create("/api/v1/namespaces/default/pods", one_pod(f"{orphan}; time.sleep(60)"))
    until(lambda: container_status(first, "default").get("ready"))
    second = subprocess.run(
        [sys.executable, "-m", "simulator.cluster", "--state", str(tmp_path)], capture_output=True, text=True
    )
    assert second.returncode == 3
    assert "another cluster" in second.stderr
    first.process.kill()
    first.process.communicate()
    first.http.close()
    third = start(tmp_path, "--clock", "60")
    assert not find_marked(first.mark)
    stop(third)


def test_a_clock_that_stands_still_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulator.cluster", "--state", str(tmp_path), "--clock", "0"]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "--clock 0" in refused.stderr
