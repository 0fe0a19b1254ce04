"""Create, update and patch: from what a client sent to what is stored. No I/O beyond the store."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.cluster import deleting, errors
from simulator.cluster.api import requests
from simulator.cluster.api.requests import Target
from simulator.cluster.kinds import admission
from simulator.cluster.objects import patch
from simulator.cluster.objects.decoding import decode
from simulator.cluster.ports import ServiceAddresses
from simulator.cluster.printing.column import selector_text
from simulator.cluster.resources import NAMESPACES, Resource
from simulator.cluster.store import Object, Store, timestamp

_SYSTEM_SET = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")
PATCH_FORMATS = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)


@dataclass
class Writer:
    """The mutations of one cluster. Each call is atomic: it never awaits."""

    store: Store
    addresses: ServiceAddresses
    warnings: list[str] = field(default_factory=list)  # of the call in hand; the API takes them after each one

    def create(self, target: Target, raw: Object, query: Mapping[str, str]) -> Object:
        """POST to a collection."""
        resource = target.resource
        obj = self._read(resource, raw, query)
        meta = obj.setdefault("metadata", {})
        _place(resource, meta, target.namespace)
        if meta.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        for key in (*_SYSTEM_SET, "managedFields"):
            meta.pop(key, None)
        if "status" in resource.subresources and resource.kind != "Node":
            obj.pop("status", None)
        if resource.is_namespaced:
            self._check_namespace(resource, meta.get("namespace", ""), meta.get("name", ""))
        obj = admission.admit(resource, obj)
        meta = obj["metadata"]
        if meta.get("name") and self.store.find(resource, meta.get("namespace", ""), meta["name"]):
            raise errors.already_exists(resource.plural, meta["name"], resource.group)
        if requests.is_dry_run(query):
            meta.setdefault("name", f"{meta.get('generateName', '')}xxxxx")
            return {**obj, "metadata": {**meta, "creationTimestamp": timestamp()}}
        if resource.kind == "Service":
            self._give_address(obj)
        return self.store.create(resource, obj)

    def update(self, target: Target, raw: Object, query: Mapping[str, str]) -> Object:
        """PUT of a whole object, or of its status."""
        old = self.store.get(target.resource, target.namespace or "", target.name)
        new = self._read(target.resource, raw, query)
        return self._replace(target, old, new, query)

    def patch(self, target: Target, media: str, change: Any, query: Mapping[str, str]) -> Object:
        """PATCH in one of the three formats, of an object or of its status."""
        old = self.store.get(target.resource, target.namespace or "", target.name)
        patched = apply_patch(target.resource.kind, media, old, change)
        if not isinstance(patched, dict):
            raise errors.bad_request("a patch must leave an object")
        return self._replace(target, old, self._read(target.resource, patched, query), query)

    def set_replicas(self, target: Target, change: Callable[[Object], Object], query: Mapping[str, str]) -> Object:
        """PUT or PATCH of `scale`: `change` takes and returns a Scale object. Returns the new Scale."""
        self.warnings.clear()
        old = self.store.get(target.resource, target.namespace or "", target.name)
        scale = change(as_scale(old))
        meta, replicas = scale.get("metadata") or {}, (scale.get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int):
            raise errors.bad_request(
                "json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32"
            )
        if replicas < 0:
            message = f"Invalid value: {replicas}: must be greater than or equal to 0"
            raise errors.invalid("Scale", target.name, "spec.replicas", message, "autoscaling")
        new = copy.deepcopy(old)
        new["spec"]["replicas"] = replicas
        new["metadata"]["resourceVersion"] = meta.get("resourceVersion") or old["metadata"]["resourceVersion"]
        return as_scale(self._replace(Target(target.resource, target.namespace, target.name, ""), old, new, query))

    def _replace(self, target: Target, old: Object, new: Object, query: Mapping[str, str]) -> Object:
        resource, stored = target.resource, old["metadata"]
        meta = new.setdefault("metadata", {})
        if meta.setdefault("name", stored["name"]) != stored["name"]:
            raise errors.bad_request(
                f"the name of the object ({meta['name']}) does not match the name on the URL ({stored['name']})"
            )
        _place(resource, meta, target.namespace)
        if meta.get("uid", stored["uid"]) != stored["uid"]:
            raise errors.conflicting_uid(resource.plural, stored["name"], meta["uid"], stored["uid"], resource.group)
        if meta.get("resourceVersion", stored["resourceVersion"]) != stored["resourceVersion"]:
            raise errors.conflict(resource.plural, stored["name"], resource.group)
        for key in (*_SYSTEM_SET, "resourceVersion"):
            meta.pop(key, None)
            if key in stored:
                meta[key] = stored[key]
        meta.pop("managedFields", None)
        if target.subresource == "status":
            new = {**copy.deepcopy(old), "status": new.get("status") or {}}
        else:
            if "status" in resource.subresources:
                new.pop("status", None)
                if "status" in old:
                    new["status"] = copy.deepcopy(old["status"])
            new = admission.admit_update(resource, new, old)
        if requests.is_dry_run(query):
            return new
        result = self.store.modify(resource, stored.get("namespace", ""), stored["name"], lambda _: new)
        if deleting.is_released(resource, stored, result["metadata"]):
            return self.store.remove(resource, stored.get("namespace", ""), stored["name"])
        return result

    def _read(self, resource: Resource, raw: Object, query: Mapping[str, str]) -> Object:
        """Decode with the client's wish about unknown fields: Strict refuses, Warn (the default) warns."""
        for key, expected in (("apiVersion", resource.api_version), ("kind", resource.kind)):
            if raw.get(key, expected) != expected:
                raise errors.bad_request(
                    f"the API version in the data ({raw.get('apiVersion')}, Kind={raw.get('kind')}) does not match "
                    f"the expected API version ({resource.api_version}, Kind={resource.kind})"
                )
        decoded = decode(resource.kind, {"apiVersion": resource.api_version, "kind": resource.kind, **raw})
        wish = query.get("fieldValidation") or "Warn"
        if wish not in ("Ignore", "Warn", "Strict"):
            message = f'Unsupported value: "{wish}": supported values: "Ignore", "Strict", "Warn"'
            raise errors.invalid("CreateOptions", "", "fieldValidation", message, "meta.k8s.io")
        unknown = [f'unknown field "{path}"' for path in decoded.unknown]
        if unknown and wish == "Strict":
            raise errors.bad_request(
                f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
                f"strict decoding error: {', '.join(unknown)}"
            )
        self.warnings[:] = unknown if wish == "Warn" else []
        return decoded.object

    def _check_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        found = self.store.get(NAMESPACES, "", namespace)
        if found["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise errors.forbidden(resource.plural, name, why, resource.group)

    def _give_address(self, service: Object) -> None:
        spec = service["spec"]
        wanted = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), None)
        try:
            spec["clusterIP"] = wanted if wanted == "None" else self.addresses.allocate(wanted)
        except ValueError as error:
            message = f'Invalid value: ["{wanted}"]: failed to allocate IP {wanted}: {error}'
            name = service["metadata"].get("name", "")
            raise errors.invalid("Service", name, "spec.clusterIPs", message) from None
        spec["clusterIPs"] = [spec["clusterIP"]]


def apply_patch(kind: str, media: str, old: Object, change: Any) -> Any:
    """`old` with a patch of one of `PATCH_FORMATS`."""
    if media == "application/json-patch+json":
        return patch.json_patch(old, change)
    if not isinstance(change, dict):
        raise errors.bad_request("a merge patch must be an object")
    if media == "application/merge-patch+json":
        return patch.json_merge(old, change)
    return patch.strategic_merge(kind, old, change)


def as_scale(workload: Object) -> Object:
    """The `scale` subresource of a Deployment or ReplicaSet."""
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


def _place(resource: Resource, meta: Object, namespace: str | None) -> None:
    if not resource.is_namespaced:
        if meta.pop("namespace", None):
            raise errors.bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        return
    if not namespace:
        raise errors.method_not_allowed()
    if meta.setdefault("namespace", namespace) != namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
