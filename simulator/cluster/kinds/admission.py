"""The gate before the store: every object passes here, from clients and controllers alike. Pure."""

from collections.abc import Iterator, Mapping

from simulator.cluster import errors, kinds
from simulator.cluster.errors import Cause
from simulator.cluster.objects import object_meta
from simulator.cluster.objects.schemas import Model, model_of, models
from simulator.cluster.resources import Resource
from simulator.cluster.store import Object
from simulator.cluster.stored import copied


def admit(resource: Resource, obj: Object) -> Object:
    """A copy that is ready for `Store.create`: kind set, defaults filled, born with its first status.

    `ApiError` 422 with every cause where Kubernetes would not store it.
    """
    kind = kinds.of(resource.kind)
    obj = copied(obj)
    obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
    obj.setdefault("metadata", {})
    kind.fill(obj)
    status = kind.first_status(obj.get("spec") or {})
    if status is not None:
        obj.setdefault("status", status)
    _check(resource, obj, None)
    return obj


def admit_update(resource: Resource, obj: Object, old: Object) -> Object:
    """The same for `obj` taking the place of `old`, where some fields may not change."""
    obj = copied(obj)
    obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
    kind = kinds.of(resource.kind)
    kind.fill(obj)
    kind.carry(obj, old)
    _check(resource, obj, old)
    return obj


def _check(resource: Resource, obj: Object, old: Object | None) -> None:
    causes = _causes(resource.kind, obj, old)
    if causes:
        name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
        raise errors.invalid_for(resource.kind, name, causes, resource.group)


def _causes(name: str, obj: Object, old: Object | None) -> list[Cause]:
    """Everything wrong with a defaulted object of kind `name`, or with changing `old` into it."""
    kind = kinds.of(name)
    missing = list(_required(model_of(name), obj, ""))
    if missing:
        return missing
    fixed = kind.fixed(obj, old) if old is not None else ()
    changed = object_meta.changes(obj["metadata"], old["metadata"]) if old is not None else ()
    return [*object_meta.causes(obj["metadata"], kind.names), *changed, *kind.causes(obj), *fixed]


def _required(model: Model, value: Mapping[str, object], path: str) -> Iterator[Cause]:
    for key in model.required:
        if value.get(key) is None or value.get(key) == "":
            if model.fields[key].type in ("integer", "boolean"):
                continue  # Go reads 0 or false; the kind's own rules say whether that will do
            yield Cause(f"{path}{key}", "Required value", "FieldValueRequired")
    for key, item in value.items():
        known = model.fields.get(key)
        inner = models().get(known.type) if known else None
        if inner is None or key == "status":
            continue
        if isinstance(item, list):
            for index, entry in enumerate(item):
                yield from _required(inner, entry, f"{path}{key}[{index}].")
        elif isinstance(item, dict):
            yield from _required(inner, item, f"{path}{key}.")
