"""What observers note stands beside our own marks, and changes none."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from wild_drills import handled

from scoring.playbook import DIMENSIONS, Playbook
from scoring.scorecard import score
from scoring.scorecard.observed import observed
from scoring.timeline import Timeline

Told = Callable[[Mapping[str, Any]], Timeline]
NOTES = [
    [20, "observation.noted", {"by": "Grace", "dimension": "detect", "mark": "P", "text": "saw it\nat once"}],
    [21, "observation.noted", {"by": "Edsger", "dimension": "Detect", "mark": "u"}],
    [30, "observation.noted", {"dimension": "escalate", "mark": "A+", "text": "called by phone"}],
    [40, "observation.noted", {"by": "Grace", "dimension": "spirit", "mark": "S", "text": "calm throughout"}],
    [70, "observation.noted", {"by": "Grace", "text": "said after the end"}],
    [41, "observation.noted", {"by": 7, "dimension": ["x"], "mark": None, "text": {}}],
]


def test_notes_are_listed_by_dimension_beside_our_marks(told: Told, playbook: Playbook) -> None:
    case = handled()
    timeline = told({**case, "events": [*case["events"], *NOTES]})
    card = score(timeline, playbook)
    seen = observed(timeline.events, card)
    assert list(seen.dimensions) == [name for name in DIMENSIONS if name in ("detect", "escalate")]
    detect, escalate = seen.dimensions["detect"], seen.dimensions["escalate"]
    assert detect.ours == card.dimensions["detect"].mark == "P"
    assert [(note.by, note.mark, note.text, note.differs) for note in detect.notes] == [
        ("Grace", "P", "saw it at once", False),
        ("Edsger", "U", "", True),
    ]
    assert (detect.differs, escalate.differs) == (True, False)
    assert [(note.by, note.mark, note.text) for note in escalate.notes] == [("test", None, "called by phone")]
    assert [(note.by, note.mark, note.text) for note in seen.others] == [
        ("Grace", "S", "calm throughout"),
        ("test", None, ""),
        ("Grace", None, "said after the end"),
    ]
    noted = {event.name: event.occurred_at for event in timeline.events}
    assert all(noted[note.event] == note.at for note in (*detect.notes, *escalate.notes, *seen.others))


def test_notes_change_no_score(told: Told, playbook: Playbook) -> None:
    case = handled()
    with_notes = score(told({**case, "events": [*case["events"], *NOTES]}), playbook)
    assert with_notes.to_json() == score(told(case), playbook).to_json()


def test_notes_are_the_same_however_they_arrive(told: Told) -> None:
    events = told({"events": NOTES}).events
    arrived = [*Random(1).sample(events, len(events)), *events[:2]]
    assert observed(arrived, None) == observed(events, None)
    assert not any(each.differs for each in observed(events, None).dimensions.values())
