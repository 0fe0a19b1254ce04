"""What a timeline tells already of each part of a review, as Markdown. What only people know is left blank."""

from collections.abc import Callable, Iterator
from datetime import datetime

from scoring.desk.sentences import plain, tell
from scoring.publishing.markdown import escaped
from scoring.review.known import Known
from scoring.review.summary import impact, named, summary
from scoring.scorecard.cards import Scorecard
from scoring.scorecard.finding import listed, sentence
from scoring.scorecard.sla import spell
from scoring.scorecard.updates import is_closing
from scoring.timeline import Event

MOST_LINES = 150
_NOT_TOLD = frozenset({"oracle.checked", "observation.noted", "inject.answered", "drill.started", "review.filed"})
_LAST_DONE = 5


def tell_part(part_id: str, known: Known) -> str:
    """The text of a part; empty where the timeline tells nothing of it."""
    write = _WRITERS.get(part_id)
    return write(known) if write else ""


def is_told(event: Event) -> bool:
    """Whether a review tells of an event: not of what machines noted in passing."""
    return event.kind not in _NOT_TOLD and event.data.get("by") != "audit"


def _timeline(known: Known) -> str:
    lines = [_line(known, event) for event in known.events if is_told(event)]
    if len(lines) > MOST_LINES:
        half = MOST_LINES // 2
        lines = [*lines[:half], f"- ({len(lines) - 2 * half} more)", *lines[-half:]]
    return "\n".join(lines)


def _line(known: Known, event: Event) -> str:
    return f"- {known.when(event.occurred_at)}: {escaped(tell(event).text)}"


def _evidence(known: Known) -> str:
    drill = known.timeline.drill.id
    events, windows = len(known.timeline.events), len(known.timeline.impact)
    head = next((event.hash for event in reversed(known.timeline.events) if event.hash), None)
    sealed = f", sealed by the hash `{head}`" if head else ""
    return (
        f"The record of the drill has {events:,} events and {windows:,} load windows{sealed}. "
        f"`gameday export {drill}` writes it as one signed archive, and `gameday verify {drill}` proves it whole."
    )


def _alerts(known: Known) -> str:
    fired: dict[str, list[Event]] = {}
    for event in known.every("alert.firing"):
        fired.setdefault(event.alert_name or "unnamed", []).append(event)
    if not fired:
        return "No alert fired."
    judged = _judged(known.card)
    told = []
    for name, events in fired.items():
        times = f", {len(events)} times" if len(events) > 1 else ""
        about = f": {judged[name]}" if name in judged else ""
        told.append(f"- {escaped(plain(name))} at {known.when(events[0].occurred_at)}{times}{about}")
    return "\n".join(told)


def _judged(card: Scorecard | None) -> dict[str, str]:
    """What each alert was, by its name."""
    if card is None:
        return {}
    kinds = {
        "it named the fault": card.accepted_alerts,
        "it was expected to follow": card.consequence_alerts,
        "it was true, and named something else": card.collateral_alerts,
        "a false alarm": card.noise_alerts,
    }
    return {name: about for about, alerts in kinds.items() for name in alerts.alerts}


def _detection(known: Known) -> str:
    page, declared = known.first("alert.firing"), known.first("incident.declared")
    told = [known.card.measures["ttd"].why if known.card else ""]
    if page is not None:
        told.append(
            f"The alert {escaped(plain(page.alert_name) or 'unnamed')} fired at {known.when(page.occurred_at)}."
        )
    elif declared is not None:
        told.append(f"No alert fired; people declared it at {known.when(declared.occurred_at)}.")
    return " ".join(filter(None, told))


def _response(known: Known) -> str:
    if known.card is None:
        return "\n".join(_steps(known))
    judged = [each for name, each in known.card.measures.items() if name != "ttd" and each.grade is not None]
    return "\n".join(f"- {each.why}" for each in judged)


def _steps(known: Known) -> Iterator[str]:
    for kind in ("incident.acknowledged", "incident.declared", "update.posted", "incident.escalated"):
        if event := known.first(kind):
            yield _line(known, event)


def _root_cause(known: Known) -> str:
    told = []
    if said := known.every("diagnosis.submitted"):
        last = said[-1]
        text = plain(last.text("text"), 1000).rstrip(".")
        what = named(last.text("failure_mode"), last.text("component"))
        told.append(f"The diagnosis was {escaped(what)}{f': {escaped(text)}' if text else ''}.")
    truth = known.timeline.truth
    if known.card is not None and truth is not None and not truth.control:
        causes = listed(named(cause.failure_mode, cause.component) for cause in truth.causes)
        told.append(f"What was injected was {escaped(causes)}.")
    return "\n".join(told)


def _good(known: Known) -> str:
    return "\n".join(f"- {escaped(lesson.text)}" for lesson in known.lessons.good)


def _next(known: Known) -> str:
    return "\n".join(f"- {escaped(lesson.text)}" for lesson in known.lessons.next)


def _resolution(known: Known) -> str:
    card, resolved = known.card, known.first("incident.resolved")
    told = []
    if card is not None and card.mitigated_at is not None:
        told.append(f"Users were served again from {known.when(card.mitigated_at)} on.")
    if resolved is not None and resolved.text("text"):
        told.append(escaped(sentence(plain(resolved.text("text"), 1000))))
    acts = [event for event in known.every("action.taken") if is_told(event)]
    done = [event for event in acts if event.data.get("exit_status") in (None, 0)]
    if done:
        lines = "\n".join(f"- {escaped(tell(event).text)}" for event in done[-_LAST_DONE:])
        told.append(f"What was done last:\n\n{lines}")
    return "\n\n".join(told)


def _restoration(known: Known) -> str:
    card = known.card
    if card is None or card.mitigated_at is None or card.verified_at is None:
        return ""
    held = spell(known.time.drill_s(card.mitigated_at, card.verified_at))
    told = [f"Service held for {held} from {known.when(card.mitigated_at)} on, and was taken for restored then."]
    seen = [f"- {each.name.replace('_', ' ')}: {escaped(each.seen)}" for each in card.conditions if each.ok]
    return "\n\n".join([*told, "\n".join(seen)]) if seen else told[0]


def _notice(known: Known) -> str:
    posted = [event for event in known.every("update.posted") if is_closing(event)]
    return escaped(plain(posted[-1].text("text") or posted[-1].text("status"), 1000)) if posted else ""


def _stakeholders(known: Known) -> str:
    titles = {audience.id: audience.title for audience in known.playbook.audiences}
    told: dict[str, datetime] = {}
    for event in known.every("update.posted"):
        said = event.data.get("audiences") or event.data.get("audience")
        for name in said if isinstance(said, list) else [said]:
            if isinstance(name, str):
                told[titles.get(name, name)] = event.occurred_at
    return "\n".join(f"- {escaped(plain(name))}, last at {known.when(at)}" for name, at in told.items())


_WRITERS: dict[str, Callable[[Known], str]] = {
    "alert_review": _alerts,
    "detection": _detection,
    "evidence": _evidence,
    "impact": impact,
    "improvements": _next,
    "incident_report": summary,
    "resolution": _resolution,
    "resolution_notice": _notice,
    "response": _response,
    "restoration": _restoration,
    "root_cause": _root_cause,
    "stakeholder_summary": summary,
    "stakeholders": _stakeholders,
    "timeline": _timeline,
    "went_badly": _next,
    "went_well": _good,
}
