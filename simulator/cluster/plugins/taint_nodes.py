"""The plug-in TaintNodesByCondition: a new node takes no pods before it has said that it is ready."""

from simulator.cluster.resources import NODES, Resource
from simulator.cluster.store import Object

_TAINT = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def admit(resource: Resource, obj: Object) -> None:
    """Taint a node that comes without a status."""
    if resource == NODES and not obj.get("status", {}).get("conditions"):
        taints = obj["spec"].setdefault("taints", [])
        if _TAINT not in [{"key": taint["key"], "effect": taint["effect"]} for taint in taints]:
            taints.append(dict(_TAINT))
