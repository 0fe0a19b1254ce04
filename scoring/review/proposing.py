"""Action items that a scorecard suggests: one for each thing that went badly, with an owner and a due date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from scoring.review.items import ActionItem
from scoring.review.lessons import Lesson, lessons
from scoring.scorecard.cards import Scorecard
from scoring.scorecard.finding import clip, listed, plain, uncapitalised
from scoring.scorecard.sla import spell

DUE_DAYS = {"P0": 2, "P1": 7, "P2": 14}
"""Days until an item is due: autonomous-dev-system § 7. Post-Incident, whose example gives a P0 two days, P1 one or two
weeks and P2 up to nine days; autoformalize-math-lab § Post-Mortem Template gives one to three weeks."""
_MOST = 8
_OWNERS = {"communicate": "communication", "diagnose": "technical", "mitigate": "technical"}
"""A word of the role whose holder a dimension falls to; anything else falls to whoever led."""
_LED = ("commander", "lead", "responder")


@dataclass(frozen=True)
class Situation:
    """What proposals have to know besides the scorecard: what was wrong, who held which role, and who was there."""

    failure_mode: str
    component: str
    holders: Mapping[str, str]
    people: Sequence[str]
    ended_on: date


def propose(card: Scorecard, situation: Situation) -> tuple[ActionItem, ...]:
    """Items for whatever failed the drill or was marked M or U, and for limits and alerts that were missed.

    The most urgent first, of those the dearest.
    """
    weak = [lesson for lesson in lessons(card).next if lesson.mark in ("M", "U", None)]
    proposed: dict[str, ActionItem] = {}
    for lesson in weak:
        item = _item(lesson, card, situation)
        proposed.setdefault(item.text, item)
    return tuple(sorted(proposed.values(), key=attrgetter("priority"))[:_MOST])


def _item(lesson: Lesson, card: Scorecard, situation: Situation) -> ActionItem:
    priority = _priority(lesson, card)
    due_on = situation.ended_on + timedelta(days=DUE_DAYS[priority])
    return ActionItem(_text(lesson, card, situation), _owner(lesson, situation), priority, due_on.isoformat())


def _priority(lesson: Lesson, card: Scorecard) -> str:
    if any(fail.what == lesson.about for fail in card.hard_fails):
        return "P0"
    return "P1" if lesson.mark == "U" else "P2"


def _owner(lesson: Lesson, situation: Situation) -> str:
    words = (_OWNERS[lesson.about],) if lesson.about in _OWNERS else ()
    for word in (*words, *_LED):
        holder = next((who for role, who in situation.holders.items() if who and word in plain(role)), "")
        if holder:
            return holder
    return situation.people[0] if situation.people else ""


def _text(lesson: Lesson, card: Scorecard, situation: Situation) -> str:
    what = clip(situation.failure_mode or situation.component or "this fault")
    match lesson.about:
        case "detect" if card.expected_severity is None:
            return f"Mend the alerts that fired though nothing was wrong: {_named(card)}"
        case "detect":
            return f"Have an alert name {what} within {_limit(card, 'ttd')}"
        case "acknowledge":
            return f"See why nobody took the page within {_limit(card, 'tta')}, and mend the rota or the page's way"
        case "classify" | "ttc":
            return "Go through the severity criteria with the figures of this drill"
        case "communicate":
            return f"Have templates and a timer for updates at hand: {_why(card, lesson)}"
        case "escalate":
            return f"Go through the rules of escalation: {_why(card, lesson)}"
        case "diagnose":
            return f"Write into the runbook what tells {what} from its neighbours"
        case "mitigate" | "ttr":
            return f"Shorten the runbook of {what}, and practise it until users are served within {_limit(card, 'ttm')}"
        case "close":
            return f"Put what is missing at the close on the checklist: {_why(card, lesson)}"
        case "noise":
            return f"Mend the alerts that fired while nothing was injected: {_named(card)}"
        case "hints":
            return f"Practise {what} again, without hints"
        case _:
            return f"See that this cannot happen again: {_why(card, lesson)}"


def _limit(card: Scorecard, measure: str) -> str:
    sla_s = card.measures[measure].sla_seconds
    return "its limit" if sla_s is None else spell(sla_s)


def _named(card: Scorecard) -> str:
    return listed(clip(name) or "an unnamed alert" for name in card.noise_alerts.alerts) or "see the timeline"


def _why(card: Scorecard, lesson: Lesson) -> str:
    if lesson.about in card.dimensions:
        why = card.dimensions[lesson.about].why
    else:
        why = next((fail.why for fail in card.hard_fails if fail.what == lesson.about), lesson.text)
    return clip(uncapitalised(why.rstrip(".")), 200)
