"""Ticking what was expected: the tick, and the event of the timeline that it stands for."""

from collections.abc import Iterator
from datetime import datetime

from scoring.canonical import did_you_mean, write_instant
from scoring.desk.forms import WHOLE, Form, said
from scoring.desk.times import read_time
from scoring.exercise import Expected, Scheduled
from scoring.exercise.chair import ROOM, Chair, Made, key_of
from scoring.exercise.scenario_time import read_clock
from scoring.tabletop import Action, Answer
from scoring.tabletop.words import elapsed
from scoring.timeline import Data

THE_ROOM = "the room"
"""Who did it, where nobody was named."""
_SLACK_S = 1.0


def tick(form: Form, chair: Chair) -> list[Made]:
    """What is ticked as done: `inject.answered`, and after it what the room did, unless that was seen already.

    With `as_seen` it is what happened on the timeline, at its instant. Else it is done now, or at `when`, a time of the
    scenario. Faults are left in the form.
    """
    found = _find(form, chair)
    if found is None:
        return []
    scheduled, expected = found
    if expected.done_s is not None:
        form.fault(WHOLE, f"It was ticked as done at {elapsed(round(expected.done_s))} already.")
    as_seen = form.text("as_seen")
    if as_seen:
        if expected.seen is not None and expected.seen.event == as_seen:
            return [_answered(scheduled, expected, form, chair, expected.seen.at, event=as_seen)]
        form.fault(WHOLE, "What was seen there was ticked for something else meanwhile; look again.")
    at = _when(form, chair)
    done = list(_done(expected.action, form, chair, at))
    last = key_of(chair.key, len(done)) if done else ""
    return [_answered(scheduled, expected, form, chair, at, event=last), *done]


def undo(form: Form, chair: Chair) -> list[Made]:
    """What is ticked as not done, be it that it was ticked as done before; the last word stands.

    What the room did stays on the timeline.
    """
    found = _find(form, chair)
    if found is None:
        return []
    scheduled, expected = found
    if expected.state == "not_done":
        form.fault(WHOLE, "It counts as not done already.")
    return [_answered(scheduled, expected, form, chair, chair.now, met=False)]


def _find(form: Form, chair: Chair) -> tuple[Scheduled, Expected] | None:
    name = form.need("expected", "Choose an expected action.")
    found = chair.exercise.expected(name)
    if name and found is None:
        known = [action.id for _, action in chair.exercise.scenario.actions()]
        form.fault("expected", f"There is no expected action '{name[:60]}'{did_you_mean(name, known) or '.'}")
    return found


def _when(form: Form, chair: Chair) -> datetime:
    written = form.text("when")
    if not written:
        return chair.now
    try:
        elapsed_s = read_clock(written)
    except ValueError as error:
        form.fault("when", str(error))
        return chair.now
    if elapsed_s > chair.exercise.elapsed_s:
        form.fault("when", f"It is {elapsed(round(chair.exercise.elapsed_s))}; {written} is still to come.")
        return chair.now
    at = min(chair.time.instant(elapsed_s), chair.now)
    after_s = chair.time.elapsed_s(at)
    if after_s - elapsed_s > _SLACK_S:
        to = elapsed(round(after_s))
        form.fault(
            "when", f"The clock jumped over {written}, to {to}: nothing was done then. Write {to}, or a time before."
        )
    return at


def _answered(
    scheduled: Scheduled,
    expected: Expected,
    form: Form,
    chair: Chair,
    at: datetime,
    *,
    met: bool = True,
    event: str = "",
) -> Made:
    data = said(
        inject=scheduled.inject.id,
        action=expected.action.id,
        text=expected.action.text,
        event=event,
        by=form.text("who"),
        note=form.text("note"),
        ticked_by=chair.seat.who,
    )
    return Made("inject.answered", {**data, "met": met}, at)


def _done(action: Action, form: Form, chair: Chair, at: datetime) -> Iterator[Made]:
    """What the room did, as events; none for an action that is for evaluators alone."""
    answer = action.answers
    if answer is None:
        return
    who = form.text("who") or THE_ROOM
    for data in answer.data():
        told = {**data, **_told(action, answer, form, chair, who)}
        if answer.event == "role.assigned":
            told["who"] = form.text(f"who.{data['role']}") or who
        yield Made(_kind(answer, chair), told, at, ROOM)


def _told(action: Action, answer: Answer, form: Form, chair: Chair, who: str) -> Data:
    """What was said with it, as far as the facilitator wrote it down."""
    text = form.text("text")
    match answer.event:
        case "incident.acknowledged":
            return said(who=who, text=text)
        case "incident.escalated":
            return said(**{"from": who}, text=text)
        case "action.taken":
            return {"command": text or action.text, "by": who, "by_hand": True}
        case "update.posted":
            return said(
                text=text,
                impact=form.text("impact"),
                next_step=form.text("next_step"),
                next_update_at=_next_update(form, chair),
                by=who,
            )
        case _:
            return said(text=text, by=who)


def _next_update(form: Form, chair: Chair) -> str:
    written = form.text("next_update_at")
    if not written:
        return ""
    try:
        return write_instant(read_time(written, chair.now, chair.seat.later))
    except ValueError as error:
        form.fault("next_update_at", str(error))
        return ""


def _kind(answer: Answer, chair: Chair) -> str:
    """The first severity declares, each later one reclassifies, whatever the scenario foresaw."""
    if answer.event not in ("incident.declared", "incident.reclassified"):
        return answer.event
    return "incident.declared" if chair.seat.desk.declared is None else "incident.reclassified"
