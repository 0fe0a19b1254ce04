"""Label sets: what names a series. A sorted tuple of pairs, so that equal sets are equal keys."""

from collections.abc import Iterable, Mapping

Labels = tuple[tuple[str, str], ...]
NAME = "__name__"


def from_mapping(labels: Mapping[str, str]) -> Labels:
    """Sorted, without empty values: to Prometheus an empty label is no label."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def without_name(labels: Labels) -> Labels:
    """The labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def keep(labels: Labels, names: Iterable[str]) -> Labels:
    """Only the labels in `names`."""
    wanted = frozenset(names)
    return tuple(pair for pair in labels if pair[0] in wanted)


def drop(labels: Labels, names: Iterable[str]) -> Labels:
    """All labels but those in `names`."""
    unwanted = frozenset(names)
    return tuple(pair for pair in labels if pair[0] not in unwanted)


def show(labels: Labels) -> str:
    """As Prometheus prints it: `up{job="api"}`."""
    name = next((value for key, value in labels if key == NAME), "")
    inner = ", ".join(f'{key}="{_escape(value)}"' for key, value in labels if key != NAME)
    return f"{name}{{{inner}}}" if inner or not name else name


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
