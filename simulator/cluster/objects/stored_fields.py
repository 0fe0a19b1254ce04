"""`fieldsV1` as it is stored: the bytes of its JSON, one copy for all objects that were made alike.

A tree of dicts would weigh several times what the object itself does.
"""

from typing import Any, ClassVar
from weakref import WeakValueDictionary

import orjson

from simulator.cluster.objects.fieldset import Fields


class StoredFields:
    """An immutable set of fields; `of` gives the one for a tree."""

    __slots__ = ("__weakref__", "raw")
    _known: ClassVar["WeakValueDictionary[bytes, StoredFields]"] = WeakValueDictionary()

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @classmethod
    def of(cls, fields: Fields) -> "StoredFields":
        """The stored form of a tree, shared with every equal one."""
        raw = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
        return cls._known.setdefault(raw, cls(raw))

    def tree(self) -> Fields:
        """A tree of its own for the caller."""
        fields: Fields = orjson.loads(self.raw)
        return fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredFields) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)


def as_json(value: Any) -> bytes:
    """JSON of a value that may hold stored fields."""
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, StoredFields):
        return orjson.Fragment(value.raw)
    raise TypeError(f"{type(value).__name__} is not JSON")
