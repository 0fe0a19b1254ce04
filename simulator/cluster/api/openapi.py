"""OpenAPI v3 of the served kinds, made from the schemas: an index, and one document per group and version. Pure.

kubectl reads them to learn which fields there are, how lists merge, and that the server validates.
"""

import hashlib
from collections.abc import Collection, Iterator
from functools import cache

import orjson

from simulator.cluster.api import discovery, patching
from simulator.cluster.objects.schemas import ROOTS, Field, Model, model_of, models
from simulator.cluster.resources import SERVED, Resource
from simulator.cluster.store import Object
from simulator.cluster.version import VERSION

_MACHINERY = "io.k8s.apimachinery.pkg"
_PLAIN: dict[str, Object] = {
    f"{_MACHINERY}.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    f"{_MACHINERY}.util.intstr.IntOrString": {
        "oneOf": [{"type": "integer"}, {"type": "string"}],
        "format": "int-or-string",
    },
}
_TYPES: dict[str, Object] = {
    "string": {"type": "string"},
    "integer": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "boolean": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "bytes": {"type": "string", "format": "byte"},
    "quantity": {"allOf": [{"$ref": f"#/components/schemas/{_MACHINERY}.api.resource.Quantity"}]},
    "intstr": {"allOf": [{"$ref": f"#/components/schemas/{_MACHINERY}.util.intstr.IntOrString"}]},
    "any": {"type": "object"},
}
_QUERY = {
    "dryRun": "When present, indicates that modifications should not be persisted.",
    "fieldManager": "A name of the actor that makes these changes.",
    "fieldValidation": "What to do with unknown or duplicate fields: Ignore, Warn or Strict.",
}


def index(absent: Collection[str] = ()) -> Object:
    """`/openapi/v3`, without the groups that are `absent`."""
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={hashlib.sha256(body).hexdigest()[:32]}"}
            for path, body in _documents().items()
            if not _is_of(path, absent)
        }
    }


def document(path: str, absent: Collection[str] = ()) -> bytes | None:
    """`/openapi/v3/<path>`, such as `apis/apps/v1`, as JSON; None if there is none."""
    return None if _is_of(path, absent) else _documents().get(path)


def _is_of(path: str, groups: Collection[str]) -> bool:
    return any(path.startswith(f"apis/{group}/") for group in groups)


LEGACY_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def legacy() -> bytes:
    """`/openapi/v2` for clients that insist on it (kubectl does for `kind: List`): a document without schemas.

    Such a client then leaves checking to the server, which is where it happens. The protobuf message is
    openapi.v2.Document with `swagger` (1) and `info` (2: title 1, version 2).
    """
    info = _text(1, "Kubernetes") + _text(2, VERSION["gitVersion"])
    return _text(1, "2.0") + b"\x12" + bytes([len(info)]) + info


def _text(number: int, value: str) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value.encode()


@cache
def _documents() -> dict[str, bytes]:
    result = {}
    for group, version in discovery.groups().items():
        path = f"apis/{group}/{version}" if group else f"api/{version}"
        served = [resource for resource in SERVED if resource.group == group]
        result[path] = orjson.dumps(_document(path, served))
    return result


def _document(path: str, served: list[Resource]) -> Object:
    kinds = {resource.kind: model_of(resource.kind, resource.group) for resource in served}
    if path.startswith("apis/policy"):
        kinds = {"Eviction": model_of("Eviction")}
    names = dict.fromkeys(name for model in kinds.values() for name in _reach(model))
    schemas = {_component(name): _schema(models()[name]) for name in names} | _PLAIN
    for kind, model in kinds.items():
        group, version = _group_version(path)
        schemas[_component(model.name)]["x-kubernetes-group-version-kind"] = [
            {"group": group, "version": version, "kind": kind}
        ]
    paths: Object = {}
    for resource in served:
        base = f"/{path}/namespaces/{{namespace}}" if resource.is_namespaced else f"/{path}"
        if "create" in resource.verbs:
            paths[f"{base}/{resource.plural}"] = {"post": _write(resource, "post")}
        if "list" in resource.verbs:
            paths.setdefault(f"{base}/{resource.plural}", {})["get"] = _read(resource, "list")
        if "get" not in resource.verbs:
            continue
        if "update" not in resource.verbs:
            paths[f"{base}/{resource.plural}/{{name}}"] = {"get": _read(resource, "get")}
            continue
        paths[f"{base}/{resource.plural}/{{name}}"] = {
            "get": _read(resource, "get"),
            "put": _write(resource, "put"),
            "patch": _write(resource, "patch"),
        }
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _reach(model: Model) -> Iterator[str]:
    seen, waiting = {model.name}, [model.name]
    while waiting:
        name = waiting.pop()
        yield name
        for field in models()[name].fields.values():
            if field.type in models() and field.type not in seen:
                seen.add(field.type)
                waiting.append(field.type)


def _schema(model: Model) -> Object:
    return {
        "type": "object",
        "properties": {key: _property(field) for key, field in model.fields.items()},
        **({"required": list(model.required)} if model.required else {}),
        **({"x-kubernetes-map-type": "atomic"} if model.is_atomic else {}),
    }


def _property(field: Field) -> Object:
    single: Object = dict(
        _TYPES.get(field.type) or {"allOf": [{"$ref": f"#/components/schemas/{_component(field.type)}"}]}
    )
    result = single
    if field.container == "list":
        result = {"type": "array", "items": single}
    elif field.container == "map":
        result = {"type": "object", "additionalProperties": single}
    if field.doc:
        result["description"] = field.doc
    strategies = ["merge"] if field.merge_key is not None else []
    strategies += ["retainKeys"] if field.retains_keys else []
    if strategies:
        result["x-kubernetes-patch-strategy"] = ",".join(strategies)
    if field.merge_key:
        result["x-kubernetes-patch-merge-key"] = field.merge_key
    if field.container == "list":
        keys = [key for key, _ in field.list_type.keys] if field.list_type else []
        result["x-kubernetes-list-type"] = "map" if keys else "set" if field.list_type else "atomic"
        if keys:
            result["x-kubernetes-list-map-keys"] = keys
    elif field.is_atomic:
        result["x-kubernetes-map-type"] = "atomic"
    return result


def _read(resource: Resource, action: str) -> Object:
    return {"x-kubernetes-action": action, **_gvk(resource), "responses": {"200": {"description": "OK"}}}


def _write(resource: Resource, action: str) -> Object:
    media = patching.FORMATS if action == "patch" else ("application/json", "application/yaml")
    reference = {"$ref": f"#/components/schemas/{_component(ROOTS[resource.kind])}"}
    return {
        "x-kubernetes-action": action,
        **_gvk(resource),
        "parameters": [
            {"name": name, "in": "query", "description": text, "schema": {"type": "string", "uniqueItems": True}}
            for name, text in _QUERY.items()
        ],
        "requestBody": {"content": {m: {"schema": {} if action == "patch" else reference} for m in media}},
        "responses": {"200": {"description": "OK"}},
    }


def _gvk(resource: Resource) -> Object:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {"x-kubernetes-group-version-kind": kind}


def _group_version(path: str) -> tuple[str, str]:
    parts = path.split("/")
    return (parts[1], parts[2]) if parts[0] == "apis" else ("", parts[1])


def _component(name: str) -> str:
    """A schema's name, whose last part is what `kubectl explain` shows."""
    prefix, kind = next((p, name.removeprefix(p)) for p in ("CoreV1", "DiscoveryV1", "V1", "") if name.startswith(p))
    return f"io.k8s.api.{'discovery' if prefix == 'DiscoveryV1' else 'core'}.v1.{kind}"
