"""What to say after a drill: what was good, and what to do better next, in sentences drawn from the dimensions."""

from dataclasses import dataclass

from scoring.scorecard.cards import DimensionCard, Scorecard

_GOOD = 0.9
_ADVICE = {
    "detect": "Look at the alerts: the one that names this fault has to fire sooner, or to be there at all.",
    "acknowledge": "Say that you have it as soon as you look; mending can wait for that one sentence.",
    "classify": "Hold what users meet against the playbook's criteria, then declare; in doubt take the graver one.",
    "communicate": "Set a timer for the next update when you post one, and say what is known even if that is little.",
    "escalate": "Read the escalation rules when you declare, and call when they say so, not when you are at a loss.",
    "diagnose": "Write down what you think is wrong as soon as you think it; a later diagnosis replaces it.",
    "mitigate": "Bring users back first and look for the cause afterwards; the runbook begins with that.",
    "close": "Wait until users were served for the whole verification window before you resolve, and file the review.",
}


@dataclass(frozen=True)
class Remark:
    """A sentence about a dimension, and what to do about it where there is something to do."""

    dimension: str
    why: str
    advice: str = ""


@dataclass(frozen=True)
class Debrief:
    """What was good, most points first, and what comes next, most points to win first."""

    good: tuple[Remark, ...]
    next: tuple[Remark, ...]


def debrief(card: Scorecard) -> Debrief:
    """The two lists of a scorecard; a dimension that was not assessed is in neither."""
    assessed = [(name, each) for name, each in card.dimensions.items() if each.grade is not None]
    good = [(name, each) for name, each in assessed if (each.grade or 0.0) >= _GOOD]
    short = [(name, each) for name, each in assessed if (each.grade or 0.0) < _GOOD]
    return Debrief(
        good=tuple(Remark(name, each.why) for name, each in sorted(good, key=lambda one: -one[1].weight)),
        next=tuple(
            Remark(name, each.why, _ADVICE.get(name, ""))
            for name, each in sorted(short, key=lambda one: -_lost(one[1]))
        ),
    )


def _lost(dimension: DimensionCard) -> float:
    return dimension.weight - (dimension.points or 0.0)
