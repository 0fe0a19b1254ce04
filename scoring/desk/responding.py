"""What a responder's forms mean: each makes one event, or is refused with a sentence beside the field."""

from collections.abc import Callable

from scoring.canonical import did_you_mean, write_instant
from scoring.desk.forms import WHOLE, Filled, Form, Refused, Seat, ago, said
from scoring.desk.sentences import impact_and_next
from scoring.desk.steering import start_clock, stop_clock
from scoring.desk.times import read_time
from scoring.playbook import Audience
from scoring.scorecard.finding import said_alike

STATUSES = {
    "investigating": "Investigating: the cause is not known",
    "identified": "Identified: the cause is known and being mended",
    "monitoring": "Monitoring: users are served again, and it is being watched",
    "resolved": "Resolved: it is over (the closing notice)",
}
"""Statuses of an update, as status pages (Atlassian Statuspage) call them."""
_CLOSING = "resolved"


def respond(name: str, form: Form, seat: Seat) -> Filled:
    """The event that a form of the responder's page makes. Raises Refused, and KeyError for none of its forms."""
    read = FORMS[name]
    if seat.desk.ended_at is not None:
        raise Refused({WHOLE: f"The drill ended {ago(seat, seat.desk.ended_at)}; what is left is the review."})
    filled = read(form, seat)
    form.check()
    return filled


def _acknowledge(form: Form, seat: Seat) -> Filled:
    desk = seat.desk
    who = form.need("who", "Say who has it: your name.")
    if desk.page is None:
        form.fault(
            WHOLE, "Nobody was paged yet, so there is nothing to acknowledge. If you see an incident, declare it."
        )
    elif desk.acknowledged is not None and not desk.to_acknowledge:
        by = desk.acknowledged.by or "Somebody"
        form.fault(WHOLE, f"{by} acknowledged it {ago(seat, desk.acknowledged.at)}; once is enough.")
    alert = ", ".join(desk.to_acknowledge[:5])
    return Filled("incident.acknowledged", said(who=who, alert=alert, text=form.text("text")))


def _declare(form: Form, seat: Seat) -> Filled:
    """The first severity declares, each later one reclassifies; `as` is which of the two the form was shown as."""
    desk, playbook = seat.desk, seat.playbook
    known = [level.id for level in playbook.levels]
    severity = form.need("severity", f"Choose a severity: {', '.join(known)}.")
    if severity and severity not in known:
        hint = did_you_mean(severity, known) or f"; it has {', '.join(known)}"
        form.fault("severity", f"Playbook {playbook.title} has no severity '{severity[:40]}'{hint}{_stop(hint)}")
    declared = desk.declared
    if declared is not None and form.text("as") == "declare":
        form.fault(
            "severity",
            f"{declared.by or 'Somebody'} declared {declared.severity} {ago(seat, declared.at)} meanwhile. "
            "Send it again to reclassify, or leave it.",
        )
    elif declared is not None and declared.severity == severity:
        form.fault("severity", f"It is {severity} already; choose another one to reclassify.")
    kind = "incident.declared" if declared is None else "incident.reclassified"
    return Filled(kind, said(severity=severity, text=form.text("text"), by=seat.who))


def _assign(form: Form, seat: Seat) -> Filled:
    known = {role.id: role.title for role in seat.playbook.roles}
    role = form.need("role", "Choose a role.")
    who = form.need("holder", "Say who takes it.")
    if role and role not in known:
        hint = did_you_mean(role, list(known)) or f"; it has {', '.join(known) or 'none'}"
        form.fault("role", f"Playbook {seat.playbook.title} has no role '{role[:40]}'{hint}{_stop(hint)}")
    held = next((each for each in seat.desk.roles if each.id == role), None)
    if held is not None and who and held.who == who:
        form.fault("holder", f"{who} is {held.title} already.")
    return Filled("role.assigned", said(role=role, who=who, by=seat.who))


def _update(form: Form, seat: Seat) -> Filled:
    playbook = seat.playbook
    status = form.need("status", "Choose where it stands.")
    if status and status not in STATUSES:
        form.fault("status", f"There is no status '{status[:40]}'; choose one of {', '.join(STATUSES)}.")
    impact = form.need("impact", "An update needs a text: say what users meet, in a sentence.")
    is_closing = status == _CLOSING
    next_step = form.text("next_step")
    next_at = "" if is_closing else _next_update(form, seat)
    audiences = form.all("audiences")
    told = {each.id: each for each in playbook.audiences}
    if not audiences:
        form.fault("audiences", "Choose at least one audience: nobody would be told.")
    for name in audiences:
        if name not in told:
            form.fault("audiences", f"Playbook {playbook.title} has no audience '{name[:40]}'.")
    severity = seat.desk.declared.severity if seat.desk.declared else ""
    return Filled(
        "update.posted",
        said(
            status=status,
            impact=impact,
            next_step=next_step,
            next_update_at=next_at,
            text=f"{severity} {status}: {impact_and_next(impact, next_step)}".strip(),
            audiences=audiences,
            channel=", ".join(channel_of(told[name]) for name in audiences if name in told),
            closing=is_closing,
            by=seat.who,
        ),
    )


def channel_of(audience: Audience) -> str:
    """Where an audience listens."""
    return audience.channel


def _next_update(form: Form, seat: Seat) -> str:
    written = form.text("next_update_at")
    if not written:
        return ""
    try:
        at = read_time(written, seat.now, seat.later)
    except ValueError as error:
        form.fault("next_update_at", str(error))
        return ""
    if at < seat.now:
        form.fault("next_update_at", f"{at:%Y-%m-%d %H:%M} UTC is over; say when the next update will come.")
    return write_instant(at)


def _escalate(form: Form, seat: Seat) -> Filled:
    to = form.need("to", "Say whom you called.")
    by = form.need("by", "Say how you reached them.")
    known = [person for rule in seat.playbook.escalations for person in rule.to]
    meant = next((person for person in known if said_alike(person, to)), to)
    return Filled("incident.escalated", said(to=meant, by=by, **{"from": seat.who}, text=form.text("text")))


def _diagnose(form: Form, seat: Seat) -> Filled:
    component, mode = form.text("component"), form.text("failure_mode")
    if not component and not mode:
        form.fault("component", "Name the component that is at fault, what is wrong with it, or both.")
    last = seat.desk.diagnosis
    if last is not None and (last.component, last.failure_mode) == (component, mode):
        form.fault("component", f"{last.by or 'Somebody'} said so {ago(seat, last.at)} already.")
    data = said(component=component, failure_mode=mode, text=form.text("text"), by=seat.who)
    return Filled("diagnosis.submitted", data)


def _act(form: Form, seat: Seat) -> Filled:
    command = form.need("command", "Say what you did.")
    changes = form.has("changes")
    return Filled("action.taken", {"command": command, "by": seat.who, "by_hand": True, "changes": changes})


def _resolve(form: Form, seat: Seat) -> Filled:
    desk = seat.desk
    if desk.declared is None:
        form.fault(WHOLE, "No severity was declared, so there is no incident to resolve. Declare one first.")
    elif desk.is_over and desk.resolved is not None:
        form.fault(WHOLE, f"{desk.resolved.by or 'Somebody'} resolved it {ago(seat, desk.resolved.at)}.")
    return Filled("incident.resolved", said(text=form.text("text"), by=seat.who))


def _break(form: Form, seat: Seat) -> Filled:
    _need_guide(form, seat)
    return stop_clock(form, seat)


def _go_on(form: Form, seat: Seat) -> Filled:
    _need_guide(form, seat)
    return start_clock(form, seat)


def _need_guide(form: Form, seat: Seat) -> None:
    if not seat.is_guided:
        form.fault(WHOLE, "In this drill the clock is the facilitator's; a guided one lets you take a break.")


def _stop(hint: str) -> str:
    """The end of a sentence that may end in a question."""
    return "" if hint.endswith("?") else "."


FORMS: dict[str, Callable[[Form, Seat], Filled]] = {
    "acknowledge": _acknowledge,
    "declare": _declare,
    "assign": _assign,
    "update": _update,
    "escalate": _escalate,
    "diagnose": _diagnose,
    "act": _act,
    "resolve": _resolve,
    "stop": _break,
    "start": _go_on,
}
