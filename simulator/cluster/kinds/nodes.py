"""Node. Pure."""

from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import states
from simulator.cluster.printing.column import AGE, NAME, NONE, Column, Read, at, of
from simulator.cluster.resources import NODES
from simulator.cluster.store import Object

_ROLE = "node-role.kubernetes.io/"


def _fill(obj: Object) -> None:
    obj.setdefault("spec", {})


def _status(obj: Object) -> str:
    conditions = states.truths(obj)
    words = {"": "Unknown", "True": "Ready"}.get(conditions.get("Ready", ""), "NotReady")
    return f"{words},SchedulingDisabled" if obj.get("spec", {}).get("unschedulable") else words


def _roles(obj: Object) -> str:
    roles = [key.removeprefix(_ROLE) for key in obj["metadata"].get("labels") or () if key.startswith(_ROLE)]
    return ",".join(sorted(roles)) or NONE


def _address(kind: str) -> Read:
    def read(obj: Object) -> str:
        addresses = obj.get("status", {}).get("addresses") or ()
        return next((str(a["address"]) for a in addresses if a["type"] == kind), NONE)

    return of(read)


def _info(title: str, key: str) -> Column:
    return Column(title, at("status", "nodeInfo", key, absent="<unknown>"), wide=True)


_INFO = (
    *("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion", "kubeletVersion"),
    *("kubeProxyVersion", "operatingSystem", "architecture"),
)


def _unreported(_spec: Object) -> Object:
    """What an API server shows of a node that has said nothing yet."""
    return {"daemonEndpoints": {"kubeletEndpoint": {"Port": 0}}, "nodeInfo": dict.fromkeys(_INFO, "")}


KIND = Kind(
    NODES,
    columns=(
        NAME,
        Column("Status", of(_status)),
        Column("Roles", of(_roles)),
        AGE,
        Column("Version", at("status", "nodeInfo", "kubeletVersion", absent="")),
        Column("Internal-IP", _address("InternalIP"), wide=True),
        Column("External-IP", _address("ExternalIP"), wide=True),
        _info("OS-Image", "osImage"),
        _info("Kernel-Version", "kernelVersion"),
        _info("Container-Runtime", "containerRuntimeVersion"),
    ),
    fill=_fill,
    first_status=_unreported,
    selectable=("spec.unschedulable",),
)
