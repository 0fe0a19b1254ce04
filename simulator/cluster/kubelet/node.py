"""The Node object of this machine."""

import os
import platform
from pathlib import Path

from simulator.cluster.store import Object, timestamp
from simulator.cluster.version import VERSION

NAME = "gameday"


def node_object(ip: str) -> Object:
    """A Ready node with this machine's size. Its conditions carry no lease: the node lives as long as the server."""
    cpus, memory_kib = os.cpu_count() or 1, _memory_kib()
    size = {"cpu": str(cpus), "memory": f"{memory_kib}Ki", "pods": "1000", "ephemeral-storage": "100Gi"}
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    labels = {
        "kubernetes.io/hostname": NAME,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": arch,
        "node-role.kubernetes.io/control-plane": "",
    }
    uname = platform.uname()
    version = str(VERSION["gitVersion"])
    return {
        "metadata": {"name": NAME, "labels": labels, "annotations": {}},
        "spec": {},
        "status": {
            "capacity": size,
            "allocatable": dict(size),
            "conditions": _conditions(timestamp()),
            "addresses": [
                {"type": "InternalIP", "address": ip},
                {"type": "Hostname", "address": NAME},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
            "nodeInfo": {
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
                "kernelVersion": uname.release,
                "osImage": f"{uname.system} (processes, no containers)",
                "containerRuntimeVersion": "gameday://1",
                "kubeletVersion": version,
                "kubeProxyVersion": version,
                "operatingSystem": "linux",
                "architecture": arch,
            },
        },
    }


def _conditions(at: str) -> list[Object]:
    rows = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )
    return [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": at,
            "lastTransitionTime": at,
        }
        for kind, status, reason, message in rows
    ]


def _memory_kib() -> int:
    try:
        first = Path("/proc/meminfo").read_text().splitlines()[0]
    except OSError:
        return 0
    return int(first.split()[1])
