"""Columns as `kubectl get` shows them, and what several kinds read theirs with (pkg/printers/internalversion). Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.cluster.printing.durations import age
from simulator.cluster.store import Object
from simulator.cluster.stored import Stored

NONE = "<none>"
_SHOWN = 3
Read = Callable[[Object, datetime], Any]
"""A cell out of an object and the present."""


@dataclass(frozen=True)
class Column:
    """One column; `wide` ones are shown by `-o wide` only."""

    name: str
    read: Read
    wide: bool = False
    type: str = "string"


@dataclass(frozen=True)
class Still:
    """A cell that does not depend on the time: read once for each version of an object."""

    of: Callable[[Object], Any]

    def __call__(self, obj: Object, _now: datetime) -> Any:
        return self.of(obj)


def at(*path: str, absent: Any = NONE) -> Still:
    """The value at a path of keys; `absent` where there is none or an empty one."""

    def read(obj: Object) -> Any:
        value: Any = obj
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return absent if value is None or value == "" else value

    return Still(read)


def of(function: Callable[[Object], Any]) -> Still:
    """A cell that does not depend on the time."""
    return Still(function)


def rows(columns: Sequence[Column], objects: Iterable[Object], now: datetime) -> Iterator[tuple[Object, list[Any]]]:
    """Each object with its cells."""
    still = [(index, c.read.of) for index, c in enumerate(columns) if isinstance(c.read, Still)]
    moving = [(index, c.read) for index, c in enumerate(columns) if not isinstance(c.read, Still)]

    def first(obj: Object) -> list[Any]:
        row = [None] * len(columns)
        for index, read in still:
            row[index] = read(obj)
        return row

    for obj in objects:
        row = (obj.cells if isinstance(obj, Stored) else None) or first(obj)
        if isinstance(obj, Stored):
            obj.cells, row = row, row.copy()
        for index, read in moving:
            row[index] = read(obj, now)
        yield obj, row


def selector_text(selector: Mapping[str, Any]) -> str:
    """A LabelSelector as one line: `app=web,tier in (a,b)`."""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for entry in selector.get("matchExpressions") or ():
        values = ",".join(sorted(entry.get("values") or ()))
        parts.append(
            {
                "Exists": entry["key"],
                "DoesNotExist": f"!{entry['key']}",
                "NotIn": f"{entry['key']} notin ({values})",
            }.get(entry["operator"], f"{entry['key']} in ({values})")
        )
    return ",".join(parts) or NONE


def labels_text(labels: Mapping[str, str] | None) -> str:
    """A map of labels as one line: `a=b,c=d`."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def shorten(items: Sequence[str]) -> str:
    """The first few of a list: `a,b,c + 2 more...`."""
    more = f" + {len(items) - _SHOWN} more..." if len(items) > _SHOWN else ""
    return ",".join(items[:_SHOWN]) + more or NONE


def present() -> datetime:
    """Now, aware; what ages are counted to."""
    return datetime.now(UTC)


NAME = Column("Name", at("metadata", "name"))
AGE = Column("Age", lambda obj, now: age(obj["metadata"].get("creationTimestamp"), now))
