"""What the oracle's checks saw that fails a drill or speaks of recovery, so that none has to be read twice."""

from bisect import bisect_left, bisect_right
from datetime import datetime

from scoring.story.chronicle import Chronicle, Index
from scoring.story.evidence import saw_bent_rules
from scoring.timeline import Event

CHECKED = "oracle.checked"


class Looks(Index):
    """The checks after the injection by phase, and those that found other rules than were loaded."""

    kinds = frozenset({CHECKED})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self._done = 0
        self._judged: list[int] = []
        """Positions of checks of *mitigated* and *recovered*."""
        self._for_recovery: list[int] = []
        self._bent: list[int] = []

    def catch_up(self) -> None:
        every = self.chronicle.by_kind.get(CHECKED, [])
        for place, event in enumerate(every[self._done :] if self._done else every, self._done):
            phase = event.data.get("phase")
            if phase == "mitigated":
                self._judged.append(place)
            elif phase == "recovered":
                self._judged.append(place)
                self._for_recovery.append(place)
            if saw_bent_rules(event):
                self._bent.append(place)
        self._done = len(every)

    def forget(self, at: datetime) -> None:
        self._done = min(self._done, bisect_left(self.chronicle.times[CHECKED], at))
        for places in (self._judged, self._for_recovery, self._bent):
            del places[bisect_left(places, self._done) :]

    @property
    def last_for_recovery(self) -> Event | None:
        """The last look for recovery, be it after the drill's end."""
        return self._event(self._for_recovery, len(self._for_recovery) - 1)

    def last_by(self, until: datetime) -> Event | None:
        """The last look of either phase up to an instant."""
        last = bisect_right(self.chronicle.times.get(CHECKED, ()), until)
        return self._event(self._judged, bisect_left(self._judged, last) - 1)

    def bent_by(self, until: datetime) -> Event | None:
        """The first check up to an instant that found other rules than were loaded."""
        first = self._event(self._bent, 0)
        return first if first is not None and first.occurred_at <= until else None

    def _event(self, places: list[int], at: int) -> Event | None:
        return self.chronicle.by_kind[CHECKED][places[at]] if 0 <= at < len(places) else None
