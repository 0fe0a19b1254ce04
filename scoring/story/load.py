"""What load windows say about users being served over a stretch of time; each stretch costs a few binary searches."""

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from itertools import accumulate

from scoring.story.chronicle import WINDOW, Chronicle, Index
from scoring.story.evidence import Answer, Condition
from scoring.story.impact import Impact


class Load(Index):
    """Load windows with running sums. `usual` is the baseline's requests per second."""

    kinds = frozenset({WINDOW})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.limits = chronicle.playbook.verification
        self.usual = chronicle.baseline.requests_per_s if chronicle.baseline else None
        self.windows = chronicle.windows
        self.starts = chronicle.starts
        self.ends: list[datetime] = []
        self.requests = [0]
        """Requests in all windows before each."""
        self.failures = [0]
        self.holes: list[int] = []
        """After which windows more than a window's length is missing."""
        self.impact: Impact

    def catch_up(self) -> None:
        self.impact = self.chronicle.index(Impact)
        done = len(self.ends)
        fresh = self.windows[done:]
        if not fresh:
            return
        lengths = {seconds: timedelta(seconds=seconds) for seconds in {window.seconds for window in fresh}}
        self.ends += [window.at + lengths[window.seconds] for window in fresh]
        self.requests += list(accumulate((w.requests for w in fresh), initial=self.requests[-1]))[1:]
        self.failures += list(accumulate((w.failures for w in fresh), initial=self.failures[-1]))[1:]
        for i in range(max(0, done - 1), len(self.windows) - 1):
            end, following_at = self.ends[i], self.starts[i + 1]
            if following_at > end and (following_at - end).total_seconds() > self.windows[i].seconds:
                self.holes.append(i)

    def forget(self, at: datetime) -> None:
        place = bisect_left(self.starts, at)
        del self.ends[place:], self.requests[place + 1 :], self.failures[place + 1 :]
        del self.holes[bisect_left(self.holes, place - 1) :]

    def judge(self, start: datetime, end: datetime) -> tuple[Answer, str]:
        """Whether users were served from one instant to another, and why not."""
        i, j = self._range(start, end)
        if i >= j:
            return Answer.CANNOT_TELL, "no load window covers it"
        if self.impact.states[i]:
            return Answer.FAILS, "users were outside the thresholds as it began"
        if self._is_bad(i, j):
            return Answer.FAILS, "users were outside the thresholds again"
        requests = self.requests[j] - self.requests[i]
        if requests and self._failed_share(i, j) > self.limits.error_share_above.value:
            return Answer.FAILS, "too many requests failed"
        if self._is_torn(i, j, start, end):
            return Answer.CANNOT_TELL, "load windows are missing"
        if self._load_share(i, j) < self.limits.load_share.value:
            return Answer.FAILS, "users asked for less than before the fault"
        if requests < self.limits.min_requests.value:
            return Answer.CANNOT_TELL, "there were too few requests to say so"
        return Answer.HOLDS, ""

    def settled_at(self, end: datetime) -> datetime | None:
        """The start of the last window that bears on a stretch that ends then; None while it has not come.

        Whether a stretch's last window is the first of two bad ones shows two windows later.
        """
        last = bisect_left(self.starts, end) + 1
        return self.starts[last] if last < len(self.starts) else None

    def conditions(self, start: datetime, end: datetime) -> tuple[Condition, ...]:
        """What users met over a stretch, and how much they asked for."""
        i, j = self._range(start, end)
        requests = self.requests[j] - self.requests[i] if i < j else 0
        if not requests:
            return (Condition("users", None, "no requests were recorded"),)
        share = self._failed_share(i, j)
        users_ok = self.judge(start, end)[0] is Answer.HOLDS or (
            share <= self.limits.error_share_above.value and not self._is_bad(i, j)
        )
        found = [Condition("users", users_ok, f"{share:.1%} of {requests} requests failed")]
        if self.usual:
            seen = f"{self._rate(i, j):.1f} requests/s of {self.usual:.1f} before the fault"
            found.append(Condition("load", self._load_share(i, j) >= self.limits.load_share.value, seen))
        return tuple(found)

    def served_between(self, start: datetime, end: datetime) -> tuple[int, int]:
        """(requests, failures) of the windows that began from one instant on, before another."""
        i, j = bisect_left(self.starts, start), bisect_left(self.starts, end)
        j = max(i, j)
        return self.requests[j] - self.requests[i], self.failures[j] - self.failures[i]

    def _range(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Indices [i, j) of the windows that overlap [start, end)."""
        i = bisect_right(self.starts, start) - 1
        if i < 0 or self.ends[i] <= start:
            i += 1
        return i, bisect_left(self.starts, end)

    def _is_bad(self, i: int, j: int) -> bool:
        bad = self.impact.bad
        at = bisect_left(bad, i)
        return at < len(bad) and bad[at] < j

    def _is_torn(self, i: int, j: int, start: datetime, end: datetime) -> bool:
        hole = bisect_left(self.holes, i)
        longest_s = self.windows[j - 1].seconds
        return (
            (hole < len(self.holes) and self.holes[hole] < j - 1)
            or (self.starts[i] - start).total_seconds() > longest_s
            or (end - self.ends[j - 1]).total_seconds() > longest_s
        )

    def _failed_share(self, i: int, j: int) -> float:
        return (self.failures[j] - self.failures[i]) / (self.requests[j] - self.requests[i])

    def _rate(self, i: int, j: int) -> float:
        covered_s = (self.ends[j - 1] - self.starts[i]).total_seconds()
        return (self.requests[j] - self.requests[i]) / covered_s

    def _load_share(self, i: int, j: int) -> float:
        return self._rate(i, j) / self.usual if self.usual else 1.0
