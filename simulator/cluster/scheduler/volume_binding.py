"""The filter VolumeBinding: a pod with claims waits until they exist, and are bound. Pure."""

from collections.abc import Callable, Iterator

from simulator.cluster.objects import states
from simulator.cluster.store import Object

SELECTED = "volume.kubernetes.io/selected-node"
Find = Callable[[str], Object | None]
"""A claim of the pod's namespace, or a class, by name."""


def claim_names(spec: Object) -> Iterator[str]:
    """The claims that a pod mounts."""
    for volume in spec.get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]


def obstacle(spec: Object, claim: Find, storage_class: Find) -> str | None:
    """Why no node would do, in kube-scheduler's words; None if the claims are bound, or wait for a node."""
    for name in claim_names(spec):
        found = claim(name)
        if found is None:
            return f'persistentvolumeclaim "{name}" not found'
        if states.is_marked(found):
            return f'persistentvolumeclaim "{name}" is being deleted'
        if (found.get("status") or {}).get("phase") == "Lost":
            volume = found["spec"].get("volumeName", "")
            return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"'
        if not is_bound(found) and not waits_for_node(found, storage_class):
            return "pod has unbound immediate PersistentVolumeClaims"
    return None


def unbound(spec: Object, claim: Find) -> list[Object]:
    """The claims that need a volume before the pod can be bound."""
    found = [claim(name) for name in claim_names(spec)]
    return [each for each in found if each is not None and not is_bound(each)]


def chosen(node: str) -> Callable[[Object], None]:
    """Says on a claim for the sake of which node it needs its volume. In place."""

    def change(claim: Object) -> None:
        claim["metadata"].setdefault("annotations", {})[SELECTED] = node

    return change


def is_bound(claim: Object) -> bool:
    """Whether it has its volume."""
    return (claim.get("status") or {}).get("phase") == "Bound"


def waits_for_node(claim: Object, storage_class: Find) -> bool:
    """Whether its volume is made once a pod that uses it has a node."""
    found = storage_class(claim["spec"].get("storageClassName") or "")
    return found is not None and found["volumeBindingMode"] == "WaitForFirstConsumer"
