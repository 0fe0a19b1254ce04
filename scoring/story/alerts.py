"""Which alerts name the fault, which do not, and when those that do were loud."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from scoring.story.chronicle import Chronicle, Index
from scoring.timeline import Event

FIRING, RESOLVED = "alert.firing", "alert.resolved"


class Alerts(Index):
    """Alerts by name and by whether the truth accepts them. Positions count in the order of `alert.firing` events."""

    kinds = frozenset({FIRING})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.accepted: list[int] = []
        """Positions of the alerts that name the fault."""
        self.consequences: list[int] = []
        """Positions of the alerts that were expected to follow."""
        self.others: list[int] = []
        self._by_name: dict[str, list[int]] = defaultdict(list)

    def catch_up(self) -> None:
        done = len(self.accepted) + len(self.consequences) + len(self.others)
        right, following = frozenset(self.chronicle.truth.alerts), frozenset(self.chronicle.truth.consequences)
        firing = self.chronicle.by_kind.get(FIRING, [])
        for place in range(done, len(firing)):
            name = firing[place].alert_name
            self._by_name[name].append(place)
            sort = self.accepted if name in right else self.consequences if name in following else self.others
            sort.append(place)

    def forget(self, at: datetime) -> None:
        place = bisect_left(self.chronicle.times[FIRING], at)
        for places in (self.accepted, self.consequences, self.others, *self._by_name.values()):
            del places[bisect_left(places, place) :]

    def first_of(self, names: Iterable[str], first: int, last: int) -> int | None:
        """The first position of [first, last) at which an alert of one of these names fired."""
        every = [self._by_name[name] for name in names if name in self._by_name]
        found = [places[at] for places in every if (at := bisect_left(places, first)) < len(places)]
        return min((place for place in found if place < last), default=None)

    def names(self, first: int, last: int) -> tuple[str, ...]:
        """The names of the alerts at positions [first, last), sorted."""
        return tuple(sorted(name for name, places in self._by_name.items() if _within(places, first, last)))


class Loud(Index):
    """When accepted alerts were loud, by identity: their fingerprint, else their name. Told without an oracle."""

    kinds = frozenset({FIRING, RESOLVED})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self._done = 0
        self._fired: dict[str, list[datetime]] = defaultdict(list)
        self._resolved: list[tuple[datetime, str]] = []
        self._quiet: dict[str, list[datetime]] = defaultdict(list)
        """When alerts were resolved, by identity."""

    def catch_up(self) -> None:
        firing, accepted = self.chronicle.by_kind.get(FIRING, []), self.chronicle.index(Alerts).accepted
        for place in accepted[bisect_left(accepted, self._done) :]:
            self._fired[_identity(firing[place])].append(firing[place].occurred_at)
        self._done = len(firing)
        for event in self.chronicle.by_kind.get(RESOLVED, [])[len(self._resolved) :]:
            self._resolved.append((event.occurred_at, _identity(event)))
            self._quiet[_identity(event)].append(event.occurred_at)

    def forget(self, at: datetime) -> None:
        self._done = min(self._done, bisect_left(self.chronicle.times.get(FIRING, ()), at))
        for times in (*self._fired.values(), *self._quiet.values()):
            del times[bisect_left(times, at) :]
        del self._resolved[bisect_left(self._resolved, (at, "")) :]

    def is_loud(self, start: datetime, end: datetime, begin_at: datetime) -> bool:
        """Whether an accepted alert that fired from `begin_at` on was firing between two instants."""
        return any(
            (first := _first_since(fired, self._quiet.get(which, ()), start, begin_at)) is not None and first < end
            for which, fired in self._fired.items()
        )

    def fell_silent_after(self, at: datetime) -> Iterator[datetime]:
        """When alerts of an accepted identity were resolved, from an instant on."""
        for place in range(bisect_left(self._resolved, (at, "")), len(self._resolved)):
            resolved_at, which = self._resolved[place]
            if self._fired.get(which):
                yield resolved_at


def _identity(event: Event) -> str:
    return event.text("fingerprint") or event.alert_name


def _within(places: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(places, first)
    return at < len(places) and places[at] < last


def _first_since(
    fired: Sequence[datetime], quiet: Sequence[datetime], start: datetime, begin_at: datetime
) -> datetime | None:
    """When an alert first fired after it was last resolved before the start, not counting what is before the begin."""
    before = bisect_right(quiet, start)
    at = max(bisect_left(fired, begin_at), bisect_right(fired, quiet[before - 1]) if before else 0)
    return fired[at] if at < len(fired) else None
