"""Create, update, patch and apply: from what a client sent to what is stored. No I/O beyond the store."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.cluster import deleting, errors, kinds
from simulator.cluster.api import apply_config, bodies, patching
from simulator.cluster.api.bodies import Body
from simulator.cluster.api.requests import Target
from simulator.cluster.api.scale import as_scale
from simulator.cluster.api.write_options import WriteOptions
from simulator.cluster.kinds import admission
from simulator.cluster.objects import managed_entries, managed_fields, states
from simulator.cluster.objects.decoding import decode
from simulator.cluster.objects.parsing import Parsed
from simulator.cluster.objects.schemas import model_of
from simulator.cluster.plugins import storage_class
from simulator.cluster.ports import ServiceAddresses
from simulator.cluster.resources import NAMESPACES, PERSISTENT_VOLUME_CLAIMS, Resource
from simulator.cluster.store import Object, Store, timestamp
from simulator.cluster.stored import copied

_SYSTEM_SET = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")
_CREATED_BY_UPDATE = ("Service", "Endpoints", "Event")
_WRONG_NAMESPACE = "the namespace of the provided object does not match the namespace sent on the request"


@dataclass
class Writer:
    """The mutations of one cluster. Each call is atomic: it never awaits."""

    store: Store
    addresses: ServiceAddresses
    warnings: list[str] = field(default_factory=list)  # of the call in hand; the API takes them after each one

    def create(self, target: Target, body: Body, options: WriteOptions) -> Object:
        """POST to a collection."""
        obj = bodies.decoded(target.resource, body, options)
        self.warnings[:] = body.warnings
        meta = obj.setdefault("metadata", {})
        _place(target.resource, meta, target.namespace)
        if meta.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        return self._store_new(target, obj, options, None)

    def update(self, target: Target, body: Body, options: WriteOptions) -> tuple[Object, bool]:
        """PUT of a whole object, or of its status; whether it was created by it."""
        resource = target.resource
        old = self.store.find(resource, target.namespace or "", target.name)
        if old is None and not (resource.kind in _CREATED_BY_UPDATE and not target.subresource):
            raise errors.not_found(resource.plural, target.name, resource.group)
        new = bodies.decoded(resource, body, options)
        self.warnings[:] = body.warnings
        if old is None:
            return self._store_new(target, self._named(target, new), options, None), True
        return self._replace(target, old, new, options, _sent(body.parsed.value, new)), False

    def patch(self, target: Target, media: str, change: Parsed, options: WriteOptions) -> Object:
        """PATCH in one of the three formats, of an object or of its status."""
        old = self.store.get(target.resource, target.namespace or "", target.name)
        patched = patching.changed(target.resource.kind, media, old, change.value)
        new, self.warnings[:] = patching.decoded(target.resource, media, patched, change, options)
        return self._replace(target, old, new, options, _sent(patched, new))

    def apply(self, target: Target, change: Parsed, options: WriteOptions) -> tuple[Object, bool]:
        """PATCH by server-side apply; whether it created the object."""
        resource, config = target.resource, change.value
        apply_config.check(resource, config)
        live = self.store.find(resource, target.namespace or "", target.name)
        if live is None and target.subresource:
            raise errors.not_found(resource.plural, target.name, resource.group)
        by = _writer(target, options)
        merged, entries = managed_fields.apply(
            model_of(resource.kind), live or {}, config, by, is_forced=options.is_forced
        )
        self.warnings[:] = apply_config.duplicates(change, options)
        new = decode(resource.kind, merged).object
        if live is None:
            return self._store_new(target, self._named(target, new), options, entries), True
        return self._replace(target, live, new, options, _Entries(final=entries)), False

    def set_replicas(self, target: Target, change: Callable[[Object], Any], options: WriteOptions) -> Object:
        """PUT or PATCH of `scale`: `change` takes and returns a Scale object. Returns the new Scale."""
        self.warnings.clear()
        old = self.store.get(target.resource, target.namespace or "", target.name)
        scale = decode("Scale", {**change(as_scale(old)), "apiVersion": "autoscaling/v1", "kind": "Scale"}).object
        meta, replicas = scale.get("metadata") or {}, (scale.get("spec") or {}).get("replicas", 0)
        if meta.get("name", target.name) != target.name:
            raise _wrong_name(meta["name"], target.name)
        if replicas < 0:
            message = f"Invalid value: {replicas}: must be greater than or equal to 0"
            raise errors.invalid("Scale", target.name, "spec.replicas", message, "autoscaling")
        new = copied(old)
        new["spec"]["replicas"] = replicas
        for key in ("resourceVersion", "uid"):
            new["metadata"][key] = meta.get(key) or old["metadata"][key]
        return as_scale(self._replace(target, old, new, options, _Entries()))

    def _store_new(self, target: Target, obj: Object, options: WriteOptions, entries: list[Object] | None) -> Object:
        resource, meta = target.resource, obj["metadata"]
        for key in (*_SYSTEM_SET, "resourceVersion", "managedFields"):
            meta.pop(key, None)
        if "status" in resource.subresources and resource.kind != "Node":
            obj.pop("status", None)
        if resource.is_namespaced:
            self._check_namespace(resource, meta.get("namespace", ""), meta.get("name", ""))
        self.store.identify(resource, meta)
        asked = obj
        obj = admission.admit(resource, obj)
        self.warnings += kinds.of(resource.kind).warnings(obj)
        meta = obj["metadata"]
        if entries is None:
            unasked = [path for path in kinds.of(resource.kind).admitted if not _has(asked, path)]
            by = _writer(target, options)
            by = replace(by, ignored=(*by.ignored, *unasked))
            entries = managed_fields.record_update(model_of(resource.kind), {}, obj, None, by)
        if entries:
            meta["managedFields"] = entries
        if meta.get("name") and self.store.find(resource, meta.get("namespace", ""), meta["name"]):
            raise errors.already_exists(resource.plural, meta["name"], resource.group)
        if options.is_dry_run:
            return self.store.rehearse(resource, obj)
        if resource.kind == "Service":
            self._give_address(obj)
        return self.store.create(resource, obj)

    def _replace(self, target: Target, old: Object, new: Object, options: WriteOptions, entries: "_Entries") -> Object:
        resource, stored = target.resource, old["metadata"]
        meta = self._named(target, new)["metadata"]
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
            new = {**copied(old), "status": new.get("status") or {}}
            new["metadata"].pop("managedFields", None)
        else:
            if "status" in resource.subresources:
                new.pop("status", None)
                if "status" in old:
                    new["status"] = copied(old["status"])
            new = admission.admit_update(resource, new, old)
            self.warnings += kinds.of(resource.kind).warnings(new)
            if resource == PERSISTENT_VOLUME_CLAIMS:
                storage_class.check_resize(self.store, new, old)
        self._keep_owners(target, old, new, options, entries)
        if options.is_dry_run or new == old:
            return new
        result = self.store.modify(resource, stored.get("namespace", ""), stored["name"], lambda _: new)
        if deleting.is_released(resource, stored, result["metadata"]):
            return self.store.remove(resource, stored.get("namespace", ""), stored["name"])
        return result

    def _keep_owners(
        self, target: Target, old: Object, new: Object, options: WriteOptions, entries: "_Entries"
    ) -> None:
        """Set the managed fields of `new`; where nothing but their times would change, nothing does."""
        before = old["metadata"].get("managedFields") or []
        if entries.final is not None:
            after = entries.final
        elif managed_entries.is_reset(entries.sent) and not target.subresource:
            after = []
        else:
            sent = None if target.subresource else entries.sent
            known = sent if managed_entries.decode(sent) else before
            by = _writer(target, options)
            after = managed_fields.record_update(model_of(target.resource.kind), old, new, known, by)
        if before and managed_entries.are_alike(before, after):
            bare = {key: value for key, value in old["metadata"].items() if key != "managedFields"}
            if {**old, "metadata": bare} == new:
                after = before
        if after:
            new["metadata"]["managedFields"] = after

    def _named(self, target: Target, new: Object) -> Object:
        """`new` in the place that the path names; `ApiError` 400 if it says otherwise."""
        meta = new.setdefault("metadata", {})
        if not meta.get("name"):
            raise errors.bad_request(
                f"the name of the object ({target.name} based on URL) was undeterminable: name must be provided"
            )
        if meta["name"] != target.name:
            raise _wrong_name(meta["name"], target.name)
        _place(target.resource, meta, target.namespace)
        return new

    def _check_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        found = self.store.get(NAMESPACES, "", namespace)
        if states.is_marked(found):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            refused = errors.forbidden(resource.plural, name, why, resource.group)
            text = f"namespace {namespace} is being terminated"
            cause = {"reason": "NamespaceTerminating", "message": text, "field": "metadata.namespace"}
            refused.details = {**(refused.details or {}), "causes": [cause]}
            raise refused

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


@dataclass(frozen=True)
class _Entries:
    """What is known of managed fields: what a client sent (None: nothing), or how an apply left them."""

    sent: Any = None
    final: list[Object] | None = None


def _sent(raw: Object, decoded: Object) -> _Entries:
    """The managed fields that a client sent; the decoder drops an empty list, which says something here."""
    meta = raw.get("metadata")
    if isinstance(meta, dict) and meta.get("managedFields") == []:
        return _Entries([])
    return _Entries(decoded.get("metadata", {}).get("managedFields"))


def _writer(target: Target, options: WriteOptions) -> managed_fields.Writer:
    """Status is written through its subresource and nothing else is."""
    ignored: tuple[tuple[str, ...], ...] = ()
    if target.subresource == "status":
        ignored = (("spec",), ("metadata",))
    elif "status" in target.resource.subresources:
        ignored = (("status",),)
    return managed_fields.Writer(options.manager, target.resource.api_version, timestamp(), target.subresource, ignored)


def _wrong_name(have: str, wanted: str) -> errors.ApiError:
    return errors.bad_request(f"the name of the object ({have}) does not match the name on the URL ({wanted})")


def _place(resource: Resource, meta: Object, namespace: str | None) -> None:
    if not resource.is_namespaced:
        meta.pop("namespace", None)
        return
    if not namespace:
        raise errors.method_not_allowed()
    if (meta.get("namespace") or namespace) != namespace:
        raise errors.bad_request(_WRONG_NAMESPACE)
    meta["namespace"] = namespace


def _has(obj: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(obj, dict) or step not in obj:
            return False
        obj = obj[step]
    return True
