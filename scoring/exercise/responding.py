"""What the room does by itself: the desk's forms, as in any drill."""

from scoring.desk.forms import Form
from scoring.desk.responding import respond
from scoring.exercise.chair import ROOM, Chair, Made, keyed
from scoring.timeline import Event


def answer(name: str, form: Form, chair: Chair) -> list[Event]:
    """The event that a form of the room makes. Raises Refused, and KeyError for a form that there is not."""
    filled = respond(name, form, chair.seat)
    return keyed([Made(filled.kind, filled.data, chair.now, ROOM)], chair.key)
