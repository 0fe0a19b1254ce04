"""The PersistentVolumeClaims of a StatefulSet's pods: their names, and whom they go with. Pure."""

from simulator.cluster.store import Object


def name_of(stateful_set: Object, template: Object, ordinal: int) -> str:
    """`data-web-0`."""
    return f"{template['metadata']['name']}-{stateful_set['metadata']['name']}-{ordinal}"


def drafts(stateful_set: Object, ordinal: int) -> list[Object]:
    """The claims of a pod, as they are made."""
    labels = stateful_set["spec"]["selector"].get("matchLabels") or {}
    found = []
    for template in stateful_set["spec"].get("volumeClaimTemplates") or ():
        meta = template["metadata"]
        own = {
            "name": name_of(stateful_set, template, ordinal),
            "namespace": stateful_set["metadata"]["namespace"],
            "labels": {**(meta.get("labels") or {}), **labels},
        }
        if meta.get("annotations"):
            own["annotations"] = dict(meta["annotations"])
        found.append({"metadata": own, "spec": dict(template["spec"])})
    return found


def volumes(stateful_set: Object, spec: Object, ordinal: int) -> list[Object]:
    """The pod's volumes: those of its claims, and the template's others."""
    templates = stateful_set["spec"].get("volumeClaimTemplates") or ()
    mine = [
        {
            "name": each["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": name_of(stateful_set, each, ordinal)},
        }
        for each in templates
    ]
    names = {each["name"] for each in mine}
    return [*mine, *(each for each in spec.get("volumes") or () if each["name"] not in names)]


def owner_of(stateful_set: Object, pod: Object, *, is_condemned: bool) -> Object | None:
    """Whom a claim goes with: the set, a pod that is scaled away, or nobody."""
    policy = stateful_set["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    if is_condemned and policy.get("whenScaled") == "Delete":
        return pod
    return stateful_set if policy.get("whenDeleted") == "Delete" else None


def with_owner(claim: Object, stateful_set: Object, owner: Object | None) -> list[Object]:
    """The claim's ownerReferences with the set's and its pods' replaced by one of `owner`."""
    kept = [
        entry
        for entry in claim["metadata"].get("ownerReferences") or ()
        if entry["uid"] != stateful_set["metadata"]["uid"]
        and not (entry["kind"] == "Pod" and entry["name"].rpartition("-")[0] == stateful_set["metadata"]["name"])
    ]
    if owner is None:
        return kept
    meta = owner["metadata"]
    return [
        *kept,
        {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]},
    ]
