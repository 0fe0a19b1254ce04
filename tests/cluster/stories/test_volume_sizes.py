"""Volumes that are full: what the program in the pod sees, who else sees it, and what is left of them."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from stories import Cluster, connected, container_status, launched, one_pod, start, stop
from waiting import until

from simulator.cluster.kubelet import disk_volumes
from simulator.cluster.kubelet.sandbox import capabilities, mount_namespace

pytestmark = pytest.mark.cluster

may_mount = pytest.mark.skipif(mount_namespace.why_not() is not None, reason="no mount namespace on this machine")

FILL = """
import errno, os, time
path = os.environ["GAMEDAY_POD_ROOT"] + "/data/fill"
written = 0
try:
    with open(path, "wb", buffering=0) as file:
        while True:
            written += file.write(bytes(4096))
except OSError as error:
    print(errno.errorcode[error.errno], written, flush=True)
os.remove(path)
with open(path, "wb", buffering=0) as file:
    print("after", file.write(bytes(4096)), flush=True)
time.sleep(600)
"""
ONCE_MORE = """
import os, sys, time
path = os.environ["GAMEDAY_POD_ROOT"] + "/data/kept"
if not os.path.exists(path):
    open(path, "w").write("kept")
    sys.exit(1)
time.sleep(600)
"""
READ = """
import os, time
path = os.environ["GAMEDAY_POD_ROOT"] + "/elsewhere/kept"
while not os.path.exists(path):
    time.sleep(0.05)
print(open(path).read(), flush=True)
time.sleep(600)
"""
_SYS_ADMIN = 21


@pytest.fixture(autouse=True)
def _nothing_is_mounted_on_the_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    assert str(tmp_path_factory.getbasetemp()) not in Path("/proc/self/mountinfo").read_text()


def with_volume(program: str, empty_dir: dict[str, Any], **container: Any) -> dict[str, Any]:
    """A pod with one emptyDir at /data."""
    body = one_pod(program, volumeMounts=[{"name": "data", "mountPath": "/data"}], **container)
    body["spec"]["volumes"] = [{"name": "data", "emptyDir": empty_dir}]
    return body


def memory(size: str) -> dict[str, str]:
    return {"medium": "Memory", "sizeLimit": size}


def log(cluster: Cluster, namespace: str, container: str = "main") -> str:
    answer = cluster.http.get(f"/api/v1/namespaces/{namespace}/pods/pod/log", params={"container": container})
    return answer.text if answer.status_code == 200 else ""


def create(cluster: Cluster, body: dict[str, Any]) -> str:
    namespace = cluster.namespace()
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", body)
    return namespace


def mounts(cluster: Cluster, uid: str) -> list[str]:
    """What is mounted for one pod in the cluster's own namespace."""
    return [line for line in Path(f"/proc/{cluster.process.pid}/mountinfo").read_text().splitlines() if uid in line]


@may_mount
def test_a_write_beyond_the_size_of_a_volume_in_memory_has_no_space_left(cluster: Cluster) -> None:
    namespace = create(cluster, with_volume(FILL, memory("1Mi")))
    until(lambda: "after" in log(cluster, namespace))
    assert log(cluster, namespace).split() == ["ENOSPC", str(1 << 20), "after", "4096"]


@may_mount
def test_a_volume_in_memory_outlives_its_container_and_is_shared_in_its_pod(cluster: Cluster) -> None:
    body = with_volume(ONCE_MORE, memory("1Mi"))
    reader = one_pod(READ, name="reader", volumeMounts=[{"name": "data", "mountPath": "/elsewhere"}])
    body["spec"]["containers"] += reader["spec"]["containers"]
    probe = {"exec": {"command": ["sh", "-c", 'cat "$GAMEDAY_POD_ROOT/data/kept"']}, "periodSeconds": 1}
    body["spec"]["containers"][0]["readinessProbe"] = probe
    namespace = create(cluster, body)
    until(lambda: log(cluster, namespace, "reader") == "kept\n")
    until(lambda: container_status(cluster, namespace).get("ready"))
    assert container_status(cluster, namespace)["restartCount"] == 1


@may_mount
def test_a_volume_in_memory_ends_with_its_pod(cluster: Cluster) -> None:
    namespace = create(cluster, with_volume(FILL, memory("1Mi")))
    until(lambda: "after" in log(cluster, namespace))
    path = f"/api/v1/namespaces/{namespace}/pods/pod"
    uid = cluster.get(path)["metadata"]["uid"]
    assert len(mounts(cluster, uid)) == 1
    cluster.http.delete(path)
    until(lambda: not mounts(cluster, uid))


@may_mount
def test_a_claim_has_its_size_and_what_is_in_it_outlives_its_pod(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    cluster.create(claims, {"metadata": {"name": "data"}, "spec": claim})
    filling = with_volume(FILL, {})
    filling["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    pods = f"/api/v1/namespaces/{namespace}/pods"
    cluster.create(pods, filling)
    until(lambda: "after" in log(cluster, namespace))
    assert log(cluster, namespace).split() == ["ENOSPC", str(1 << 20), "after", "4096"]
    volume = cluster.get(f"{claims}/data")["spec"]["volumeName"]
    assert len(mounts(cluster, volume)) == 1
    cluster.http.delete(f"{pods}/pod", params={"gracePeriodSeconds": 0})
    until(lambda: cluster.http.get(f"{pods}/pod").status_code == 404)
    reading = with_volume(READ.replace("/elsewhere/kept", "/data/fill").replace(".read()", ".read().count(chr(0))"), {})
    reading["spec"]["volumes"] = filling["spec"]["volumes"]
    cluster.create(pods, reading)
    until(lambda: log(cluster, namespace) == "4096\n")
    cluster.http.delete(f"{pods}/pod", params={"gracePeriodSeconds": 0})
    cluster.http.delete(f"{claims}/data")
    until(lambda: not mounts(cluster, volume))


@may_mount
def test_a_killed_cluster_leaves_no_volume_in_memory(tmp_path: Path) -> None:
    cluster = start(tmp_path)
    namespace = create(cluster, with_volume(FILL, memory("1Mi")))
    until(lambda: "after" in log(cluster, namespace))
    apart = os.readlink(f"/proc/{cluster.process.pid}/ns/mnt")
    assert apart != os.readlink("/proc/self/ns/mnt")
    assert len(_members(apart)) > 1
    cluster.process.kill()
    cluster.process.communicate()
    cluster.http.close()
    until(lambda: not _members(apart))


@may_mount
def test_postgres_says_that_its_disk_is_full_and_serves_again_when_there_is_room(cluster: Cluster) -> None:
    variables = {"POSTGRES_PASSWORD": "secret", "PGDATA": "/data/pg"}
    env = [{"name": name, "value": value} for name, value in variables.items()]
    env.append({"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
    settings = ["-c", "max_wal_size=32MB", "-c", "wal_recycle=off", "-c", "checkpoint_timeout=30s"]
    body = with_volume("", memory("160Mi"), image="postgres:18", command=None, args=settings, env=env)
    body["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 5432}, "periodSeconds": 1}
    namespace = create(cluster, body)
    until(lambda: container_status(cluster, namespace).get("ready"), 60)
    address = cluster.get(f"/api/v1/namespaces/{namespace}/pods/pod")["status"]["podIP"]
    with psycopg.connect(f"postgresql://postgres:secret@{address}/postgres", autocommit=True) as connection:
        connection.execute("CREATE UNLOGGED TABLE filler (content text)")
        with pytest.raises(psycopg.errors.DiskFull):
            connection.execute("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 1000000)")
        connection.execute("TRUNCATE filler")
        connection.execute("INSERT INTO filler SELECT 'x'")
    assert container_status(cluster, namespace)["restartCount"] == 0


def test_a_pod_that_fills_a_volume_on_disk_beyond_its_size_is_evicted(cluster: Cluster) -> None:
    program = FILL.replace("while True", "while written < 2 << 20").replace("os.remove(path)", "time.sleep(600)")
    namespace = create(cluster, with_volume(program, {"sizeLimit": "1Mi"}))
    path = f"/api/v1/namespaces/{namespace}/pods/pod"
    until(lambda: cluster.get(path)["status"]["phase"] == "Failed")
    status = cluster.get(path)["status"]
    assert status["reason"] == "Evicted"
    assert status["message"] == 'Usage of EmptyDir volume "data" exceeds the limit "1Mi". '
    until(lambda: not container_status(cluster, namespace).get("state", {}).get("running"))


def test_a_pod_within_the_size_of_its_volume_on_disk_stays(cluster: Cluster) -> None:
    program = FILL.replace("while True", "while written < 1 << 19")
    namespace = create(cluster, with_volume(program, {"sizeLimit": "1Mi"}))
    until(lambda: "after" in log(cluster, namespace))
    time.sleep(1.5 * disk_volumes.PERIOD_S)  # it was looked at
    assert cluster.get(f"/api/v1/namespaces/{namespace}/pods/pod")["status"]["phase"] == "Running"


@may_mount
def test_a_node_without_power_forgets_what_its_pods_had_in_memory(tmp_path: Path) -> None:
    cluster = start(tmp_path, "--nodes", "2")
    try:
        pod = with_volume("import time; time.sleep(600)", memory("1Mi"))
        namespace = create(cluster, pod)
        until(lambda: container_status(cluster, namespace).get("ready"))
        uid = cluster.get(f"/api/v1/namespaces/{namespace}/pods/pod")["metadata"]["uid"]
        volume = Path(f"/proc/{cluster.process.pid}/root") / str(tmp_path).lstrip("/") / "pods" / uid / "volumes/data"
        (volume / "kept").write_text("kept")
        switch = tmp_path / "nodes" / "gameday-worker" / "off"
        switch.touch()
        until(lambda: not mounts(cluster, uid))
        switch.unlink()
        until(lambda: container_status(cluster, namespace).get("restartCount") == 1)
        until(lambda: container_status(cluster, namespace).get("ready"))
        assert len(mounts(cluster, uid)) == 1
        assert not (volume / "kept").exists()
    finally:
        stop(cluster)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has what is taken away here")
def test_where_the_machine_refuses_mounts_the_pod_runs_and_says_that_no_limit_holds(tmp_path: Path) -> None:
    cluster = connected(*launched(tmp_path, prepare=lambda: capabilities.drop([_SYS_ADMIN])))
    try:
        program = FILL.replace("while True", "while written < 2 << 20").replace("except", "    print(written)\nexcept")
        namespace = create(cluster, with_volume(program, memory("1Mi")))
        until(lambda: "after" in log(cluster, namespace))
        assert log(cluster, namespace).split() == [str(2 << 20), "after", "4096"]
        told = cluster.get(f"/api/v1/namespaces/{namespace}/events")["items"]
        message = next(event["message"] for event in told if event["reason"] == "VolumeSizeNotEnforced")
        assert message.startswith("no limit holds for volumes of medium Memory (data): a mount namespace is refused")
    finally:
        stop(cluster)


def _members(namespace: str) -> list[str]:
    """The living processes in a mount namespace."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "ns" / "mnt") == namespace:
                found.append(entry.name)
        except OSError:
            continue
    return found
