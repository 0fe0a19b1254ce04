"""Notes of observers and the facilitator: marks for objectives, strengths, and what to improve."""

from scoring.canonical import did_you_mean
from scoring.desk.forms import Form, said
from scoring.exercise import Exercise
from scoring.exercise.chair import OBSERVER, Chair, Made, keyed
from scoring.exercise.rating import MARKS
from scoring.timeline import Data, Event

SORTS = {"strength": "A strength", "improvement": "To be improved"}
"""What a note can be of, for the after-action report."""


def note(form: Form, exercise: Exercise, who: str) -> Data:
    """The data of `observation.noted`: about an objective or the whole, with a mark, a text, or both.

    The dimension is the objective's, so that the note stands beside the scorecard's mark as well. Faults are left in
    the form.
    """
    name, mark, sort = form.text("objective"), form.text("mark"), form.text("sort")
    text = form.text("text")
    objective = next((each for each in exercise.scenario.objectives if each.id == name), None)
    if name and objective is None:
        known = [each.id for each in exercise.scenario.objectives]
        form.fault("objective", f"There is no objective '{name[:60]}'{did_you_mean(name, known) or '.'}")
    if mark and mark not in MARKS:
        form.fault("mark", f"There is no mark '{mark[:40]}'; there are {', '.join(MARKS)}.")
    if mark and not name:
        form.fault("objective", "A mark is of an objective; choose one.")
    if sort and sort not in SORTS:
        form.fault("sort", f"A note is of {' or '.join(SORTS)}, or of neither.")
    if not mark and not text:
        form.fault("text", "Say what you saw, or give a mark.")
    dimension = objective.dimension if objective else ""
    return said(by=who, objective=name, dimension=dimension, mark=mark, sort=sort, text=text)


def observe(name: str, form: Form, chair: Chair) -> list[Event]:
    """The note that a form of the observers' page makes. Raises Refused, and KeyError for a form that there is not."""
    if name != "note":
        raise KeyError(name)
    data = note(form, chair.exercise, chair.seat.who)
    form.check()
    return keyed([Made("observation.noted", data, chair.now, OBSERVER)], chair.key)
