"""Answers in the form that the client asked for: objects, lists, tables, metadata only. Pure."""

from collections.abc import Iterable
from typing import Any

import orjson

from simulator.cluster import kinds
from simulator.cluster.api.requests import Form
from simulator.cluster.objects.events_v1 import as_v1
from simulator.cluster.objects.stored_fields import as_json
from simulator.cluster.printing.column import present, rows
from simulator.cluster.resources import EVENTS_V1, Resource
from simulator.cluster.store import Object
from simulator.cluster.stored import once

Shown = Object | orjson.Fragment
"""What `as_json` writes out."""


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


def as_single(resource: Resource, obj: Object, form: Form, include: str = "Metadata") -> Shown:
    """One object."""
    if form.kind == "Table":
        return _table(resource, [obj], {"resourceVersion": obj["metadata"].get("resourceVersion", "")}, form, include)
    if form.kind == "PartialObjectMetadata":
        return _partial(obj, form)
    return _whole(resource, obj)


def as_bookmark(resource: Resource, version: str, form: Form, annotations: dict[str, str]) -> Shown:
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


def _whole(resource: Resource, obj: Object) -> orjson.Fragment:
    """An object as JSON, written once for each stored version, however many lists and watches show it."""
    if resource == EVENTS_V1:
        return once(obj, "events.k8s.io", lambda: orjson.Fragment(as_json(as_v1(obj))))
    return once(obj, "json", lambda: orjson.Fragment(as_json(obj)))


def _partial(obj: Object, form: Form) -> orjson.Fragment:
    def write() -> orjson.Fragment:
        group = f"meta.k8s.io/{form.version}"
        return orjson.Fragment(
            as_json({"kind": "PartialObjectMetadata", "apiVersion": group, "metadata": obj["metadata"]})
        )

    return once(obj, ("partial", form.version), write)
