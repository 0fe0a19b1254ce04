"""The scorecard of a drill that is still running, at the same cost however much has happened."""

from collections.abc import Sequence
from datetime import datetime

from scoring.playbook import Playbook
from scoring.scorecard import Scorecard, judge
from scoring.scorecard.mitigation import find_mitigation
from scoring.story import look_at
from scoring.story.chronicle import Chronicle
from scoring.timeline import Baseline, Drill, Event, Truth, Window


class LiveScore:
    """A drill as it comes in: events and load windows in any order, repeats and all.

    `scorecard()` is byte for byte what `score` gives for a timeline of the same. It looks at indexes that grow with
    what is added; what comes late makes only what was worked out after it be worked out again. What is done to the
    drill clock makes all of it be worked out anew, once. Not for several threads at once.
    """

    def __init__(self, drill: Drill, truth: Truth, playbook: Playbook, baseline: Baseline | None = None) -> None:
        self._known = Chronicle(drill, truth, playbook, baseline)
        self._card: Scorecard | None = None

    def add(self, events: Sequence[Event]) -> None:
        """Take in events."""
        self._card = None
        self._known.add(events)

    def add_windows(self, windows: Sequence[Window]) -> None:
        """Take in load windows."""
        self._card = None
        self._known.add_windows(windows)

    def set_baseline(self, baseline: Baseline) -> None:
        """Say what the steady state was."""
        self._card = None
        self._known.set_baseline(baseline)

    def end(self, at: datetime) -> None:
        """Say when the drill ended, other than by an event."""
        self._card = None
        self._known.end(at)

    def scorecard(self) -> Scorecard:
        """What the drill has earned so far."""
        if self._card is None:
            story = look_at(self._known)
            self._card = judge(story, find_mitigation(story))
        return self._card
