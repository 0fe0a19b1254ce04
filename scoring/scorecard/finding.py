"""What a dimension earned and why: parts with their shares, put together into one grade and one sentence.

Whatever a timeline holds, a finding stays small: long words are cut, and lists name some and count the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from scoring.timeline import Event

MOST_NAMED = 20
"""Events that a finding points at, at most."""
_MOST_LISTED = 5
_LONGEST = 80


@dataclass(frozen=True)
class Finding:
    """A grade of 0–1 with the reason, or None where it could not be assessed. `why` has no full stop."""

    grade: float | None
    why: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A finding and the share of its dimension that it is worth."""

    share: float
    finding: Finding


def names(*events: Event | None) -> tuple[str, ...]:
    """How a scorecard points at these events, each once, the first `MOST_NAMED` of them."""
    found: dict[str, None] = {}
    for event in events:
        if event is not None:
            found[event.name] = None
            if len(found) == MOST_NAMED:
                break
    return tuple(found)


def clip(word: str, most: int = _LONGEST) -> str:
    """What somebody wrote, on one line and cut to a bearable number of characters."""
    line = " ".join(word.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def listed(words: Iterable[str]) -> str:
    """`a, b and c`; of many, the first five and how many more."""
    every = [clip(word) for word in dict.fromkeys(words)]
    if len(every) > _MOST_LISTED:
        return f"{', '.join(every[:_MOST_LISTED])} and {len(every) - _MOST_LISTED} more"
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def said_alike(one: str, other: str) -> bool:
    """Whether two names are the same but for case, hyphens, underscores and spaces."""
    return plain(one) == plain(other)


def plain(name: str) -> str:
    """A name in one case, with single spaces for hyphens and underscores."""
    return _plain(name) if len(name) <= _LONGEST else _plain.__wrapped__(name)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    """The same few names are compared again and again."""
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


def together(parts: Sequence[Part]) -> Finding:
    """The weighted mean of the parts that could be assessed; the reasons of all that fell short.

    grade = Σ share · grade / Σ share over the assessed parts; None when there is none.
    """
    assessed = [(part.share, part.finding.grade, part.finding) for part in parts if part.finding.grade is not None]
    total = sum(share for share, _, _ in assessed)
    if not assessed or total == 0:
        return Finding(None, _join(part.finding.why for part in parts))
    grade = sum(share * grade for share, grade, _ in assessed) / total
    short = [finding for _, grade_, finding in assessed if grade_ < 1]
    why = _join(finding.why for finding in short) or _join(finding.why for _, _, finding in assessed)
    shown = dict.fromkeys(name for finding in (short or [f for _, _, f in assessed]) for name in finding.events)
    return Finding(grade, why, tuple(islice(shown, MOST_NAMED)))


def sentence(why: str) -> str:
    """The reason as one plain sentence."""
    text = why.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def uncapitalised(why: str) -> str:
    """The reason as part of a sentence: a first word such as `SEV-1` stays as it is."""
    return f"{why[:1].lower()}{why[1:]}" if why[1:2].islower() else why


def _join(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reason.rstrip(".") for reason in reasons if reason))
