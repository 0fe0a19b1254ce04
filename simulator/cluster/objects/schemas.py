"""The fields of kinds: names, types, which are required, and how lists merge.

`schemas.json` is derived from the models of the official Python client by `python -m simulator.cluster.objects.schemas`
and kept beside this module, because reading it takes milliseconds and importing two hundred models does not.
A test holds the two together. What the client does not know (quantities, merge keys) is written down below.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from simulator.cluster.objects.list_types import ListType, structure

FILE = Path(__file__).with_name("schemas.json")

ROOTS = {
    "Namespace": "V1Namespace",
    "Node": "V1Node",
    "Pod": "V1Pod",
    "Service": "V1Service",
    "Endpoints": "V1Endpoints",
    "ConfigMap": "V1ConfigMap",
    "Secret": "V1Secret",
    "Event": "CoreV1Event",
    "Deployment": "V1Deployment",
    "ReplicaSet": "V1ReplicaSet",
    "events.k8s.io/Event": "EventsV1Event",
    "EndpointSlice": "V1EndpointSlice",
    "ControllerRevision": "V1ControllerRevision",
    "DaemonSet": "V1DaemonSet",
    "Job": "V1Job",
    "Lease": "V1Lease",
    "NetworkPolicy": "V1NetworkPolicy",
    "PersistentVolume": "V1PersistentVolume",
    "PersistentVolumeClaim": "V1PersistentVolumeClaim",
    "ResourceQuota": "V1ResourceQuota",
    "ServiceAccount": "V1ServiceAccount",
    "StatefulSet": "V1StatefulSet",
    "StorageClass": "V1StorageClass",
    "SelfSubjectAccessReview": "V1SelfSubjectAccessReview",
    "SelfSubjectReview": "V1SelfSubjectReview",
    "SelfSubjectRulesReview": "V1SelfSubjectRulesReview",
    "Scale": "V1Scale",
    "Eviction": "V1Eviction",
    "DeleteOptions": "V1DeleteOptions",
}

# Fields that Kubernetes declares as resource.Quantity; the client calls them strings.
QUANTITIES = {
    "V1ResourceRequirements.limits",
    "V1ResourceRequirements.requests",
    "V1VolumeResourceRequirements.limits",
    "V1VolumeResourceRequirements.requests",
    "V1NodeStatus.capacity",
    "V1NodeStatus.allocatable",
    "V1PodSpec.overhead",
    "V1ContainerStatus.allocatedResources",
    "V1EmptyDirVolumeSource.sizeLimit",
    "V1ResourceFieldSelector.divisor",
    "V1ResourceQuotaSpec.hard",
    "V1ResourceQuotaStatus.hard",
    "V1ResourceQuotaStatus.used",
    "V1PersistentVolumeSpec.capacity",
    "V1PersistentVolumeClaimStatus.capacity",
    "V1PersistentVolumeClaimStatus.allocatedResources",
}

# `patchMergeKey` of the API's Go structs (k8s.io/api); "" merges a list of plain values as a set.
MERGE_KEYS = {
    "V1PodSpec.containers": "name",
    "V1PodSpec.initContainers": "name",
    "V1PodSpec.ephemeralContainers": "name",
    "V1PodSpec.volumes": "name",
    "V1PodSpec.imagePullSecrets": "name",
    "V1PodSpec.hostAliases": "ip",
    "V1PodSpec.topologySpreadConstraints": "topologyKey",
    "V1PodSpec.schedulingGates": "name",
    "V1PodSpec.resourceClaims": "name",
    "V1Container.ports": "containerPort",
    "V1Container.env": "name",
    "V1Container.volumeMounts": "mountPath",
    "V1Container.volumeDevices": "devicePath",
    "V1EphemeralContainer.ports": "containerPort",
    "V1EphemeralContainer.env": "name",
    "V1EphemeralContainer.volumeMounts": "mountPath",
    "V1EphemeralContainer.volumeDevices": "devicePath",
    "V1ServiceSpec.ports": "port",
    "V1ObjectMeta.ownerReferences": "uid",
    "V1ObjectMeta.finalizers": "",
    "V1NodeSpec.podCIDRs": "",
    "V1NodeStatus.addresses": "type",
    "V1NodeStatus.conditions": "type",
    "V1PodStatus.conditions": "type",
    "V1PodStatus.podIPs": "ip",
    "V1PodStatus.hostIPs": "ip",
    "V1DeploymentStatus.conditions": "type",
    "V1ReplicaSetStatus.conditions": "type",
    "V1StatefulSetStatus.conditions": "type",
    "V1DaemonSetStatus.conditions": "type",
    "V1JobStatus.conditions": "type",
    "V1PersistentVolumeClaimStatus.conditions": "type",
    "V1ServiceAccount.secrets": "name",
    "V1ServiceAccount.imagePullSecrets": "name",
    "V1NamespaceStatus.conditions": "type",
    "V1ServiceStatus.conditions": "type",
}
RETAIN_KEYS = {"V1DeploymentSpec.strategy", "V1PodSpec.volumes"}


# Numbers and booleans that Go declares as plain values with `omitempty`: 0 and false are the same as nothing. Where
# they are something of their own (`replicas: 0`, `optional: false`) Go has a pointer.
ZERO_IS_NOTHING = {
    "active",
    "count",
    "failed",
    "failureThreshold",
    "generation",
    "healthCheckNodePort",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "nodePort",
    "observedGeneration",
    "paused",
    "periodSeconds",
    "publishNotReadyAddresses",
    "readOnly",
    "readyReplicas",
    "stdin",
    "stdinOnce",
    "succeeded",
    "successThreshold",
    "tty",
    "unschedulable",
    "updatedReplicas",
}


@dataclass(frozen=True)
class Field:
    """One field. `type` is string, integer, number, boolean, time, bytes, quantity, intstr, any or a model's name."""

    type: str
    container: str = ""  # "list", "map" or "" for a single value
    doc: str = ""
    merge_key: str | None = None  # None: a list is replaced whole
    retains_keys: bool = False
    list_type: ListType | None = None  # for server-side apply; None: a list is owned whole
    is_atomic: bool = False  # a map or a struct that is owned whole


@dataclass(frozen=True)
class Model:
    """One object type of the API."""

    name: str
    required: tuple[str, ...]
    fields: Mapping[str, Field]
    is_atomic: bool = False


@cache
def models() -> Mapping[str, Model]:
    """All object types by the client's names for them, such as `V1PodSpec`."""
    raw = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: _model(name, entry) for name, entry in raw.items()} | _METRICS


def model_of(kind: str, group: str = "") -> Model:
    """The object type of a served kind such as `Deployment`; the group where it has a type of its own."""
    return models()[ROOTS.get(f"{group}/{kind}") or ROOTS.get(kind, kind)]


_USAGE = Field("quantity", "map", "The memory and CPU that is used.")
_OF_METRICS = {
    "apiVersion": Field("string"),
    "kind": Field("string"),
    "metadata": Field("V1ObjectMeta"),
    "timestamp": Field("time", doc="The end of the window."),
    "window": Field("string", doc="The time over which usage was measured."),
}
_METRICS = {
    "ContainerMetrics": Model("ContainerMetrics", ("name", "usage"), {"name": Field("string"), "usage": _USAGE}),
    "NodeMetrics": Model("NodeMetrics", ("timestamp", "window", "usage"), {**_OF_METRICS, "usage": _USAGE}),
    "PodMetrics": Model(
        "PodMetrics",
        ("timestamp", "window", "containers"),
        {**_OF_METRICS, "containers": Field("ContainerMetrics", "list", "Metrics of all containers.")},
    ),
}
"""k8s.io/metrics, which the client has no models of."""


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    fields = {}
    for key, (text, doc) in entry["fields"].items():
        place = f"{name}.{key}"
        container, _, kind = text.rpartition(" ")
        fields[key] = Field(
            "quantity" if place in QUANTITIES else kind,
            container,
            doc,
            MERGE_KEYS.get(place),
            place in RETAIN_KEYS,
            structure().lists.get(place),
            place in structure().atomic,
        )
    return Model(name, tuple(entry["required"]), fields, name in structure().atomic)


PLAIN = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "datetime": "time",
    "bytes": "bytes",
}


def derive() -> dict[str, Any]:
    """What `schemas.json` holds, read off the official client's models (needs seconds, not milliseconds)."""
    from kubernetes import client

    found: dict[str, Any] = {}
    waiting = sorted(set(ROOTS.values()))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        model = getattr(client, name)
        by_wire_name = {info.serialization_alias or key: info for key, info in model.model_fields.items()}
        fields = {}
        for attribute, kind in model.openapi_types.items():
            wire_name = model.attribute_map[attribute]
            info = by_wire_name[wire_name]
            text = _type_of(kind, info.annotation)
            fields[wire_name] = [text, _first_sentence(info.description)]
            inner = text.rpartition(" ")[2]
            if inner[0].isupper():
                waiting.append(inner)
        required = [key for key in fields if by_wire_name[key].is_required()]
        found[name] = {"required": required, "fields": fields}
    return dict(sorted(found.items()))


def _type_of(kind: str, annotation: Any) -> str:
    if match := re.fullmatch(r"List\[(.+)\]", kind):
        return f"list {_type_of(match[1], None)}"
    if match := re.fullmatch(r"Dict\[str, (.+)\]", kind):
        return f"map {_type_of(match[1], None)}"
    if kind == "object":
        return "any" if "Any" in str(annotation) else "intstr"
    return PLAIN.get(kind, kind)


def _first_sentence(text: str | None) -> str:
    return re.split(r"(?<=\.)\s", text or "", maxsplit=1)[0]


def as_text(schemas: dict[str, Any]) -> str:
    """`schemas.json` as it is kept: one line per field, so that a new client version shows as a readable diff."""
    lines = []
    for name, model in schemas.items():
        fields = ",\n".join(
            f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in model["fields"].items()
        )
        lines.append(f'{json.dumps(name)}: {{"required": {json.dumps(model["required"])}, "fields": {{\n{fields}}}}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    sys.stdout.write(as_text(derive()))
