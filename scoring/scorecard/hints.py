"""Hints that responders took while the drill ran, and the points that they cost."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime

from scoring.scorecard.finding import MOST_NAMED
from scoring.story import Story
from scoring.story.chronicle import Chronicle, Index
from scoring.timeline import Event

TAKEN = "hint.taken"
MOST_POINTS = 100
"""Points that one hint can cost: all that there are."""


@dataclass(frozen=True)
class Hints:
    """How many hints were taken, the points that all of them cost together, and the first of them."""

    count: int
    points: float
    first: tuple[Event, ...]

    def taken_off(self, earned: float) -> float:
        """What is left of the points that were earned, never below 0."""
        return round(max(0.0, earned - self.points), 2) if self.points else earned

    def why(self, earned: float | None) -> str:
        """What they cost, as one sentence; `earned` is None where nothing was scored."""
        what = "1 hint was taken, which cost" if self.count == 1 else f"{self.count} hints were taken, which cost"
        if not self.points:
            return f"{what} nothing."
        most = f": more than the {earned:g} that were earned" if earned is not None and self.points > earned else ""
        return f"{what} {self.points:g} {'point' if self.points == 1 else 'points'}{most}."


def hints_taken(story: Story) -> Hints:
    """The hints up to the drill's end."""
    return story.chronicle.index(Costs).until(story)


def cost_of(event: Event) -> float:
    """Points that a hint costs: its `cost`, a number from 0 to `MOST_POINTS`; anything else costs nothing."""
    said = event.number("cost")
    return said if said is not None and 0 <= said <= MOST_POINTS else 0.0


class Costs(Index):
    """What the hints cost, added up."""

    kinds = frozenset({TAKEN})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self._sums = [0.0]
        """Points that all hints before each one cost."""

    def catch_up(self) -> None:
        every = self.chronicle.by_kind.get(TAKEN, [])
        for place in range(len(self._sums) - 1, len(every)):
            self._sums.append(self._sums[-1] + cost_of(every[place]))

    def forget(self, at: datetime) -> None:
        del self._sums[bisect_left(self.chronicle.times[TAKEN], at) + 1 :]

    def until(self, story: Story) -> Hints:
        """The hints up to the end of a story."""
        last = bisect_right(self.chronicle.times.get(TAKEN, ()), story.ended_at)
        first = self.chronicle.by_kind.get(TAKEN, ())[: min(last, MOST_NAMED)]
        return Hints(last, round(self._sums[last], 2), tuple(first))
