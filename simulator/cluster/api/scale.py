"""The `scale` subresource: how many replicas a workload is asked for. Pure."""

from simulator.cluster.printing.column import selector_text
from simulator.cluster.store import Object


def as_scale(workload: Object) -> Object:
    """The Scale object of a workload."""
    meta = workload["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in kept if key in meta},
        "spec": {"replicas": workload["spec"].get("replicas", 0)},
        "status": {
            "replicas": (workload.get("status") or {}).get("replicas", 0),
            "selector": selector_text(workload["spec"]["selector"]),
        },
    }
