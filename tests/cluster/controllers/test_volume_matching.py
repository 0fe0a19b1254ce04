"""Which volume a claim gets, and why a pod with claims has to wait."""

from typing import Any

import pytest

from simulator.cluster.controllers import stateful_claims
from simulator.cluster.controllers.volume_matching import best, new_volume
from simulator.cluster.kubelet import volume_attachment
from simulator.cluster.scheduler.volume_binding import obstacle
from simulator.cluster.store import Object


def claim(size: str = "1Gi", phase: str = "Pending", **spec: Any) -> Object:
    wanted = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        "volumeMode": "Filesystem",
    }
    meta = {"namespace": "n", "name": "c", "uid": "u", "resourceVersion": "1"}
    return {"metadata": meta, "spec": {**wanted, "storageClassName": "standard", **spec}, "status": {"phase": phase}}


def volume(name: str, size: str = "1Gi", **spec: Any) -> Object:
    whole = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "storageClassName": "standard", **spec}
    return {"metadata": {"name": name, "labels": {"disk": name}}, "spec": whole}


def chosen(wanted: Object, *volumes: Object) -> str | None:
    found = best(wanted, volumes)
    return None if found is None else str(found["metadata"]["name"])


def test_the_smallest_volume_that_is_large_enough_is_taken() -> None:
    assert chosen(claim("2Gi"), volume("small"), volume("large", "9Gi"), volume("right", "2Gi")) == "right"
    assert chosen(claim("2Gi"), volume("small")) is None


def test_class_modes_and_labels_have_to_fit() -> None:
    assert chosen(claim(storageClassName="fast"), volume("v")) is None
    assert chosen(claim(accessModes=["ReadWriteMany"]), volume("v")) is None
    picky = claim(selector={"matchLabels": {"disk": "b"}})
    assert chosen(picky, volume("a"), volume("b")) == "b"


def test_a_volume_is_kept_for_the_claim_that_it_names() -> None:
    kept = volume("kept", "9Gi", claimRef={"namespace": "n", "name": "c"})
    assert chosen(claim(), volume("other"), kept) == "kept"
    assert chosen(claim(), volume("theirs", claimRef={"namespace": "n", "name": "d"})) is None
    assert chosen(claim(), volume("released", claimRef={"namespace": "n", "name": "c", "uid": "old"})) is None


def test_what_is_provisioned_fits_its_claim() -> None:
    storage_class = {"metadata": {"name": "standard"}, "reclaimPolicy": "Delete"}
    made = new_volume(claim(), storage_class)
    assert made["metadata"]["name"] == "pvc-u"
    assert best(claim(), [made]) is made


@pytest.mark.parametrize(
    ("found", "mode", "why"),
    [
        (None, "Immediate", 'persistentvolumeclaim "c" not found'),
        (claim(), "Immediate", "pod has unbound immediate PersistentVolumeClaims"),
        (claim(), "WaitForFirstConsumer", None),
        (claim(phase="Bound"), "Immediate", None),
        (
            claim(phase="Lost", volumeName="v"),
            "Immediate",
            'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
        ),
    ],
)
def test_why_a_pod_with_a_claim_waits(found: Object | None, mode: str, why: str | None) -> None:
    spec = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}]}
    assert obstacle(spec, lambda _: found, lambda _: {"volumeBindingMode": mode}) == why


@pytest.mark.parametrize(
    ("scaled", "deleted", "is_condemned", "owner"),
    [
        ("Retain", "Retain", False, None),
        ("Retain", "Delete", False, "StatefulSet"),
        ("Delete", "Retain", False, None),
        ("Delete", "Retain", True, "Pod"),
        ("Delete", "Delete", True, "Pod"),
        ("Retain", "Delete", True, "StatefulSet"),
    ],
)
def test_whom_a_claim_goes_with(scaled: str, deleted: str, is_condemned: bool, owner: str | None) -> None:
    policy = {"whenScaled": scaled, "whenDeleted": deleted}
    own: Object = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "uid": "s"},
        "spec": {"persistentVolumeClaimRetentionPolicy": policy},
    }
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db-1", "uid": "p"}}
    found = stateful_claims.owner_of(own, pod, is_condemned=is_condemned)
    assert (found["kind"] if found else None) == owner
    before = [{"kind": "Pod", "name": "db-1", "uid": "older"}, {"kind": "Other", "name": "x", "uid": "o"}]
    held: Object = {"metadata": {"ownerReferences": before}}
    after = stateful_claims.with_owner(held, own, found)
    assert [entry["kind"] for entry in after] == ["Other", *([owner] if owner else [])]


def user(name: str, node: str, born: int, phase: str = "Running") -> Object:
    """A pod that mounts the claim."""
    return {
        "metadata": {"namespace": "n", "name": name, "uid": name, "creationTimestamp": f"2026-01-01T00:00:{born:02}Z"},
        "spec": {"nodeName": node, "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]},
        "status": {"phase": phase},
    }


@pytest.mark.parametrize(
    ("mode", "other", "is_free"),
    [
        ("ReadWriteOnce", user("first", "a", 1), False),
        ("ReadWriteOnce", user("first", "b", 1), True),
        ("ReadWriteOnce", user("first", "a", 1, "Failed"), True),
        ("ReadWriteOnce", user("later", "a", 9), True),
        ("ReadWriteMany", user("first", "a", 1), True),
        ("ReadWriteOncePod", user("first", "b", 1), False),
    ],
)
def test_a_volume_is_one_node_s_or_one_pod_s_as_its_mode_says(mode: str, other: Object, is_free: bool) -> None:
    held, mine = claim(phase="Bound", accessModes=[mode], volumeName="v"), user("second", "b", 5)
    if is_free:
        volume_attachment.check(mine, [other, mine], lambda *_: held)
    else:
        with pytest.raises(volume_attachment.InUse, match=r'volume "v" Volume is already used by pod\(s\) first'):
            volume_attachment.check(mine, [other, mine], lambda *_: held)
