"""What the facilitator's forms mean: each makes the events that it stands for, or is refused with a sentence."""

from collections.abc import Callable
from math import ceil

from scoring.canonical import did_you_mean
from scoring.desk import steering as desk_steering
from scoring.desk.forms import WHOLE, Form, Refused, ago, said
from scoring.exercise import Scheduled
from scoring.exercise.chair import Chair, Made, keyed
from scoring.exercise.noting import note
from scoring.exercise.scenario_time import read_clock
from scoring.exercise.ticking import tick, undo
from scoring.playbook.figure import parse_duration
from scoring.tabletop import EVERYBODY, Inject, Shown
from scoring.tabletop.words import elapsed
from scoring.timeline import Data, Event
from scoring.timeline.running import MOST_ADVANCED_S


def steer(name: str, form: Form, chair: Chair) -> list[Event]:
    """The events that a form makes, in order. Raises Refused, and KeyError for a form that there is not."""
    read = STEERING[name]
    ended_at = chair.exercise.drill.ended_at
    if ended_at is not None and name not in _AFTER_THE_END:
        raise Refused({WHOLE: f"The exercise ended {ago(chair.seat, ended_at)}; notes can still be made."})
    made = read(form, chair)
    form.check()
    return keyed(made, chair.key)


def revealed(inject: Inject, chair: Chair) -> list[Made]:
    """The events of an inject that is revealed now: itself, and what it shows on the timeline."""
    delivered: Data = {
        "id": inject.id,
        "title": inject.title,
        "from": inject.sender,
        "to": list(inject.to),
        "channel": inject.channel,
        "text": inject.text,
    }
    shown = [Made(each.event, _shown(each, inject), chair.now) for each in inject.shows]
    return [Made("inject.delivered", delivered, chair.now), *shown]


def _shown(shown: Shown, inject: Inject) -> Data:
    """What the timeline says of it; an alert carries the inject's title, as a page would."""
    if shown.event != "alert.firing":
        return shown.data()
    return {**shown.data(), "annotations": {"summary": inject.title}}


def _of_the_desk(name: str) -> Callable[[Form, Chair], list[Made]]:
    """A form that means here what it means in any drill."""

    def read(form: Form, chair: Chair) -> list[Made]:
        filled = desk_steering.steer(name, form, chair.seat)
        return [Made(filled.kind, filled.data, chair.now)]

    return read


def _reveal(form: Form, chair: Chair) -> list[Made]:
    """The inject and what it shows; with `jump` the clock first moves on to its time."""
    scheduled = _inject_of(form, chair)
    if scheduled is None:
        return []
    inject = scheduled.inject
    if scheduled.delivered_s is not None:
        form.fault(WHOLE, f"“{inject.title}” was revealed at {elapsed(round(scheduled.delivered_s))} already.")
    elif scheduled.state == "held" and not form.has("anyway"):
        waiting = "; ".join(scheduled.waits_for)
        form.fault("anyway", f"It waits for: {waiting}. Tick that first, or this box to reveal it all the same.")
    elif scheduled.state == "left_out" and not form.has("anyway"):
        form.fault("anyway", "The room has done already what it reminds of. Tick this box to reveal it all the same.")
    ahead_s = inject.at - chair.exercise.elapsed_s
    jumps = form.has("jump") and ahead_s > 0
    return [*([_advanced(ahead_s, chair)] if jumps else []), *revealed(inject, chair)]


def _inject_of(form: Form, chair: Chair) -> Scheduled | None:
    name = form.need("inject", "Choose an inject.")
    found = chair.exercise.scheduled(name)
    if name and found is None:
        known = [each.inject.id for each in chair.exercise.injects]
        form.fault("inject", f"There is no inject '{name[:60]}'{did_you_mean(name, known) or '.'}")
    return found


def _advance(form: Form, chair: Chair) -> list[Made]:
    """By a while, to a time of the scenario, or to the next inject's."""
    by, to = form.text("ahead"), form.text("to")
    field = "ahead" if by else "to" if to else WHOLE
    try:
        ahead_s = _ahead_s(by, to, chair)
    except ValueError as error:
        form.fault(field, str(error))
        return []
    if not 0 < ahead_s <= MOST_ADVANCED_S:
        form.fault(field, f"It is {elapsed(round(chair.exercise.elapsed_s))} already; the clock only moves ahead.")
        return []
    return [_advanced(ahead_s, chair)]


def _ahead_s(by: str, to: str, chair: Chair) -> float:
    """Drill seconds by which the clock is to move. Raises ValueError with a sentence."""
    if by:
        try:
            return parse_duration("".join(by.split()))
        except ValueError:
            raise ValueError(f"'{by[:40]}' is no duration; write 15m, 2h or 1h30m.") from None
    if to:
        return read_clock(to) - chair.exercise.elapsed_s
    following = chair.exercise.next
    if following is None:
        raise ValueError("No inject is left to move on to; say by how much, or to when.")
    return following.inject.at - chair.exercise.elapsed_s


def _advanced(ahead_s: float, chair: Chair) -> Made:
    """To the next millisecond, so that the clock is where it was to be, and not just before."""
    return Made("clock.advanced", {"drill_seconds": ceil(ahead_s * 1000) / 1000, "by": chair.seat.who}, chair.now)


def _improvise(form: Form, chair: Chair) -> list[Made]:
    """Something that no scenario foresaw; to everybody, unless seats are chosen."""
    seats = [each.role for each in chair.exercise.scenario.participants]
    to = form.all("to") or [EVERYBODY]
    for name in to:
        if name != EVERYBODY and name not in seats:
            form.fault("to", f"Nobody sits in the role '{name[:60]}'{did_you_mean(name, seats) or '.'}")
    data = said(
        title=form.text("title"),
        **{"from": form.need("from", "Say who it comes from.")},
        to=to,
        channel=form.text("channel"),
        text=form.need("text", "Say what happens: this is what they get to read."),
    )
    return [Made("inject.delivered", data, chair.now)]


def _note(form: Form, chair: Chair) -> list[Made]:
    return [Made("observation.noted", note(form, chair.exercise, chair.seat.who), chair.now)]


def _end(form: Form, chair: Chair) -> list[Made]:
    if not form.has("sure"):
        form.fault("sure", "Tick the box: what is not done by now counts as not done, and the truth is told.")
    return [Made("drill.ended", said(by=chair.seat.who), chair.now)]


STEERING: dict[str, Callable[[Form, Chair], list[Made]]] = {
    "start": _of_the_desk("start"),
    "stop": _of_the_desk("stop"),
    "advance": _advance,
    "reveal": _reveal,
    "inject": _improvise,
    "tick": tick,
    "undo": undo,
    "note": _note,
    "end": _end,
}
_AFTER_THE_END = frozenset({"note"})
