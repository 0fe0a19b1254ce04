"""Events of a kind that say a certain thing, so that each is asked once."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import datetime

from scoring.story.chronicle import Chronicle, Index
from scoring.timeline import KINDS, Event

Predicate = Callable[[Event], bool]


class Picks(Index):
    """Of each kind and predicate, the events for which it holds."""

    kinds = frozenset(KINDS)

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self._done: dict[tuple[str, Predicate], int] = {}
        self._places: dict[tuple[str, Predicate], list[int]] = {}

    def forget(self, at: datetime) -> None:
        for (kind, holds), done in self._done.items():
            place = min(done, bisect_left(self.chronicle.times.get(kind, ()), at))
            self._done[kind, holds] = place
            places = self._places[kind, holds]
            del places[bisect_left(places, place) :]

    def first(self, kind: str, holds: Predicate, until: datetime, most: int) -> list[Event]:
        """The first of them up to an instant, at most so many."""
        events = self.chronicle.by_kind.get(kind, [])
        places = self._places.setdefault((kind, holds), [])
        done = self._done.get((kind, holds), 0)
        places += [place for place in range(done, len(events)) if holds(events[place])]
        self._done[kind, holds] = len(events)
        last = bisect_right(self.chronicle.times.get(kind, ()), until)
        return [events[place] for place in places[:most] if place < last]
