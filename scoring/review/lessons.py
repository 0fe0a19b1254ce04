"""What was good and what comes next, in sentences drawn from a scorecard. Each one names what shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from scoring.scorecard.cards import Mark, MeasureCard, Scorecard
from scoring.scorecard.finding import clip, listed, uncapitalised
from scoring.scorecard.sla import spell

_GOOD = {
    "detect": "It was noticed early.",
    "acknowledge": "Somebody took the page soon.",
    "classify": "Its severity was judged well.",
    "communicate": "People were kept informed.",
    "escalate": "The right people were called.",
    "diagnose": "The cause was found.",
    "mitigate": "Users were served again soon.",
    "close": "It was closed in order.",
}
_NEXT = {
    "detect": "Notice it earlier.",
    "acknowledge": "Take the page sooner.",
    "classify": "Judge the severity by the playbook's criteria.",
    "communicate": "Keep people informed as the playbook asks.",
    "escalate": "Call whom the playbook names, when it says so.",
    "diagnose": "Say what is wrong, and where.",
    "mitigate": "Serve users again sooner.",
    "close": "Close it in order.",
}
_HOW = {
    "detect": "The alert that names this fault has to fire sooner, or to be there at all.",
    "acknowledge": "Say that you have it as soon as you look; mending can wait for that one sentence.",
    "classify": "Hold what users meet against the criteria, then declare; in doubt take the graver level.",
    "communicate": "Set a timer for the next update when you post one, and say what is known even if that is little.",
    "escalate": "Read the rules when you declare, and call when they say so, not when you are at a loss.",
    "diagnose": "Write down what you think is wrong as soon as you think it; a later diagnosis replaces it.",
    "mitigate": "Bring users back first and look for the cause afterwards; the runbook begins with that.",
    "close": "Wait until users were served for the whole verification window, then resolve, and file the review.",
}
_NO_ALARM, _FALSE_ALARM = "It raised no false alarm.", "Mend what raised a false alarm."
"""Of a drill in which nothing was injected."""
_UNTIMED = {"ttc": "Declare a severity sooner.", "ttr": "Resolve it sooner."}
"""Measures that no dimension grades."""


@dataclass(frozen=True)
class Lesson:
    """What a drill teaches, in one or two sentences. `about` is a dimension, a measure or a rule.

    `lost` are the points of 100 that it cost; `mark` is that of the dimension, U for what failed the whole drill.
    `how` is advice for the next time, where there is any.
    """

    about: str
    text: str
    mark: Mark | None
    lost: float
    events: tuple[str, ...] = ()
    how: str = ""


@dataclass(frozen=True)
class Lessons:
    """What went well, the weightiest first, and what to do better, the dearest first. Both empty without a verdict."""

    good: tuple[Lesson, ...]
    next: tuple[Lesson, ...]


def lessons(card: Scorecard) -> Lessons:
    """What a scorecard teaches: dimensions marked P went well, and whatever cost points is to be done better."""
    if card.verdict != "scored":
        return Lessons((), ())
    assessed = [(name, each) for name, each in card.dimensions.items() if each.grade is not None]
    good = sorted((entry for entry in assessed if entry[1].mark == "P"), key=lambda entry: -entry[1].weight)
    short = [
        Lesson(name, f"{_advice(card, name)} {each.why}", each.mark, _lost(card, name), each.events, _how(card, name))
        for name, each in assessed
        if each.mark != "P"
    ]
    short.sort(key=attrgetter("lost"), reverse=True)
    praised = tuple(Lesson(n, _praise(card, n), each.mark, _lost(card, n), each.events) for n, each in good)
    return Lessons(praised, (*_failed(card), *short, *_late(card), *_beside(card)))


def _praise(card: Scorecard, name: str) -> str:
    dimension = card.dimensions[name]
    praise = _NO_ALARM if _is_control(card) else _GOOD[name]
    if dimension.grade == 1:
        return f"{praise} {dimension.why}"
    return f"{praise} What fell short: {uncapitalised(dimension.why)}"


def _advice(card: Scorecard, name: str) -> str:
    return _FALSE_ALARM if _is_control(card) else _NEXT[name]


def _how(card: Scorecard, name: str) -> str:
    return "" if _is_control(card) else _HOW[name]


def _is_control(card: Scorecard) -> bool:
    """Whether nothing was injected into a drill that was scored."""
    return card.expected_severity is None


def _lost(card: Scorecard, name: str) -> float:
    dimension = card.dimensions[name]
    return round(dimension.weight - (dimension.points or 0.0), 2)


def _failed(card: Scorecard) -> Iterator[Lesson]:
    for fail in card.hard_fails:
        yield Lesson(fail.what, f"This failed the drill, whatever its points. {fail.why}", "U", 0.0, fail.events)


def _late(card: Scorecard) -> Iterator[Lesson]:
    for name, advice in _UNTIMED.items():
        measure = card.measures.get(name)
        if measure is not None and measure.verdict == "missed":
            yield Lesson(name, f"{advice} {_took(measure)}", None, 0.0, measure.events)


def _took(measure: MeasureCard) -> str:
    if measure.drill_seconds is None or measure.sla_seconds is None:
        return measure.why
    return f"It took {spell(measure.drill_seconds)}; {spell(measure.sla_seconds)} were allowed."


def _beside(card: Scorecard) -> Iterator[Lesson]:
    """What earns no points of its own and still teaches: false alarms and hints."""
    if card.noise and not _is_control(card):
        named = listed(clip(name) or "an unnamed alert" for name in card.noise_alerts.alerts)
        what = "1 alert" if card.noise == 1 else f"{card.noise} alerts"
        why = f"{what} fired while nothing was injected: {named}."
        yield Lesson("noise", f"Silence false alarms at their rule. {why}", None, 0.0, card.noise_alerts.events)
    if card.hints is not None and card.hints.count:
        yield Lesson(
            "hints", f"Play it again without hints. {card.hints.why}", None, card.hints.points, card.hints.events
        )
