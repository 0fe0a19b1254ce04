"""The columns that `kubectl get` shows of each kind (pkg/printers/internalversion). Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.cluster.durations import age
from simulator.cluster.pod_status import pod_status, ready_containers, restarts
from simulator.cluster.store import Object

NONE = "<none>"


@dataclass(frozen=True)
class Column:
    """One column: `read` takes an object and the present; `wide` ones are shown by `-o wide` only."""

    name: str
    read: Callable[[Object, datetime], Any]
    wide: bool = False
    type: str = "string"


def columns_of(kind: str) -> Sequence[Column]:
    """The columns of a served kind."""
    return _COLUMNS[kind]


def _at(*path: str, absent: Any = NONE) -> Callable[[Object, datetime], Any]:
    def read(obj: Object, _now: datetime) -> Any:
        value: Any = obj
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return absent if value is None or value == "" else value

    return read


def _of(function: Callable[[Object], Any]) -> Callable[[Object, datetime], Any]:
    return lambda obj, _now: function(obj)


def _size(obj: Object) -> int:
    return len(obj.get("data") or ()) + len(obj.get("binaryData") or ())


def selector_text(selector: Mapping[str, Any]) -> str:
    """A LabelSelector as one line: `app=web,tier in (a,b)`."""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for entry in selector.get("matchExpressions") or ():
        values = ",".join(sorted(entry.get("values") or ()))
        parts.append(
            {
                "Exists": entry["key"],
                "DoesNotExist": f"!{entry['key']}",
                "NotIn": f"{entry['key']} notin ({values})",
            }.get(entry["operator"], f"{entry['key']} in ({values})")
        )
    return ",".join(parts) or NONE


def _containers(field: str) -> Callable[[Object, datetime], str]:
    return lambda obj, _now: ",".join(c.get(field, "") for c in obj["spec"]["template"]["spec"]["containers"])


def _service_ports(obj: Object) -> str:
    return ",".join(f"{p['port']}/{p['protocol']}" for p in obj["spec"].get("ports") or ()) or NONE


def _labels_text(obj: Object) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted((obj["spec"].get("selector") or {}).items())) or NONE


def _node_status(obj: Object) -> str:
    conditions = {c["type"]: c["status"] for c in obj.get("status", {}).get("conditions") or ()}
    words = {"True": "Ready", "False": "NotReady"}.get(conditions.get("Ready", ""), "Unknown")
    return f"{words},SchedulingDisabled" if obj.get("spec", {}).get("unschedulable") else words


def _node_roles(obj: Object) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = [key.removeprefix(prefix) for key in obj["metadata"].get("labels") or () if key.startswith(prefix)]
    return ",".join(sorted(roles)) or NONE


def _node_address(kind: str) -> Callable[[Object, datetime], str]:
    def read(obj: Object, _now: datetime) -> str:
        addresses = obj.get("status", {}).get("addresses") or ()
        return next((str(a["address"]) for a in addresses if a["type"] == kind), NONE)

    return read


def _node_info(key: str) -> Column:
    titles = {
        "osImage": "OS-Image",
        "kernelVersion": "Kernel-Version",
        "containerRuntimeVersion": "Container-Runtime",
    }
    return Column(titles[key], _at("status", "nodeInfo", key, absent="<unknown>"), wide=True)


def _shorten(items: Sequence[str], shown: int = 3) -> str:
    more = f" + {len(items) - shown} more..." if len(items) > shown else ""
    return ",".join(items[:shown]) + more or NONE


def _endpoints(obj: Object) -> str:
    return _shorten(
        [
            f"{address['ip']}:{port['port']}"
            for subset in obj.get("subsets") or ()
            for port in subset.get("ports") or ()
            for address in subset.get("addresses") or ()
        ]
    )


def _slice_ports(obj: Object) -> str:
    return _shorten([str(port.get("port", "*")) for port in obj.get("ports") or ()]).replace(NONE, "<unset>")


def _slice_endpoints(obj: Object) -> str:
    found = [address for endpoint in obj.get("endpoints") or () for address in endpoint["addresses"]]
    return _shorten(found).replace(NONE, "<unset>")


def _pod_gates(obj: Object) -> str:
    gates = obj["spec"].get("readinessGates") or ()
    have = {c["type"]: c["status"] for c in obj.get("status", {}).get("conditions") or ()}
    passed = sum(have.get(gate["conditionType"]) == "True" for gate in gates)
    return f"{passed}/{len(gates)}" if gates else NONE


def _ready_of_wanted(obj: Object) -> str:
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"


def _involved(obj: Object) -> str:
    involved = obj["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _last_seen(obj: Object, now: datetime) -> str:
    first, last = obj.get("firstTimestamp") or obj.get("eventTime"), obj.get("lastTimestamp")
    if obj.get("count", 1) > 1:
        return f"{age(last or first, now)} (x{obj['count']} over {age(first, now)})"
    return age(last or first, now)


def _event_source(obj: Object) -> str:
    source = obj.get("source") or {}
    parts = [source.get("component") or obj.get("reportingComponent", ""), source.get("host", "")]
    return ", ".join(part for part in parts if part)


_NAME = Column("Name", _at("metadata", "name"))
_AGE = Column("Age", lambda obj, now: age(obj["metadata"].get("creationTimestamp"), now))
_CONTAINERS = (
    Column("Containers", _containers("name"), wide=True),
    Column("Images", _containers("image"), wide=True),
    Column("Selector", _of(lambda obj: selector_text(obj["spec"]["selector"])), wide=True),
)

_COLUMNS: Mapping[str, Sequence[Column]] = {
    "Pod": (
        _NAME,
        Column("Ready", _of(ready_containers)),
        Column("Status", _of(pod_status)),
        Column("Restarts", restarts),
        _AGE,
        Column("IP", _at("status", "podIP"), wide=True),
        Column("Node", _at("spec", "nodeName"), wide=True),
        Column("Nominated Node", _at("status", "nominatedNodeName"), wide=True),
        Column("Readiness Gates", _of(_pod_gates), wide=True),
    ),
    "Deployment": (
        _NAME,
        Column("Ready", _of(_ready_of_wanted)),
        Column("Up-to-date", _at("status", "updatedReplicas", absent=0), type="integer"),
        Column("Available", _at("status", "availableReplicas", absent=0), type="integer"),
        _AGE,
        *_CONTAINERS,
    ),
    "ReplicaSet": (
        _NAME,
        Column("Desired", _at("spec", "replicas", absent=0), type="integer"),
        Column("Current", _at("status", "replicas", absent=0), type="integer"),
        Column("Ready", _at("status", "readyReplicas", absent=0), type="integer"),
        _AGE,
        *_CONTAINERS,
    ),
    "Service": (
        _NAME,
        Column("Type", _at("spec", "type")),
        Column("Cluster-IP", _at("spec", "clusterIP")),
        Column("External-IP", _of(lambda obj: ",".join(obj["spec"].get("externalIPs") or ()) or NONE)),
        Column("Port(s)", _of(_service_ports)),
        _AGE,
        Column("Selector", _of(_labels_text), wide=True),
    ),
    "Node": (
        _NAME,
        Column("Status", _of(_node_status)),
        Column("Roles", _of(_node_roles)),
        _AGE,
        Column("Version", _at("status", "nodeInfo", "kubeletVersion", absent="")),
        Column("Internal-IP", _node_address("InternalIP"), wide=True),
        Column("External-IP", _node_address("ExternalIP"), wide=True),
        _node_info("osImage"),
        _node_info("kernelVersion"),
        _node_info("containerRuntimeVersion"),
    ),
    "Namespace": (_NAME, Column("Status", _at("status", "phase")), _AGE),
    "ConfigMap": (_NAME, Column("Data", _of(_size), type="integer"), _AGE),
    "Secret": (_NAME, Column("Type", _at("type")), Column("Data", _of(_size), type="integer"), _AGE),
    "Endpoints": (_NAME, Column("Endpoints", _of(_endpoints)), _AGE),
    "EndpointSlice": (
        _NAME,
        Column("AddressType", _at("addressType")),
        Column("Ports", _of(_slice_ports)),
        Column("Endpoints", _of(_slice_endpoints)),
        _AGE,
    ),
    "Event": (
        Column("Last Seen", _last_seen),
        Column("Type", _at("type", absent="")),
        Column("Reason", _at("reason", absent="")),
        Column("Object", _of(_involved)),
        Column("Subobject", _at("involvedObject", "fieldPath", absent=""), wide=True),
        Column("Source", _of(_event_source), wide=True),
        Column("Message", _of(lambda obj: obj.get("message", "").strip())),
        Column("First Seen", lambda obj, now: age(obj.get("firstTimestamp") or obj.get("eventTime"), now), wide=True),
        Column("Count", _at("count", absent=1), wide=True),
        Column("Name", _at("metadata", "name"), wide=True),
    ),
}


def present() -> datetime:
    """Now, aware; what ages are counted to."""
    return datetime.now(UTC)
