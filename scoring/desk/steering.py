"""What the facilitator's and the observers' forms mean: each makes one event, or is refused with a sentence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.desk.forms import WHOLE, Filled, Form, Refused, Seat, ago, said
from scoring.playbook import DIMENSIONS
from scoring.playbook.figure import parse_duration
from scoring.timeline import Event, Planned, Truth, planned_key
from scoring.timeline.running import MOST_ADVANCED_S

MARKS = {
    "P": "Performed without challenges",
    "S": "Performed with some challenges",
    "M": "Performed with major challenges",
    "U": "Unable to be performed",
}
"""The four marks of formal exercise evaluation (HSEEP exercise evaluation guides)."""


def steer(name: str, form: Form, seat: Seat) -> Filled:
    """The event that a form of the facilitator's page makes. Raises Refused, and KeyError for none of its forms."""
    return _read(STEERING[name], name, form, seat)


def observe(name: str, form: Form, seat: Seat) -> Filled:
    """The event that a form of the observers' page makes. Raises Refused, and KeyError for none of its forms."""
    return _read(OBSERVING[name], name, form, seat)


def held_faults(truth: Truth, events: Sequence[Event]) -> tuple[str, ...]:
    """Failure modes of the truth that were neither injected nor ordered yet, though others were."""
    there = {e.text("failure_mode") for e in events if e.kind == "fault.ordered"}
    there |= {e.text("fault") for e in events if e.kind == "fault.injected"}
    return tuple(fault.failure_mode for fault in truth.causes[1:] if fault.failure_mode not in there)


@dataclass(frozen=True)
class Coming:
    """An inject that comes by itself, `after_s` drill seconds after the first fault; `came_at` is None until it did."""

    after_s: float
    what: str
    came_at: datetime | None


def planned(truth: Truth, events: Sequence[Event]) -> tuple[Coming, ...]:
    """What comes by itself, and what of it came, in its order."""
    came = {event.key: event.occurred_at for event in events if event.source == "facilitator"}
    return tuple(
        Coming(each.after_s, _in_words(each), came.get(planned_key(number)))
        for number, each in enumerate(truth.planned, start=1)
    )


def _in_words(each: Planned) -> str:
    if each.kind == "fault.ordered":
        return f"another fault: {each.data.get('failure_mode', '')}"
    return f"{each.data.get('from', 'somebody')}: {each.data.get('title') or each.data.get('text', '')}"


def _read(read: Callable[[Form, Seat], Filled], name: str, form: Form, seat: Seat) -> Filled:
    if seat.desk.ended_at is not None and name != "note":
        raise Refused({WHOLE: f"The drill ended {ago(seat, seat.desk.ended_at)}; notes can still be made."})
    filled = read(form, seat)
    form.check()
    return filled


def stop_clock(form: Form, seat: Seat) -> Filled:
    """`clock.stopped`, unless it stands already."""
    stopped = seat.desk.stopped
    if stopped is not None:
        form.fault(WHOLE, f"The drill clock stands since {stopped.at:%H:%M:%S} UTC.")
    return Filled("clock.stopped", said(reason=form.text("reason"), by=seat.who))


def start_clock(form: Form, seat: Seat) -> Filled:
    """`clock.started`, unless it runs already."""
    if seat.desk.stopped is None:
        form.fault(WHOLE, "The drill clock runs.")
    return Filled("clock.started", said(by=seat.who))


def _advance(form: Form, seat: Seat) -> Filled:
    written = form.need("ahead", "Say by how much the clock jumps ahead, such as 15m.")
    seconds = 0.0
    if written:
        try:
            seconds = parse_duration("".join(written.split()))
        except ValueError:
            form.fault("ahead", f"'{written[:40]}' is no duration; write 15m, 2h or 1h30m.")
    if written and not 0 < seconds <= MOST_ADVANCED_S:
        form.fault("ahead", "The clock jumps by more than nothing and at most a year; write 15m, 2h or 1h30m.")
    return Filled("clock.advanced", {"drill_seconds": seconds, "by": seat.who})


def _inject(form: Form, seat: Seat) -> Filled:
    text = form.need("text", "Say what happens: this is what they get to read.")
    to = form.all("to") or ["responder"]
    data = said(
        title=form.text("title"),
        **{"from": form.need("from", "Say who it comes from.")},
        to=to,
        channel=form.text("channel"),
        text=text,
    )
    return Filled("inject.delivered", data)


def _order(form: Form, seat: Seat) -> Filled:
    mode = form.need("failure_mode", "Choose a fault.")
    if mode and mode not in seat.held:
        ready = ", ".join(seat.held) or "none"
        form.fault("failure_mode", f"No fault '{mode[:100]}' is held ready; there is: {ready}.")
    return Filled("fault.ordered", said(failure_mode=mode, by=seat.who))


def _abort(form: Form, seat: Seat) -> Filled:
    reason = form.need("reason", "Say why the drill ends: it stands in the record.")
    if not form.has("sure"):
        form.fault("sure", "Tick the box: an aborted drill is not scored, and cannot be taken up again.")
    return Filled("drill.aborted", said(reason=reason, by=seat.who))


def _note(form: Form, seat: Seat) -> Filled:
    """`observation.noted`, about a dimension or the whole, with a mark or without."""
    text = form.need("text", "Say what you saw.")
    dimension, mark = form.text("dimension"), form.text("mark")
    if dimension and dimension not in DIMENSIONS:
        form.fault("dimension", f"There is no dimension '{dimension[:40]}'; there are {', '.join(DIMENSIONS)}.")
    if mark and mark not in MARKS:
        form.fault("mark", f"There is no mark '{mark[:40]}'; there are P, S, M and U.")
    if mark and not dimension:
        form.fault("dimension", "A mark is of a dimension; choose one.")
    return Filled("observation.noted", said(by=seat.who, dimension=dimension, mark=mark, text=text))


OBSERVING: dict[str, Callable[[Form, Seat], Filled]] = {"note": _note}
STEERING: dict[str, Callable[[Form, Seat], Filled]] = {
    "stop": stop_clock,
    "start": start_clock,
    "advance": _advance,
    "inject": _inject,
    "order": _order,
    "abort": _abort,
    **OBSERVING,
}
