"""Columns as `kubectl get` shows them, and what several kinds read theirs with (pkg/printers/internalversion). Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.cluster.printing.durations import age
from simulator.cluster.store import Object

NONE = "<none>"
Read = Callable[[Object, datetime], Any]
"""A cell out of an object and the present."""


@dataclass(frozen=True)
class Column:
    """One column; `wide` ones are shown by `-o wide` only."""

    name: str
    read: Read
    wide: bool = False
    type: str = "string"


def at(*path: str, absent: Any = NONE) -> Read:
    """The value at a path of keys; `absent` where there is none or an empty one."""

    def read(obj: Object, _now: datetime) -> Any:
        value: Any = obj
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return absent if value is None or value == "" else value

    return read


def of(function: Callable[[Object], Any]) -> Read:
    """A cell that does not depend on the time."""
    return lambda obj, _now: function(obj)


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


def shorten(items: Sequence[str], shown: int = 3) -> str:
    """The first few of a list: `a,b,c + 2 more...`."""
    more = f" + {len(items) - shown} more..." if len(items) > shown else ""
    return ",".join(items[:shown]) + more or NONE


def present() -> datetime:
    """Now, aware; what ages are counted to."""
    return datetime.now(UTC)


NAME = Column("Name", at("metadata", "name"))
AGE = Column("Age", lambda obj, now: age(obj["metadata"].get("creationTimestamp"), now))
