"""A drill for one person: the next of their curriculum, at their level."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from scoring.training import TrainingRecord
from simulator.drill.app.suiting import fitting
from simulator.drill.catalog import experiment_file
from simulator.drill.experiment import read_experiment
from simulator.drill.people.curriculum import Lesson, Why, draw_lesson, lessons, level_for, live_drills
from simulator.drill.people.drawing import Drawn, is_control, pool_of
from simulator.drill.people.levels import Level
from simulator.drill.people.wishes import HUMAN
from simulator.drill.plan import RESPONDERS, Options, Plan, plan_one
from simulator.drill.target import find_target

BLIND_DELAY = "0-20m"
"""Drill time before the fault of a blind drill, unless another is wished."""


@dataclass(frozen=True)
class Training:
    """What a person plays next: one of `lessons`, or nothing is injected."""

    record: TrainingRecord
    level: Level
    lessons: tuple[Lesson, ...]
    lesson: Lesson
    plan: Plan

    def told(self) -> Iterator[str]:
        """What the person is told before it begins: nothing of what is wrong."""
        drills = len(live_drills(self.record))
        yield f"{self.record.person.name} trains, {self.level}; {drills} live drill{'s' * (drills != 1)} on record."
        match self.level:
            case Level.GUIDED:
                yield "Hints, each for points, and breaks, in which the drill clock stands, are on your page: h and b."
            case Level.STANDARD:
                yield "No hints, and no breaks."
            case Level.BLIND:
                yield f"Within {self.plan.options.delay} something happens, or nothing at all."
        if self.level is not Level.BLIND:
            same = sum(each.why is self.lesson.why for each in self.lessons)
            yield f"A failure mode that you have {_OF_YOU[self.lesson.why]} ({same} of {len(self.lessons)} are so)."


_OF_YOU = {
    Why.WENT_BADLY: "met, and it went badly",
    Why.NOT_MET: "not met yet",
    Why.AGAIN: "met before, and it went well",
}


def plan_training(
    record: TrainingRecord, level: Level | None, names: Sequence[str], options: Options, root: Path
) -> Training:
    """The next drill of whose record it is, out of what is named by name or family, else of all that fit the app.

    Without a level, that which the record calls for. The same seed draws the same blind drill. Raises `BadInput`.
    """
    level = level or level_for(record)
    pool = pool_of(names, fitting(find_target(options.app, root, options.variant)))
    found = tuple(lessons(record, [read_experiment(experiment_file(name)) for name in pool]))
    chance = Random(options.seed)
    lesson = draw_lesson(found, chance) if level is Level.BLIND else found[0]
    drawn = Drawn(str(lesson.experiment.path), is_control=level is Level.BLIND and is_control(chance))
    wished = replace(
        options,
        responder=HUMAN,
        person=(record.person.name,),
        team=options.team or record.person.team,
        guided=level is Level.GUIDED,
        delay=options.delay or (BLIND_DELAY if level is Level.BLIND else None),
    )
    title = f"Training of {record.person.name}, {level}"
    return Training(record, level, found, lesson, plan_one(drawn, title, wished, root, responders=RESPONDERS))
