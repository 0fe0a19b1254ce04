"""Several runs of one experiment: how often, how fast, and whether it changes.

A run that never came to its end is no number: it has the last place in every order and is in no mean. A run that was
cut off before its SLA had passed (censored) is counted and left out of the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

from scoring.canonical import canonical_json
from scoring.scorecard.cards import Card, Scorecard
from scoring.scorecard.sla import MEASURES, Verdict
from scoring.tendency import Trend, trend

Z = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution, for intervals of 95 %."""


class Run(NamedTuple):
    """One run's measure: drill seconds, None where its end never came, and the verdict."""

    seconds: float | None
    verdict: Verdict


@dataclass(frozen=True)
class MeasureSeries:
    """One measure over several runs, in drill seconds.

    `n` counts the runs in which it arose: `n_censored` that were cut off, and `judged` ones, of which
    `n_missed_without_end` never came to their end and `met` kept the SLA. Median and 85th percentile are None where
    their place falls on a run that never came, or none was judged. `wilson_low` and `wilson_high` bound `share`.
    """

    n: int
    n_censored: int
    n_missed_without_end: int
    median_s: float | None
    p85_s: float | None
    met: int
    judged: int
    share: float | None
    wilson_low: float | None
    wilson_high: float | None
    trend: Trend


@dataclass(frozen=True)
class ScoreSeries:
    """Scores over the runs that were scored: how many failed hard, and how many kept every SLA."""

    n: int
    median: float | None
    lowest: float | None
    highest: float | None
    hard_fails: int
    sla_met: int
    share: float | None
    wilson_low: float | None
    wilson_high: float | None
    trend: Trend


class RunSummary(Card):
    """Several runs in the order in which they were played; `inconclusive` and `aborted` ones are counted only."""

    runs: int
    scored: int
    inconclusive: int
    aborted: int
    score: ScoreSeries
    measures: dict[str, MeasureSeries]

    def to_json(self) -> str:
        """Canonical JSON, one line."""
        return canonical_json(self.model_dump(mode="json")).decode()


def summarise_runs(cards: Sequence[Scorecard]) -> RunSummary:
    """What several scorecards of one experiment under one playbook say together. Pure."""
    scored = [card for card in cards if card.verdict == "scored"]
    scores = [card.score for card in scored if card.score is not None]
    met = sum(card.sla_met for card in scored)
    low, high = wilson(met, len(scored))
    return RunSummary(
        runs=len(cards),
        scored=len(scored),
        inconclusive=sum(card.verdict == "inconclusive" for card in cards),
        aborted=sum(card.verdict == "aborted" for card in cards),
        score=ScoreSeries(
            n=len(scores),
            median=median(scores),
            lowest=min(scores, default=None),
            highest=max(scores, default=None),
            hard_fails=sum(bool(card.hard_fails) for card in scored),
            sla_met=met,
            share=_share(met, len(scored)),
            wilson_low=low,
            wilson_high=high,
            trend=trend(scores),
        ),
        measures={
            name: summarise([Run(m.drill_seconds, m.verdict) for card in scored if (m := card.measures.get(name))])
            for name in MEASURES
        },
    )


def summarise(values: Sequence[Run]) -> MeasureSeries:
    """One measure over several runs, in the order in which they were played. Pure."""
    arose = [run for run in values if run.verdict != "not_assessed"]
    judged = [inf if run.seconds is None else run.seconds for run in arose if run.verdict != "censored"]
    met = sum(run.verdict == "met" for run in arose)
    low, high = wilson(met, len(judged))
    return MeasureSeries(
        n=len(arose),
        n_censored=len(arose) - len(judged),
        n_missed_without_end=judged.count(inf),
        median_s=median(judged),
        p85_s=percentile(judged, 85),
        met=met,
        judged=len(judged),
        share=_share(met, len(judged)),
        wilson_low=low,
        wilson_high=high,
        trend=trend(judged),
    )


def median(values: Sequence[float]) -> float | None:
    """The middle value, of an even number the mean of the middle two; None where it would take one that never came."""
    ordered = sorted(values)
    if not ordered:
        return None
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return None if high == inf else round((low + high) / 2, 3)


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile: the ⌈percent · n / 100⌉-th smallest; None where that is one that never came."""
    ordered = sorted(values)
    if not ordered:
        return None
    found = ordered[max(1, -(-percent * len(ordered) // 100)) - 1]
    return None if found == inf else found


def wilson(count: int, of: int) -> tuple[float | None, float | None]:
    """Wilson's score interval at 95 % of a share p = count / of; Nones of none.

    (p + z²/2n ± z · √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), with n = of. (E. B. Wilson, "Probable inference, the law of
    succession, and statistical inference", Journal of the American Statistical Association 22, 1927.)
    """
    if of == 0:
        return None, None
    p, z2 = count / of, Z * Z
    middle = p + z2 / (2 * of)
    half = Z * sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    scale = 1 + z2 / of
    return round(max(0.0, (middle - half) / scale), 6), round(min(1.0, (middle + half) / scale), 6)


def _share(count: int, of: int) -> float | None:
    return round(count / of, 6) if of else None
