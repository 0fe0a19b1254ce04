"""Samples in memory: one compact ring per series, an index by metric name, staleness marks."""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from simulator.monitor.labels import NAME, Labels, without_name
from simulator.monitor.promql.plan import Matcher

_STALE_BITS = struct.pack("<Q", 0x7FF0000000000002)
STALE: float = struct.unpack("<d", _STALE_BITS)[0]
"""The NaN that says "this series ended here" (Prometheus `model/value`)."""


def is_stale(value: float) -> bool:
    """Whether `value` is the staleness mark, as opposed to an ordinary NaN."""
    return value != value and struct.pack("<d", value) == _STALE_BITS


class Series:
    """The samples of one label set, oldest first: milliseconds since the epoch and values."""

    __slots__ = ("at_ms", "labels", "nameless", "values")

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.nameless = without_name(labels)
        self.at_ms = array("q")
        self.values = array("d")

    def append(self, at_ms: int, value: float) -> bool:
        """Adds a sample; one that is not newer than the last is refused (False), as in Prometheus."""
        if self.at_ms and at_ms <= self.at_ms[-1]:
            return False
        self.at_ms.append(at_ms)
        self.values.append(value)
        return True

    def end(self, at_ms: int) -> None:
        """Marks the series as stale from `at_ms` on."""
        if self.values and not is_stale(self.values[-1]):
            self.append(max(at_ms, self.at_ms[-1] + 1), STALE)

    def latest(self, at_ms: int, lookback_ms: int) -> tuple[int, float] | None:
        """The newest sample in (at - lookback, at], unless the series has ended by then."""
        index = bisect_right(self.at_ms, at_ms) - 1
        if index < 0 or self.at_ms[index] <= at_ms - lookback_ms:
            return None
        value = self.values[index]
        return None if value != value and is_stale(value) else (self.at_ms[index], value)

    def between(self, after_ms: int, until_ms: int) -> tuple["array[int]", "array[float]"]:
        """Instants and values in (after, until], without staleness marks."""
        low, high = bisect_right(self.at_ms, after_ms), bisect_right(self.at_ms, until_ms)
        instants, values = self.at_ms[low:high], self.values[low:high]
        if any(value != value and is_stale(value) for value in values):
            kept = [index for index, value in enumerate(values) if not is_stale(value)]
            return array("q", [instants[i] for i in kept]), array("d", [values[i] for i in kept])
        return instants, values

    def forget_until(self, at_ms: int) -> None:
        """Drops samples up to `at_ms`."""
        old = bisect_right(self.at_ms, at_ms)
        if old:
            del self.at_ms[:old], self.values[:old]


class Storage:
    """All series. Belongs to one event loop; nothing here waits.

    Parameters:
        retention_ms: how long samples are kept, in milliseconds of wall time
    """

    def __init__(self, retention_ms: int) -> None:
        self.retention_ms = retention_ms
        self.generation = 0
        self._by_name: dict[str, dict[Labels, Series]] = {}
        self._selected: dict[tuple[Matcher, ...], tuple[int, list[Series]]] = {}

    def series(self, labels: Labels) -> Series:
        """The series of that label set, made if it is new."""
        name = next((value for key, value in labels if key == NAME), "")
        family = self._by_name.setdefault(name, {})
        found = family.get(labels)
        if found is None:
            found = family[labels] = Series(labels)
            self.generation += 1
        return found

    def select(self, matchers: tuple[Matcher, ...]) -> list[Series]:
        """The series that satisfy every matcher; the answer is kept until a series comes or goes."""
        known = self._selected.get(matchers)
        if known is not None and known[0] == self.generation:
            return known[1]
        rest = matchers
        families: Iterable[dict[Labels, Series]] = self._by_name.values()
        for matcher in matchers:
            if matcher.name == NAME and matcher.op == "=" and matcher.value:
                families = [self._by_name.get(matcher.value, {})]
                rest = tuple(other for other in matchers if other is not matcher)
                break
        found = [series for family in families for series in family.values() if _matches(series, rest)]
        if len(self._selected) > 1000:
            self._selected.clear()
        self._selected[matchers] = (self.generation, found)
        return found

    def forget(self, now_ms: int) -> None:
        """Drops samples older than the retention, and series that have none left."""
        oldest_ms = now_ms - self.retention_ms
        for name, family in list(self._by_name.items()):
            for labels, series in list(family.items()):
                if series.at_ms and series.at_ms[0] < oldest_ms:
                    series.forget_until(oldest_ms)
                    if not series.at_ms:
                        del family[labels]
                        self.generation += 1
            if not family:
                del self._by_name[name]

    def __iter__(self) -> Iterator[Series]:
        for family in self._by_name.values():
            yield from family.values()

    def __len__(self) -> int:
        return sum(len(family) for family in self._by_name.values())


def _matches(series: Series, matchers: tuple[Matcher, ...]) -> bool:
    labels = dict(series.labels)
    return all(matcher.accepts(labels.get(matcher.name, "")) for matcher in matchers)
