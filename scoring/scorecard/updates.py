"""Updates as they were posted, indexed so that the duty to keep people informed costs a few binary searches.

Positions count in the order of `update.posted` events; a range [i, j) holds some of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime

from scoring.scorecard.finding import plain
from scoring.story.chronicle import Chronicle, Index
from scoring.timeline import Data, Event

POSTED = "update.posted"
CLOSED = frozenset({"resolved", "closed", "completed", "all clear", "operational"})
"""Statuses that say it is over; `resolved` and `operational` as status pages (Atlassian Statuspage) write them."""
MENDED = frozenset({"mitigated", "monitoring", "stabilised", "stabilized", "fixed", "recovering", "watching"})
"""Statuses that say users are served again; `monitoring` as status pages write it."""
_MENDED_OR_CLOSED = MENDED | CLOSED
_TOLD = ("audiences", "audience", "channels", "channel")

Range = tuple[int, int]


def is_closing(event: Event) -> bool:
    """Whether an update is a closing notice: it says so by `closing`, else by a status in `CLOSED`."""
    said = event.data.get("closing")
    return said if isinstance(said, bool) else plain(event.text("status")) in CLOSED


def says(value: object) -> bool:
    """Whether a field says anything: not null, false, empty or blank."""
    return bool(value.strip()) if isinstance(value, str) else value is not None and value is not False and value != []


class Updates(Index):
    """What updates say, whom they tell, and how long people waited for the next one."""

    kinds = frozenset({POSTED})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        wanted = chronicle.playbook.update_content.value
        self._wanted = wanted, tuple(part for part in wanted if not part.startswith("next_"))
        """The parts that an update has to carry, and those that a closing notice has to."""
        self._done = 0
        self.closings: list[int] = []
        self.closed_at: list[datetime] = []
        """When closing notices were posted."""
        self.mended_at: list[datetime] = []
        """When updates said that users are served again."""
        self._short: list[int] = []
        self._absent: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
        self._told: dict[str, list[int]] = {}
        self._waits: dict[float, list[float]] = {}

    @property
    def events(self) -> Sequence[Event]:
        """Every update, in order."""
        return self.chronicle.by_kind.get(POSTED, ())

    @property
    def times(self) -> Sequence[datetime]:
        """When each was posted."""
        return self.chronicle.times.get(POSTED, ())

    def catch_up(self) -> None:
        every = self.events
        for place in range(self._done, len(every)):
            self._take(place, every[place])
        self._done = len(every)

    def forget(self, at: datetime) -> None:
        place = bisect_left(self.times, at)
        self._done = min(self._done, place)
        open_, closing = self._absent
        for places in (self.closings, self._short, *open_.values(), *closing.values(), *self._told.values()):
            del places[bisect_left(places, place) :]
        for times in (self.closed_at, self.mended_at):
            del times[bisect_left(times, at) :]
        for waits in self._waits.values():
            del waits[place:]

    def first_closing(self, from_: int, to: int) -> int | None:
        """The position of the first closing notice in [from, to)."""
        at = bisect_left(self.closings, from_)
        return self.closings[at] if at < len(self.closings) and self.closings[at] < to else None

    def shown(self, ranges: Iterable[Range], most: int) -> list[Event]:
        """The first updates of some ranges."""
        found: list[Event] = []
        for i, j in ranges:
            found += self.events[i : min(j, i + most - len(found))]
        return found

    def tell(self, words: Iterable[str], ranges: Iterable[Range]) -> bool:
        """Whether any update told one of these audiences, or went by one of these channels."""
        return any(_count(self._told.get(word, ()), i, j) for word in words for i, j in ranges)

    def content(self, ranges: Sequence[Range]) -> tuple[float, dict[str, int]]:
        """(mean share of the parts that updates carry, how many lack each part) of ranges that hold any."""
        missed: dict[str, int] = {}
        total = lost = 0.0
        for i, j in ranges:
            total += j - i
            for wanted, absent in zip(self._wanted, self._absent, strict=True):
                for part, places in absent.items():
                    if count := _count(places, i, j):
                        missed[part] = missed.get(part, 0) + count
                        lost += count / len(wanted)
        return 1 - lost / total, missed

    def short(self, ranges: Iterable[Range], most: int) -> list[Event]:
        """The first updates that lack something."""
        found: list[Event] = []
        for i, j in ranges:
            first = bisect_left(self._short, i)
            found += [self.events[place] for place in self._short[first : first + most] if place < j]
        return found[:most]

    def overdue_s(self, start: datetime, end: datetime, since: datetime, every_s: float) -> float:
        """For how many wall seconds of [start, end) the last word, or `since`, was more than `every_s` back.

        Words before `since` do not count. Over a whole gap g between two words that is max(0, g − every).
        """
        times = self.times
        first, last = bisect_right(times, since), bisect_right(times, end)
        i = max(first, bisect_right(times, start))
        before = times[i - 1] if i > first else since
        if i >= last:
            return _beyond(before, every_s, start, end)
        waits = self._waits_for(every_s)
        edges = _beyond(before, every_s, start, times[i]) + _beyond(times[last - 1], every_s, start, end)
        return edges + waits[last - 1] - waits[i]

    def _waits_for(self, every_s: float) -> list[float]:
        """For each update how long, in all the gaps up to it, the one before was more than `every_s` back."""
        waits, times = self._waits.setdefault(every_s, []), self.times
        if not waits and times:
            waits.append(0.0)
        for place in range(len(waits), len(times)):
            waits.append(waits[-1] + max(0.0, (times[place] - times[place - 1]).total_seconds() - every_s))
        return waits

    def _take(self, place: int, event: Event) -> None:
        data, at = event.data, event.occurred_at
        closing = is_closing(event)
        if closing:
            self.closings.append(place)
            self.closed_at.append(at)
        if closing or plain(event.text("status")) in _MENDED_OR_CLOSED:
            self.mended_at.append(at)
        is_short = False
        for part in self._wanted[closing]:
            if not says(data.get(part)):
                is_short = True
                self._absent[closing].setdefault(part, []).append(place)
        if is_short:
            self._short.append(place)
        for word in _told(data):
            self._told.setdefault(word, []).append(place)


def _told(data: Data) -> set[str]:
    """Whom an update told and by which channels: `audiences`, `audience`, `channels`, `channel`; lists or commas."""
    words: set[str] = set()
    for field in _TOLD:
        value = data.get(field)
        for item in value if isinstance(value, list) else [value] if value else ():
            if isinstance(item, str):
                words.update(map(plain, item.split(",")) if "," in item else [plain(item)])
    words.discard("")
    return words


def _count(places: Sequence[int], i: int, j: int) -> int:
    return bisect_left(places, j) - bisect_left(places, i)


def _beyond(word_at: datetime, every_s: float, start: datetime, end: datetime) -> float:
    """Wall seconds of [start, end) that are more than `every_s` after a word."""
    return max(0.0, min((end - start).total_seconds(), (end - word_at).total_seconds() - every_s))
