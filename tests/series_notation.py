"""Series as promtool's unit tests write them, in a storage of ours."""

import re
from collections.abc import Iterator, Mapping

from simulator.monitor.exposition import parse_line
from simulator.monitor.labels import NAME, Labels, from_mapping
from simulator.monitor.storage import STALE, Storage

_ITEM = re.compile(r"(?P<start>-?[\d.]+|NaN|Inf|_|stale)(?:(?P<sign>[+-])(?P<step>[\d.]+))?(?:x(?P<times>\d+))?")


def values(notation: str) -> Iterator[float | None]:
    """`1+2x3` is 1 3 5 7; `4x2` is 4 4 4; `_` is no sample and `_x2` two of them."""
    for item in notation.split():
        match = _ITEM.fullmatch(item)
        assert match, item
        if match["start"] == "_":
            yield from [None] * int(match["times"] or 1)
            continue
        start = STALE if match["start"] == "stale" else float(match["start"])
        step = float(match["step"] or 0) * (-1 if match["sign"] == "-" else 1)
        for index in range(int(match["times"] or 0) + 1):
            yield start + index * step if step else start


def labels_of(text: str) -> Labels:
    """`up{job="a"}` or `{job="a"}`."""
    line = parse_line(f"{'x' if text.startswith('{') else ''}{text} 0")
    return from_mapping(line.labels if text.startswith("{") else {**line.labels, NAME: line.name})


def store(series: Mapping[str, str], interval_ms: int) -> Storage:
    """A storage with one sample per interval from instant 0 on."""
    storage = Storage(10**15)
    for name, notation in series.items():
        target = storage.series(labels_of(name))
        for index, value in enumerate(values(notation)):
            if value is not None:
                target.append(index * interval_ms, value)
    return storage
