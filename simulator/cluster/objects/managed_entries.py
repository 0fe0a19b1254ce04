"""The entries of `metadata.managedFields`, read and written: owners and what each of them owns. Pure.

The order and form are those of k8s.io/apimachinery (util/managedfields).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from simulator.cluster.objects.fieldset import Fields
from simulator.cluster.objects.stored_fields import StoredFields
from simulator.cluster.store import Object


@dataclass(frozen=True, order=True)
class Owner:
    """Entries with the same owner are one entry. Appliers own alike in every version."""

    operation: str
    manager: str
    api_version: str
    subresource: str


@dataclass
class Owned:
    """What one owner has."""

    fields: Fields
    api_version: str
    time: str | None = None


Managed = dict[Owner, Owned]


def decode(entries: Any) -> Managed:
    """Owners and what they own; none at all if an entry is malformed."""
    try:
        return dict(_entry(each) for each in entries or ())
    except (ValueError, TypeError, AttributeError):
        return {}


def is_reset(entries: Any) -> bool:
    """Whether a client asks to forget all owners: an empty list, or one empty entry."""
    return isinstance(entries, list) and entries in ([], [{}])


def encode(managed: Managed) -> list[Object]:
    """`metadata.managedFields`: appliers first, each group from its oldest to its newest."""
    order = sorted(managed.items(), key=lambda pair: (pair[0].operation, pair[1].time or "", pair[0]))
    return [_encoded(who, owned) for who, owned in order]


def are_alike(one: Iterable[Object], other: Iterable[Object]) -> bool:
    """Whether two lists of entries differ in nothing but their times."""
    return [_timeless(entry) for entry in one] == [_timeless(entry) for entry in other]


def _entry(raw: Object) -> tuple[Owner, Owned]:
    operation, version = raw.get("operation", ""), raw.get("apiVersion", "")
    if operation not in ("Apply", "Update") or not version or raw.get("fieldsType") != "FieldsV1":
        raise ValueError("not an entry of managedFields")
    fields = raw.get("fieldsV1") or {}
    tree = fields.tree() if isinstance(fields, StoredFields) else _checked(fields)
    own_version = version if operation == "Update" else ""
    who = Owner(operation, raw.get("manager", ""), own_version, raw.get("subresource", ""))
    return who, Owned(tree, version, raw.get("time"))


def _checked(fields: Any) -> Fields:
    for key, node in fields.items():
        if key != "." and key[:2] not in ("f:", "k:", "v:", "i:"):
            raise ValueError(f"missing colon: {key}")
        if key[:2] in ("k:", "v:") and isinstance(orjson.loads(key[2:]), dict) is not (key[0] == "k"):
            raise ValueError(f"not a path element: {key}")
        _checked(node)
    tree: Fields = fields
    return tree


def _encoded(who: Owner, owned: Owned) -> Object:
    entry: Object = {
        "manager": who.manager,
        "operation": who.operation,
        "apiVersion": owned.api_version,
        "time": owned.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": StoredFields.of(owned.fields),
        "subresource": who.subresource,
    }
    return {key: value for key, value in entry.items() if value}


def _timeless(entry: Object) -> Object:
    return {key: value for key, value in entry.items() if key != "time"}
