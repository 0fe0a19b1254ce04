"""The gate before the store: every object passes here, from clients and controllers alike. Pure."""

import copy

from simulator.cluster import defaults, errors, validation
from simulator.cluster.resources import Resource
from simulator.cluster.store import Object


def admit(resource: Resource, obj: Object) -> Object:
    """A copy that is ready for `Store.create`: kind set, defaults filled, born with its first status.

    `ApiError` 422 with every cause where Kubernetes would not store it.
    """
    obj = copy.deepcopy(obj)
    obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
    obj.setdefault("metadata", {})
    defaults.fill(resource.kind, obj)
    status = defaults.first_status(resource.kind, obj.get("spec") or {})
    if status is not None:
        obj.setdefault("status", status)
    _check(resource, obj, None)
    return obj


def admit_update(resource: Resource, obj: Object, old: Object) -> Object:
    """The same for `obj` taking the place of `old`, where some fields may not change."""
    obj = copy.deepcopy(obj)
    obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
    _keep_allocated(resource, obj, old)
    defaults.fill(resource.kind, obj)
    _check(resource, obj, old)
    return obj


def _keep_allocated(resource: Resource, obj: Object, old: Object) -> None:
    """What the cluster chose and a client that replaces an object may leave out."""
    if resource.kind == "Service":
        for key in ("clusterIP", "clusterIPs"):
            if key in old["spec"]:
                obj.setdefault("spec", {}).setdefault(key, old["spec"][key])


def _check(resource: Resource, obj: Object, old: Object | None) -> None:
    causes = validation.find_causes(resource.kind, obj, old)
    if causes:
        name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
        raise errors.invalid_for(resource.kind, name, causes, resource.group)
