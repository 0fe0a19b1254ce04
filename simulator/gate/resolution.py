"""How finely a drill measures: a value nearer to its limit than this could as well lie beyond it."""

from dataclasses import dataclass

from scoring.scorecard import Scorecard
from scoring.scorecard.sla import grade
from scoring.timeline import Timeline

LEAST_POINTS = 1.0
"""Points that a score is never told apart by: it is shown in whole ones."""
_TIMED = {"detect": ("ttd", 1.0), "acknowledge": ("tta", 1.0), "mitigate": ("ttm", 0.75)}
"""The dimensions that are graded by a time, and the part of them that is (scoring's table of dimensions)."""


@dataclass(frozen=True)
class Grain:
    """The steps in which a drill sees. Wall seconds: of a load window, between two scrapes, between two evaluations."""

    clock: float
    window_s: float
    scrape_s: float
    evaluate_s: float

    def of_time(self, measure: str) -> float:
        """The resolution of a timed measure in drill seconds.

        Onset and mitigation are starts of load windows (W); an alert fires, or falls silent, at an evaluation (E) that
        sees what was scraped last (S). So, times the clock:

        | ttd | tta, ttc | ttm | ttr |
        |---|---|---|---|
        | W + S + E | S + E | 2 W + S + E | W + S + E |
        """
        windows = {"ttd": 1, "tta": 0, "ttc": 0, "ttm": 2, "ttr": 1}[measure]
        return self.clock * (windows * self.window_s + self.scrape_s + self.evaluate_s)

    def of_score(self, card: Scorecard) -> float:
        """The points that the resolutions of the graded times could move to one side; `LEAST_POINTS` at least.

        Σ weight · part · max(g(t − r) − g(t), g(t) − g(t + r)) with scoring's grade g.
        """
        points = 0.0
        for dimension, (name, part) in _TIMED.items():
            measure = card.measures[name]
            if measure.drill_seconds is None or measure.sla_seconds is None:
                continue
            t_s, r_s, sla_s = measure.drill_seconds, self.of_time(name), measure.sla_seconds
            here = grade(t_s, sla_s)
            moved = max(grade(max(0.0, t_s - r_s), sla_s) - here, here - grade(t_s + r_s, sla_s))
            points += card.dimensions[dimension].weight * part * moved
        return max(LEAST_POINTS, round(points, 3))

    def of_failed_share(self, card: Scorecard, timeline: Timeline | None) -> float:
        """The share of failed requests that one window more or less at either end could move.

        2 · max(f, w − f) / (n + 1) over n windows from onset to mitigation, with f the share and w that of the worst
        window.
        """
        if timeline is None or card.onset_at is None or not card.requests:
            return 0.0
        until = card.mitigated_at or timeline.drill.ended_at
        spell = [w for w in timeline.impact if w.at >= card.onset_at and (until is None or w.at < until)]
        shares = [window.failures / window.requests for window in spell if window.requests]
        share = card.requests_failed / card.requests
        return round(2 * max(share, max(shares, default=share) - share) / (len(spell) + 1), 4)
