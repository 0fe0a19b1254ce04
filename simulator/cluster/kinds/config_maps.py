"""ConfigMap, and what it shares with Secret. Pure."""

import re
from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, Column, of
from simulator.cluster.resources import CONFIG_MAPS
from simulator.cluster.store import Object

_KEY = re.compile(r"[-._a-zA-Z0-9]+")


def entries(obj: Object) -> int:
    """How many keys there are."""
    return len(obj.get("data") or ()) + len(obj.get("binaryData") or ())


def keys(obj: Object) -> Iterator[Cause]:
    """What is wrong with the keys."""
    for part in ("data", "binaryData"):
        for key in obj.get(part) or ():
            if not _KEY.fullmatch(key):
                yield Cause(
                    f"{part}[{key}]",
                    f'Invalid value: "{key}": a valid config key must consist of alphanumeric characters, '
                    "'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for "
                    "validation is '[-._a-zA-Z0-9]+')",
                )


def immutable(new: Object, old: Object) -> Iterator[Cause]:
    """What may not change where `immutable` is set."""
    if old.get("immutable"):
        for key in ("data", "binaryData", "immutable"):
            if new.get(key) != old.get(key):
                yield Cause(key, "Forbidden: field is immutable when `immutable` is set", "FieldValueForbidden")


KIND = Kind(
    CONFIG_MAPS,
    columns=(NAME, Column("Data", of(entries), type="integer"), AGE),
    causes=keys,
    fixed=immutable,
)
