"""ConfigMap, and what it shares with Secret. Pure."""

import re
from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, Column, of
from simulator.cluster.resources import CONFIG_MAPS
from simulator.cluster.store import Object

MOST_BYTES = 1024 * 1024
_LONGEST_KEY = 253
_KEY = re.compile(r"[-._a-zA-Z0-9]+")


def entries(obj: Object) -> int:
    """How many keys there are."""
    return len(obj.get("data") or ()) + len(obj.get("binaryData") or ())


def keys(obj: Object) -> Iterator[Cause]:
    """What is wrong with the keys, and with how much they hold."""
    both = (obj.get("data") or {}).keys() & (obj.get("binaryData") or {}).keys()
    for key in sorted(both):
        yield Cause(f"data[{key}]", f'Invalid value: "{key}": duplicate of key present in binaryData')
    size = sum(len(text.encode()) for text in (obj.get("data") or {}).values())
    size += sum(len(text) * 3 // 4 for text in (obj.get("binaryData") or {}).values())
    if size > MOST_BYTES:
        field = "data" if obj["kind"] == "Secret" else "[]"
        yield Cause(field, f"Too long: may not be more than {MOST_BYTES} bytes", "FieldValueTooLong")
    for part in ("data", "binaryData"):
        for key in obj.get(part) or ():
            if not _KEY.fullmatch(key):
                yield Cause(
                    f"{part}[{key}]",
                    f'Invalid value: "{key}": a valid config key must consist of alphanumeric characters, '
                    "'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for "
                    "validation is '[-._a-zA-Z0-9]+')",
                )
            elif len(key) > _LONGEST_KEY:
                yield Cause(f"{part}[{key}]", f'Invalid value: "{key}": must be no more than {_LONGEST_KEY} bytes')
            elif key in (".", ".."):
                yield Cause(f"{part}[{key}]", f"Invalid value: \"{key}\": must not be '{key}'")
            elif key.startswith(".."):
                yield Cause(f"{part}[{key}]", f"Invalid value: \"{key}\": must not start with '..'")


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
