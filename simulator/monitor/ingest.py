"""From a target's page to stored samples. A line's text before its value names its series once and for all."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from simulator.monitor.exposition import Line, parse_line, sample_lines
from simulator.monitor.labels import NAME, Labels, from_mapping
from simulator.monitor.relabel import Relabelling, relabel
from simulator.monitor.storage import Series, Storage


class Taken(NamedTuple):
    """How many samples a page held, how many were kept, how many series are new."""

    scraped: int
    kept: int
    added: int


class Ingest:
    """The samples of one target; what is no longer on its page becomes stale.

    Parameters:
        target_labels: given to every sample; on a clash the page's own label becomes `exported_…`,
            or wins if `honor_labels`
        relabellings: the job's `metric_relabel_configs`
    """

    def __init__(
        self,
        storage: Storage,
        target_labels: Labels,
        relabellings: Sequence[Relabelling] = (),
        *,
        honor_labels: bool = False,
    ) -> None:
        self._storage = storage
        self._target_labels = dict(target_labels)
        self._relabellings = relabellings
        self._honor_labels = honor_labels
        self._known: dict[str, Series | None] = {}
        self._page: list[str] = []

    def take(self, text: str, at_ms: int) -> Taken:
        """Stores a page scraped at `at_ms`. Raises ValueError, and stores nothing, if a line is no sample."""
        known = self._known
        page: list[str] = []
        samples: list[tuple[Series, float, int]] = []
        scraped = added = 0
        for line in sample_lines(text):
            scraped += 1
            prefix, _, number = line.rpartition(" ")
            if prefix in known:
                page.append(prefix)
                series = known[prefix]
                if series is not None:
                    try:
                        samples.append((series, float(number), at_ms))
                    except ValueError as error:
                        raise ValueError(f"not a number: {number!r} in {line[:120]!r}") from error
                continue
            parsed = parse_line(line)
            series = self._series(parsed)
            if parsed.at_ms is None and line.endswith(number) and number and prefix:
                known[prefix] = series
                page.append(prefix)
                added += 1
            if series is not None:
                samples.append((series, parsed.value, at_ms if parsed.at_ms is None else parsed.at_ms))
        for series, value, when in samples:
            series.append(when, value)
        self._end_missing(page, at_ms)
        return Taken(scraped, len(samples), added)

    def end(self, at_ms: int) -> None:
        """Marks all series of the target as stale: it could not be scraped, or is gone."""
        for series in self._known.values():
            if series is not None:
                series.end(at_ms)
        self._known.clear()
        self._page = []

    def _end_missing(self, page: list[str], at_ms: int) -> None:
        if page == self._page:
            return
        for prefix in self._known.keys() - set(page):
            series = self._known.pop(prefix)
            if series is not None:
                series.end(at_ms)
        self._page = page

    def _series(self, line: Line) -> Series | None:
        labels = merged(line.labels, self._target_labels, honor_labels=self._honor_labels)
        labels[NAME] = line.name
        if self._relabellings:
            kept = relabel(labels, self._relabellings)
            if kept is None:
                return None
            labels = kept
        return self._storage.series(from_mapping(labels))


def merged(own: Mapping[str, str], given: Mapping[str, str], *, honor_labels: bool) -> dict[str, str]:
    """A sample's labels together with its target's."""
    if honor_labels:
        return {**given, **{name: value for name, value in own.items() if value or name not in given}}
    labels = {**own, **given}
    for name in own.keys() & given.keys():
        exported = f"exported_{name}"
        while exported in labels:
            exported = f"exported_{exported}"
        if own[name]:
            labels[exported] = own[name]
    return labels
