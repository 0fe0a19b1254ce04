"""What a dimension earned and why: parts with their shares, put together into one grade and one sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scoring.timeline import Event


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
    """How a scorecard points at these events, each once."""
    return tuple(dict.fromkeys(event.name for event in events if event is not None))


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
    shown = [name for finding in (short or [f for _, _, f in assessed]) for name in finding.events]
    return Finding(grade, why, tuple(dict.fromkeys(shown)))


def sentence(why: str) -> str:
    """The reason as one plain sentence."""
    text = why.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _join(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reason.rstrip(".") for reason in reasons if reason))
