"""What a person plays next, and how much help they get, by what is on their record. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from scoring.scorecard.judgement import short_name
from scoring.training import Played, Practice, TrainingRecord, practice_of
from simulator.drill.experiment import Experiment
from simulator.drill.people.levels import Level

GUIDED_DRILLS = 3
"""Drills that are guided before one is on one's own."""
GOOD_DRILLS = 3
"""Drills that went well, one after the other, before one plays blind."""
GOOD = frozenset({"P", "S"})


class Why(StrEnum):
    """Why something comes next; what comes sooner is further up."""

    WENT_BADLY = "went badly the last time"
    NOT_MET = "not met yet"
    AGAIN = "met before, and due again"


SHARE = {Why.WENT_BADLY: 3, Why.NOT_MET: 3, Why.AGAIN: 1}
"""How likely a lesson is in a blind drill, against the others."""


@dataclass(frozen=True)
class Lesson:
    """An experiment to play; `last` is how it went, if it was played."""

    experiment: Experiment
    why: Why
    last: Practice | None = None


def live_drills(record: TrainingRecord) -> list[Played]:
    """Drills on a live app that count as practice, newest first."""
    return [each for each in record.drills if each.is_practice and each.kind == "live"]


def level_for(record: TrainingRecord) -> Level:
    """Guided at first; blind after drills that went well, as long as they do."""
    played = live_drills(record)
    if len(played) < GUIDED_DRILLS:
        return Level.GUIDED
    went_well = [each.mark in GOOD for each in played[:GOOD_DRILLS]]
    return Level.BLIND if all(went_well) else Level.STANDARD


def lessons(record: TrainingRecord, pool: Sequence[Experiment]) -> list[Lesson]:
    """The pool in the order in which it should be played.

    First what went badly, the worst first; then what was not met, of the least practised family first; then the rest,
    by when it is due. What was played the very last time comes last, so that it is no test of memory. A tabletop
    shows how one decides, not what one can do: here it counts for nothing.
    """
    played = live_drills(record)
    practice = {each.failure_mode: each for each in practice_of(played)}
    families = Counter(each.experiment.partition("/")[0] for each in played)
    found = [_lesson(each, practice.get(each.failure_mode)) for each in pool]
    latest = short_name(played[0].failure_mode) if played else None
    places = list(Why)

    def place(lesson: Lesson) -> tuple[bool, int, float]:
        mode, last = lesson.experiment.failure_mode, lesson.last
        if lesson.why is Why.WENT_BADLY and last is not None:
            within = last.last_score or 0.0
        elif last is not None:
            within = last.due_at.timestamp()
        else:
            within = float(families[lesson.experiment.family])
        return mode == latest, places.index(lesson.why), within

    return sorted(found, key=place)


def draw_lesson(found: Sequence[Lesson], chance: Random) -> Lesson:
    """One of them at random, those that are needed more often."""
    return chance.choices(found, [SHARE[each.why] for each in found])[0]


def _lesson(experiment: Experiment, last: Practice | None) -> Lesson:
    if last is None:
        return Lesson(experiment, Why.NOT_MET)
    return Lesson(experiment, Why.AGAIN if last.last_mark in GOOD else Why.WENT_BADLY, last)
