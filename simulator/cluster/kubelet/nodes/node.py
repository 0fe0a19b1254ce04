"""The Node objects of this machine: what each logical node is and has. Pure but for the reading of /proc."""

import os
import platform
import uuid
from dataclasses import dataclass
from pathlib import Path

from simulator.cluster.addresses import Subnet
from simulator.cluster.kubelet.images.catalogue import Image
from simulator.cluster.store import Object, timestamp
from simulator.cluster.version import VERSION

NAME = "gameday"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
MOST = 32
"""Nodes that one cluster may have; their pods share the subnet."""
_IMAGES_SHOWN = 50


@dataclass(frozen=True)
class Size:
    """What one node has."""

    cpu_millis: int
    memory_kib: int
    pods: int = 1000


@dataclass(frozen=True)
class Machine:
    """One logical node."""

    name: str
    ip: str
    pod_cidr: str
    size: Size
    is_control_plane: bool
    is_alone: bool


def names(count: int) -> list[str]:
    """As kind names them: `gameday`, `gameday-worker`, `gameday-worker2`, ..."""
    return [NAME] + [f"{NAME}-worker{number if number > 1 else ''}" for number in range(1, count)]


def machines(count: int, size: Size, subnet: Subnet) -> list[Machine]:
    """`count` nodes of one size; the first is the control plane."""
    return [
        Machine(
            name,
            subnet.node_address(index),
            subnet.pod_cidr(index, count),
            size,
            is_control_plane=index == 0,
            is_alone=count == 1,
        )
        for index, name in enumerate(names(count))
    ]


def share(count: int) -> Size:
    """What each of `count` nodes gets of this machine: all of it if it is alone, else a worker's part."""
    parts = max(1, count - 1)
    return Size((os.cpu_count() or 1) * 1000 // parts, _memory_kib() // parts)


def node_object(machine: Machine, images: dict[str, Image], boot_id: str) -> Object:
    """A Ready node. As with kind, the control plane takes ordinary pods only where there is no worker."""
    labels = {
        "beta.kubernetes.io/arch": _arch(),
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": _arch(),
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
    }
    spec: Object = {
        "podCIDR": machine.pod_cidr,
        "podCIDRs": [machine.pod_cidr],
        "providerID": f"gameday://{machine.name}",
    }
    if machine.is_control_plane:
        labels[CONTROL_PLANE] = ""
        if not machine.is_alone:
            spec["taints"] = [{"key": CONTROL_PLANE, "effect": "NoSchedule"}]
    return {
        "metadata": {"name": machine.name, "labels": labels, "annotations": {}},
        "spec": spec,
        "status": status(machine, images, {}, boot_id),
    }


def status(machine: Machine, images: dict[str, Image], old: Object, boot_id: str) -> Object:
    """What the kubelet says of its node. Of the `old` status, resources that others advertise are kept."""
    uname = platform.uname()
    version = str(VERSION["gitVersion"])
    identity = uuid.uuid5(uuid.NAMESPACE_DNS, machine.name)
    return {
        "capacity": {**(old.get("capacity") or {}), **_amounts(machine.size)},
        "allocatable": {**(old.get("allocatable") or {}), **_amounts(machine.size)},
        "conditions": _conditions(timestamp(), old.get("conditions") or []),
        "addresses": [
            {"type": "InternalIP", "address": machine.ip},
            {"type": "Hostname", "address": machine.name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        "images": [{"names": [image.id, name]} for name, image in sorted(images.items())[:_IMAGES_SHOWN]],
        "nodeInfo": {
            "machineID": identity.hex,
            "systemUUID": str(identity),
            "bootID": boot_id,
            "kernelVersion": uname.release,
            "osImage": f"{uname.system} (processes, no containers)",
            "containerRuntimeVersion": "gameday://1",
            "kubeletVersion": version,
            "kubeProxyVersion": version,
            "operatingSystem": "linux",
            "architecture": _arch(),
        },
    }


def _amounts(size: Size) -> Object:
    cores, rest = divmod(size.cpu_millis, 1000)
    return {
        "cpu": f"{size.cpu_millis}m" if rest else str(cores),
        "ephemeral-storage": "100Gi",
        "memory": f"{size.memory_kib}Ki",
        "pods": str(size.pods),
    }


def _conditions(at: str, old: list[Object]) -> list[Object]:
    rows = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )
    since = {entry["type"]: entry["lastTransitionTime"] for entry in old if (entry["type"], entry["status"]) in _GOOD}
    return [
        {
            "type": kind,
            "status": truth,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": at,
            "lastTransitionTime": since.get(kind, at),
        }
        for kind, truth, reason, message in rows
    ]


_GOOD = {("MemoryPressure", "False"), ("DiskPressure", "False"), ("PIDPressure", "False"), ("Ready", "True")}


def _arch() -> str:
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _memory_kib() -> int:
    try:
        first = Path("/proc/meminfo").read_text().splitlines()[0]
    except OSError:
        return 0
    return int(first.split()[1])
