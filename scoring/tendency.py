"""Whether a series of runs rises, falls or neither: a rule that needs no bell curve and takes a miss for what it is.

Mann and Kendall's test says whether there is a trend, by comparing each run with every later one; Theil and Sen's slope
says how much, as the median of what each pair of runs would give. Fewer than five runs are never called a trend.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, inf, sqrt
from typing import Literal

LEAST_RUNS = 5
MOST_RUNS = 200
"""Only the latest runs are looked at: what was years ago says nothing of where it goes."""
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Trend:
    """A trend over `runs` runs. `direction` is null for too few; `p` is two-sided, `tau` from -1 to 1.

    `slope` is what the value changes by from one run to the next; null without a trend, and where too few came.
    """

    runs: int
    direction: Literal["rising", "falling", "none"] | None
    p: float | None
    tau: float | None
    slope: float | None
    why: str


def trend(values: Sequence[float]) -> Trend:
    """The trend of values in the order in which the runs were played; infinity stands for one that never came.

    S = Σ sign(xⱼ − xᵢ) over i < j, and its variance is (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) / 18 with t the size of each
    group of equal values. With z = (S ∓ 1)/√variance and p = erfc(|z|/√2), there is a trend where p < 0.05; then the
    slope is the median of (xⱼ − xᵢ)/(j − i) over runs that came. (H. B. Mann, Econometrica 13, 1945; M. G. Kendall,
    "Rank Correlation Methods", 1975; P. K. Sen, JASA 63, 1968.)
    """
    latest = values[-MOST_RUNS:]
    n = len(latest)
    if n < LEAST_RUNS:
        why = f"No trend: {n} of the {LEAST_RUNS} runs that it takes."
        return Trend(runs=n, direction=None, p=None, tau=None, slope=None, why=why)
    s = _concordance(latest)
    groups = Counter(latest).values()
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in groups)) / 18
    p = erfc((abs(s) - 1) / sqrt(2 * variance)) if s and variance else 1.0
    tau = round(s / (n * (n - 1) / 2), 4)
    if p >= SIGNIFICANCE:
        why = f"No trend over {n} runs by Mann and Kendall's test (p = {p:.2g})."
        return Trend(runs=n, direction="none", p=round(p, 6), tau=tau, slope=None, why=why)
    direction: Literal["rising", "falling"] = "rising" if s > 0 else "falling"
    slope = _slope(latest)
    by = "" if slope is None else f", by {abs(slope):.4g} from run to run (Theil and Sen)"
    why = f"{direction.capitalize()} over {n} runs by Mann and Kendall's test (p = {p:.2g}){by}."
    return Trend(runs=n, direction=direction, p=round(p, 6), tau=tau, slope=slope, why=why)


def _concordance(values: Sequence[float]) -> int:
    """S: pairs in which the later value is larger, less those in which it is smaller."""
    before: list[float] = []
    s = 0
    for value in values:
        s += bisect_left(before, value) - (len(before) - bisect_right(before, value))
        insort(before, value)
    return s


def _slope(values: Sequence[float]) -> float | None:
    came = [(i, value) for i, value in enumerate(values) if value != inf]
    if len(came) < LEAST_RUNS:
        return None
    slopes = sorted((y - x) / (j - i) for at, (i, x) in enumerate(came) for j, y in came[at + 1 :])
    middle = len(slopes) // 2
    found = slopes[middle] if len(slopes) % 2 else (slopes[middle - 1] + slopes[middle]) / 2
    return round(found, 6)
