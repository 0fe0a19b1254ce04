"""Who controls what: controller references, adoption by labels and release. Pure but for `claim`."""

from collections.abc import Callable, Mapping

from simulator.cluster.controllers.reconciling import Key, Keys
from simulator.cluster.objects import selectors, states
from simulator.cluster.resources import Resource
from simulator.cluster.store import Change, Object, Store


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


def claim(
    store: Store, owner: Object, resource: Resource, is_candidate: Callable[[Object], bool] = lambda _: True
) -> list[Object]:
    """The objects that `owner` controls, after adopting fitting orphans and releasing those that fit no more.

    Of the orphans only a candidate is adopted. An owner that is being deleted does neither.
    """
    namespace, uid = owner["metadata"]["namespace"], owner["metadata"]["uid"]
    owned = store.controlled(resource, uid)
    if states.is_marked(owner):
        return list(owned)
    fits = selectors.label_selector(owner["spec"].get("selector"))
    claimed = []
    for obj in owned:
        if fits(labels_of(obj)):
            claimed.append(obj)
        else:
            _change_owners(store, resource, obj, lambda entries: [e for e in entries if e["uid"] != uid])
    orphans = [each for each in store.uncontrolled(resource, namespace) if fits(labels_of(each))]
    wanted = [each for each in orphans if states.is_active(each) and is_candidate(each)]
    adopted = [_change_owners(store, resource, each, lambda own: [*own, reference(owner)]) for each in wanted]
    return [*claimed, *adopted]


def adopters(store: Store, resource: Resource) -> Keys:
    """The workloads of a kind that may want a changed object which no controller has."""

    def keys(change: Change) -> list[Key]:
        if change.type == "DELETED" or controller_of(change.object) is not None:
            return []
        namespace, have = change.object["metadata"]["namespace"], labels_of(change.object)
        found = store.list(resource, namespace)
        fitting = [each for each in found if selectors.label_selector(each["spec"].get("selector"))(have)]
        return [(namespace, each["metadata"]["name"]) for each in fitting]

    return keys


def _change_owners(
    store: Store, resource: Resource, obj: Object, change: Callable[[list[Object]], list[Object]]
) -> Object:
    meta = obj["metadata"]
    owners = change(list(meta.get("ownerReferences") or ()))
    return store.modify(resource, meta["namespace"], meta["name"], owned_by(owners))


def owned_by(owners: list[Object]) -> Callable[[Object], None]:
    """A change that leaves an object with these ownerReferences."""

    def write(draft: Object) -> None:
        draft["metadata"].pop("ownerReferences", None)
        if owners:
            draft["metadata"]["ownerReferences"] = owners

    return write


def labels_of(obj: Object) -> Mapping[str, str]:
    """Labels, never None."""
    labels: Mapping[str, str] = obj["metadata"].get("labels") or {}
    return labels
