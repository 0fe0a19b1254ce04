"""Answers in the form that the client asked for: objects, lists, tables, metadata only. Pure."""

from collections.abc import Iterable
from typing import Any

from simulator.cluster import kinds
from simulator.cluster.api.requests import Form
from simulator.cluster.objects.events_v1 import as_v1
from simulator.cluster.printing.column import present, rows
from simulator.cluster.resources import EVENTS_V1, Resource
from simulator.cluster.store import Object


def as_list(
    resource: Resource, objects: Iterable[Object], meta: Object, form: Form, include: str = "Metadata"
) -> Object:
    """A collection with its list's metadata; `include` (None, Metadata, Object): what each row of a table carries."""
    if form.kind == "Table":
        return _table(resource, objects, meta, form, include)
    if form.kind == "PartialObjectMetadata":
        items = [_partial(obj, form) for obj in objects]
        kind, group = "PartialObjectMetadataList", f"meta.k8s.io/{form.version}"
    else:
        items, kind, group = [_whole(resource, obj) for obj in objects], f"{resource.kind}List", resource.api_version
    return {"kind": kind, "apiVersion": group, "metadata": meta, "items": items}


def as_single(resource: Resource, obj: Object, form: Form, include: str = "Metadata") -> Object:
    """One object."""
    if form.kind == "Table":
        return _table(resource, [obj], {"resourceVersion": obj["metadata"].get("resourceVersion", "")}, form, include)
    if form.kind == "PartialObjectMetadata":
        return _partial(obj, form)
    return _whole(resource, obj)


def as_bookmark(resource: Resource, version: str, form: Form, annotations: dict[str, str]) -> Object:
    """An object that carries nothing but a resourceVersion."""
    meta: Object = {"resourceVersion": version, "creationTimestamp": None}
    if annotations:
        meta["annotations"] = annotations
    if form.kind == "Table":
        return _table(resource, [], {"resourceVersion": version}, form, "None")
    bare = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": meta}
    return _partial(bare, form) if form.kind else bare


def _table(resource: Resource, objects: Iterable[Object], meta: Object, form: Form, include: str) -> Object:
    columns = kinds.of(resource.kind).columns
    shown = [{"cells": row, **_carried(resource, obj, form, include)} for obj, row in rows(columns, objects, present())]
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{form.version}",
        "metadata": meta,
        "columnDefinitions": [
            {
                "name": column.name,
                "type": column.type,
                "format": "name" if column.name == "Name" else "",
                "description": "",
                "priority": int(column.wide),
            }
            for column in columns
        ],
        "rows": shown,
    }


def _carried(resource: Resource, obj: Object, form: Form, include: str) -> dict[str, Any]:
    if include == "None":
        return {}
    return {"object": _whole(resource, obj) if include == "Object" else _partial(obj, form)}


def _whole(resource: Resource, obj: Object) -> Object:
    """The object in the shape of the resource that was asked for: Events have two."""
    return as_v1(obj) if resource == EVENTS_V1 else obj


def _partial(obj: Object, form: Form) -> Object:
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{form.version}",
        "metadata": obj["metadata"],
    }
