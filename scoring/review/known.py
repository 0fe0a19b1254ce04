"""A drill as far as the reader of its review may know it, and the words for instants and measured harm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.charts.marks import origin_of
from scoring.playbook import Playbook
from scoring.review.lessons import Lessons, lessons
from scoring.scorecard.cards import Scorecard
from scoring.scorecard.sla import spell
from scoring.timeline import Event, Timeline
from scoring.timeline.arrival import in_order
from scoring.timeline.clocks import aligned
from scoring.timeline.running import RunningTime, running_time


@dataclass(frozen=True)
class Known:
    """`events` are in order, each once; `card` is None while the truth is withheld."""

    timeline: Timeline
    events: Sequence[Event]
    playbook: Playbook
    card: Scorecard | None
    lessons: Lessons
    time: RunningTime
    zero_at: datetime

    def first(self, kind: str) -> Event | None:
        """The first event of a kind."""
        return next((event for event in self.events if event.kind == kind), None)

    def every(self, kind: str) -> list[Event]:
        """All events of a kind."""
        return [event for event in self.events if event.kind == kind]

    def when(self, at: datetime) -> str:
        """`10:05:12 UTC (+4 min 10 s)`: the instant, and drill time from the onset, else from the start."""
        return f"{at:%H:%M:%S} UTC ({self.since(at)})"

    def since(self, at: datetime) -> str:
        """`+4 min 10 s`: drill time from the onset, else from the start."""
        since_s = self.time.drill_s(self.zero_at, at)
        return f"{'−' if round(since_s) < 0 else '+'}{spell(abs(since_s))}"


def known_of(timeline: Timeline, playbook: Playbook, card: Scorecard | None) -> Known:
    """What is known of a drill; without a scorecard, nothing that would tell the truth is used."""
    return Known(
        timeline=timeline,
        events=in_order(aligned(timeline.events)),
        playbook=playbook,
        card=card,
        lessons=lessons(card) if card is not None else Lessons((), ()),
        time=running_time(timeline.drill, timeline.events),
        zero_at=origin_of(timeline, card),
    )
