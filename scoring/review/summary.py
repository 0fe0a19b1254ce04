"""A drill in a few sentences: what happened, who was hurt, what it was, how it ended."""

from datetime import datetime

from scoring.desk.sentences import milliseconds, percent, plain
from scoring.review.known import Known
from scoring.scorecard.finding import listed
from scoring.scorecard.sla import spell


def summary(known: Known) -> str:
    """The whole incident."""
    return " ".join(filter(None, (_happened(known), impact(known), _cause(known), _ended(known))))


def impact(known: Known) -> str:
    """Who was hurt, how much and for how long; empty where nobody measured it."""
    card = known.card
    if card is None or not card.requests:
        return _impact_events(known)
    if not card.requests_failed:
        return f"None of {card.requests:,} requests failed."
    share = percent(card.requests_failed / card.requests)
    until = "until users were served again" if card.mitigated else "until the drill ended"
    lasted = ""
    if card.onset_at is not None and card.mitigated_at is not None:
        lasted = f", for {spell(known.time.drill_s(card.onset_at, card.mitigated_at))} of drill time"
    return f"{card.requests_failed:,} of {card.requests:,} requests failed ({share}) {until}{lasted}."


def severity(known: Known) -> str:
    """The level that was called for, else the one that was said last."""
    if known.card is not None and known.card.expected_severity:
        return known.card.expected_severity
    said = [*known.every("incident.declared"), *known.every("incident.reclassified")]
    return max(said, key=lambda event: event.occurred_at).text("severity") if said else ""


def named(failure_mode: str, component: str) -> str:
    """A fault by its mode and where it is."""
    where = f" in {plain(component)}" if component else ""
    return f"{plain(failure_mode) or 'a fault'}{where}"


def _happened(known: Known) -> str:
    drill = known.timeline.drill
    level = severity(known)
    began = f"on {drill.started_at:%Y-%m-%d} at {drill.started_at:%H:%M} UTC"
    return f"The drill {drill.id}{f', {level},' if level else ''} began {began}{_lasted(known, drill.ended_at)}."


def _lasted(known: Known, ended_at: datetime | None) -> str:
    if ended_at is None:
        return ""
    return f" and lasted {spell(known.time.drill_s(known.timeline.drill.started_at, ended_at))} of drill time"


def _impact_events(known: Known) -> str:
    began, ended = known.first("impact.started"), known.first("impact.ended")
    if began is None:
        return ""
    seen = []
    if isinstance(share := began.data.get("error_share"), int | float):
        seen.append(f"{percent(share)} of requests failed")
    if isinstance(p95 := began.data.get("p95_ms"), int | float):
        seen.append(f"one request in twenty took longer than {milliseconds(p95)}")
    until = f" until {known.when(ended.occurred_at)}" if ended else ""
    return f"Users were affected from {known.when(began.occurred_at)}{until}{': ' if seen else ''}{listed(seen)}."


def _cause(known: Known) -> str:
    truth = known.timeline.truth
    if known.card is None or truth is None:
        return ""
    if truth.control:
        return "Nothing was injected."
    return f"The cause was {named(truth.failure_mode, truth.component)}." if truth.failure_mode else ""


def _ended(known: Known) -> str:
    resolved = known.first("incident.resolved")
    if resolved is None:
        return "It was never called resolved." if known.timeline.drill.ended_at else ""
    return f"It was called resolved at {known.when(resolved.occurred_at)}."
