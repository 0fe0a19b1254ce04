"""Whether an all-clear is true: somebody says that users are served again, and they are.

An all-clear is an `incident.resolved` or a closing notice. It is true at an instant when users were served from then
or before on, by the mitigation that held, were not suffering again just then, and the cause was really gone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime

from scoring.scorecard.mitigation import Mitigation
from scoring.story import LATEST, Story
from scoring.story.impact import Span
from scoring.story.looks import Looks
from scoring.timeline import Event

RESOLVED = "incident.resolved"


def true_resolution(story: Story, mitigation: Mitigation) -> Event | None:
    """The first `incident.resolved` whose claim is true."""
    if not is_recovered(story):
        return None
    times, begin_at = story.chronicle.times.get(RESOLVED, ()), story.begin_at
    if begin_at is None:
        return None
    first, last = bisect_left(times, begin_at), bisect_right(times, story.ended_at)
    place = Served(story, mitigation).first_true(times[first:last])
    return None if place is None else story.by_kind[RESOLVED][first + place]


def is_recovered(story: Story) -> bool:
    """Whether the oracle's last look for recovery was good; true where it never looked."""
    last = story.chronicle.index(Looks).last_for_recovery
    return last is None or last.data.get("ok") is True


class Served:
    """When users were served again: from the mitigation on, but for stretches in which they suffered once more."""

    def __init__(self, story: Story, mitigation: Mitigation) -> None:
        self.from_at = mitigation.served_from
        self._unsure_at = mitigation.unsure_at
        self._spans = story.spans if story.windows else _told_spans(story)

    def at(self, instant: datetime) -> bool:
        """Whether users were served at this instant, as far as the record tells."""
        return self.from_at is not None and instant >= self.from_at and self._relapse_at(instant) is None

    def first_true(self, times: Sequence[datetime]) -> int | None:
        """Which of these instants, in order, is the first at which users were served."""
        place = len(times) if self.from_at is None else bisect_left(times, self.from_at)
        while place < len(times):
            over_at = self._relapse_at(times[place])
            if over_at is None:
                return place
            place = bisect_left(times, over_at, lo=place + 1)
        return None

    def first_false(self, times: Sequence[datetime]) -> int | None:
        """Which of these is the first at which they were not; one at which nobody can tell is none."""
        until = self.from_at
        if self._unsure_at is not None:
            until = self._unsure_at if until is None else min(until, self._unsure_at)
        if times and (until is None or times[0] < until):
            return 0
        if self.from_at is None:
            return None
        place = bisect_left(times, self.from_at)
        while place < len(times):
            if self._relapse_at(times[place]) is not None:
                return place
            following = bisect_right(self._spans, times[place], key=_started_at)
            if following == len(self._spans):
                return None
            place = bisect_left(times, self._spans[following].started_at, lo=place + 1)
        return None

    def _relapse_at(self, instant: datetime) -> datetime | None:
        """The end of the relapse in which this instant lies; None when it lies in none."""
        place = bisect_right(self._spans, instant, key=_started_at) - 1
        if place < 0 or self.from_at is None or self._spans[place].started_at < self.from_at:
            return None
        over_at = self._spans[place].ended_at or LATEST
        return over_at if instant < over_at else None


def _started_at(span: Span) -> datetime:
    return span.started_at


def _told_spans(story: Story) -> Sequence[Span]:
    """Spans of impact by the impact events."""
    found: list[Span] = []
    since: datetime | None = None
    for event in story.all("impact.started", "impact.ended"):
        if event.kind == "impact.started":
            since = since or event.occurred_at
        elif since is not None:
            found.append(Span(since, event.occurred_at, 0.0, None))
            since = None
    return found if since is None else [*found, Span(since, None, 0.0, None)]
