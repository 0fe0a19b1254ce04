"""Who controls what: controller references, adoption by labels and release. Pure but for `claim`."""

from collections.abc import Callable, Mapping

from simulator.cluster.objects import selectors
from simulator.cluster.resources import Resource
from simulator.cluster.store import Object, Store


def reference(owner: Object) -> Object:
    """The ownerReference that a controller puts on what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Object) -> Object | None:
    """The controlling ownerReference, if there is one."""
    references = obj["metadata"].get("ownerReferences") or ()
    return next((entry for entry in references if entry.get("controller")), None)


def claim(store: Store, owner: Object, resource: Resource) -> list[Object]:
    """The objects that `owner` controls, after adopting fitting orphans and releasing those that fit no more."""
    namespace, uid = owner["metadata"]["namespace"], owner["metadata"]["uid"]
    fits = selectors.label_selector(owner["spec"].get("selector"))
    is_ending = bool(owner["metadata"].get("deletionTimestamp"))
    claimed = []
    for obj in list(store.list(resource, namespace)):
        controller = controller_of(obj)
        is_mine = controller is not None and controller["uid"] == uid
        does_fit = fits(obj["metadata"].get("labels") or {})
        if is_mine and not does_fit and not is_ending:
            _change_owners(store, resource, obj, lambda entries: [e for e in entries if e["uid"] != uid])
        elif is_mine:
            claimed.append(obj)
        elif controller is None and does_fit and not is_ending and not _is_ending(obj):
            claimed.append(_change_owners(store, resource, obj, lambda entries: [*entries, reference(owner)]))
    return claimed


def _is_ending(obj: Object) -> bool:
    is_over = (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return bool(obj["metadata"].get("deletionTimestamp")) or is_over


def _change_owners(
    store: Store, resource: Resource, obj: Object, change: Callable[[list[Object]], list[Object]]
) -> Object:
    meta = obj["metadata"]

    def write(draft: Object) -> None:
        owners = change(draft["metadata"].get("ownerReferences") or [])
        if owners:
            draft["metadata"]["ownerReferences"] = owners
        else:
            draft["metadata"].pop("ownerReferences", None)

    return store.modify(resource, meta["namespace"], meta["name"], write)


def labels_of(obj: Object) -> Mapping[str, str]:
    """Labels, never None."""
    labels: Mapping[str, str] = obj["metadata"].get("labels") or {}
    return labels
