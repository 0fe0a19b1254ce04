"""Who may have a persistent volume: one node with ReadWriteOnce, one pod with ReadWriteOncePod. Pure.

The words are those of the attach and detach controller: a pod that is still ending on a lost node keeps its volume from
the pod that takes its place.
"""

from collections.abc import Iterable

from simulator.cluster.kubelet import volumes
from simulator.cluster.kubelet.environment import ConfigError, Find
from simulator.cluster.objects import states
from simulator.cluster.store import Object


class InUse(ConfigError):
    """The volume cannot be attached yet: FailedAttachVolume, and its message."""


def check(pod: Object, others: Iterable[Object], find: Find) -> None:
    """`InUse` while another pod of the namespace has a claim of `pod` that cannot be shared with it."""
    for name in volumes.claims(pod):
        modes = ((find("persistentvolumeclaims", name) or {}).get("spec") or {}).get("accessModes") or ()
        if {"ReadWriteMany", "ReadOnlyMany"} & set(modes):
            continue
        users = [other for other in others if name in volumes.claims(other) and _holds(other, pod)]
        if "ReadWriteOncePod" not in modes:
            users = [other for other in users if other["spec"]["nodeName"] != pod["spec"]["nodeName"]]
        if users:
            volume = (find("persistentvolumeclaims", name) or {})["spec"].get("volumeName", "")
            named = ", ".join(sorted(str(other["metadata"]["name"]) for other in users))
            raise InUse(f'Multi-Attach error for volume "{volume}" Volume is already used by pod(s) {named}')


def _holds(other: Object, pod: Object) -> bool:
    """A pod that has a node before us, or may have; of two that come at once the first one gets it."""
    meta = other["metadata"]
    if meta["uid"] == pod["metadata"]["uid"] or states.is_over(other) or not other["spec"].get("nodeName"):
        return False
    mine = (pod["metadata"]["creationTimestamp"], pod["metadata"]["uid"])
    return bool((meta["creationTimestamp"], meta["uid"]) < mine)
