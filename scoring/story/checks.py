"""What the oracle's checks say about a stretch of time; each stretch costs a few binary searches."""

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta

from scoring.story.chronicle import Chronicle, Index
from scoring.story.evidence import Answer, Condition, read_conditions, verification_s
from scoring.timeline import Event

CHECKED = "oracle.checked"


class Checks(Index):
    """The checks of *mitigated*, and which of them were good."""

    kinds = frozenset({CHECKED})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        width_s = verification_s(chronicle)
        self.hole = timedelta(seconds=max(3.0, min(width_s / 3, 10.0)))
        """Time without a check after which nobody can tell what was in between."""
        self.events: list[Event] = []
        self.times: list[datetime] = []
        self.bad_times: list[datetime] = []
        self.turned_good: list[datetime] = []
        """When a check was good after one that was bad."""
        self._holes: list[int] = []
        self._done = 0
        self._seen = Seen(self.events)

    def catch_up(self) -> None:
        every = self.chronicle.by_kind.get(CHECKED, [])
        for event in every[self._done :] if self._done < len(every) else ():
            ok = event.data.get("ok")
            if event.data.get("phase") != "mitigated" or not isinstance(ok, bool):
                continue
            at = event.occurred_at
            if self.times:
                last = self.times[-1]
                if at - last > self.hole:
                    self._holes.append(len(self.times) - 1)
                if ok and self.events[-1].data["ok"] is False:
                    self.turned_good.append(at)
            self.events.append(event)
            self.times.append(at)
            if not ok:
                self.bad_times.append(at)
        self._done = len(every)

    def forget(self, at: datetime) -> None:
        self._done = min(self._done, bisect_left(self.chronicle.times[CHECKED], at))
        place = bisect_left(self.times, at)
        del self.events[place:], self.times[place:]
        for times in (self.bad_times, self.turned_good):
            del times[bisect_left(times, at) :]
        del self._holes[bisect_left(self._holes, place - 1) :]
        self._seen.forget(place)

    def has_oracle(self, until: datetime) -> bool:
        """Whether an oracle looked at all, by then."""
        times = self.chronicle.times.get(CHECKED, ())
        return len(times) > 0 and times[0] <= until

    def judge(self, start: datetime, end: datetime) -> tuple[Answer, str]:
        """Whether every check from one instant to another was good, and why not."""
        at = bisect_left(self.bad_times, start)
        if at < len(self.bad_times) and self.bad_times[at] <= end:
            return Answer.FAILS, "a check of the oracle failed"
        i, j = self._range(start, end)
        if i >= j:
            return Answer.CANNOT_TELL, "the oracle made no check"
        torn = bisect_left(self._holes, i)
        is_torn = torn < len(self._holes) and self._holes[torn] < j - 1
        if is_torn or self.times[i] - start > self.hole or end - self.times[j - 1] > self.hole:
            return Answer.CANNOT_TELL, "checks of the oracle are missing"
        return Answer.HOLDS, ""

    def conditions(self, start: datetime, end: datetime) -> tuple[Condition, ...]:
        """What the last check of a stretch saw, and whether it was so in every check of it."""
        found = self._seen.between(*self._range(start, end))
        return found or (Condition("oracle", None, "no check was made"),)

    def _range(self, start: datetime, end: datetime) -> tuple[int, int]:
        return bisect_left(self.times, start), bisect_right(self.times, end)


class Seen:
    """The conditions that consecutive checks list, by name, from the first check that was asked about."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self._from = 0
        self._entries: list[Condition] = []
        self._edges = [0]
        """How many conditions were listed before each check."""
        self._by_name: dict[str, tuple[list[int], list[int]]] = {}
        """Where a condition is listed, and where it is not ok."""

    def forget(self, place: int) -> None:
        """Check `place` and those after it are not what they were."""
        kept = max(0, place - self._from)
        if kept >= len(self._edges) - 1:
            return
        del self._edges[kept + 1 :]
        edge = self._edges[-1]
        del self._entries[edge:]
        for lists in self._by_name.values():
            for listed in lists:
                del listed[bisect_left(listed, edge) :]

    def between(self, i: int, j: int) -> tuple[Condition, ...]:
        """Each condition that checks [i, j) list, in the order in which they name them; one that failed stays so."""
        if i >= j:
            return ()
        if i < self._from or i > self._from + len(self._edges) - 1:
            self.__init__(self._events)  # type: ignore[misc]
            self._from = i
        for event in self._events[self._from + len(self._edges) - 1 : j]:
            self._read(event)
        first, last = self._edges[i - self._from], self._edges[j - self._from]
        found = []
        for places, failed in self._by_name.values():
            at = bisect_left(places, first)
            until = bisect_left(places, last)
            if at < until:
                seen = self._entries[places[until - 1]]
                bad = bisect_left(failed, first)
                has_failed = bad < len(failed) and failed[bad] < last
                found.append((places[at], Condition(seen.name, False, seen.seen) if has_failed else seen))
        return tuple(condition for _, condition in sorted(found, key=lambda entry: entry[0]))

    def _read(self, event: Event) -> None:
        for condition in read_conditions(event):
            places, failed = self._by_name.setdefault(condition.name, ([], []))
            places.append(len(self._entries))
            if condition.ok is False:
                failed.append(len(self._entries))
            self._entries.append(condition)
        self._edges.append(len(self._entries))
