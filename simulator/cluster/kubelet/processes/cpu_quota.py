"""How much processor time a container with a limit may use: so much in each period, as CFS bandwidth control. Pure.

Kubernetes makes a limit of 500m a quota of 50 ms in each period of 100 ms: what is used up early has to wait, and what
is left over is lost. The kernel stops a process at the very nanosecond; we look from time to time, so what was used
beyond the quota until we looked is owed, and taken off the next ones. The average holds.
"""

import math

PERIOD_S = 0.1
_MOST_OWED = 10
"""Periods: what was used while nobody could look (the machine stood still) is not held against a program for long."""
_BUSY_PERIODS = 10
_SHORTEST_S, _LONGEST_S = 0.002, 0.01
"""Between looks at a container that may use up its quota before the period ends."""


class Allowance:
    """One container's. Instants are seconds of a monotonic clock; `cores` is its limit."""

    def __init__(self, cores: float, now: float, processors: int) -> None:
        self._quota_s = cores * PERIOD_S
        self._processors = processors
        self._left_s = self._quota_s
        self._used_s = 0.0
        self._renewed_at = now + PERIOD_S
        self._busy_for = _BUSY_PERIODS
        self.periods = 0
        """Periods that are over, as the kernel counts them in `cpu.stat`."""
        self.throttled_periods = 0
        """Those in which the container had to wait."""

    @property
    def is_used_up(self) -> bool:
        """Whether the container has to wait for another period."""
        return self._left_s <= 0

    def spend(self, used_s: float) -> None:
        """It has used this much processor time since the last look."""
        self._left_s -= used_s
        self._used_s += used_s

    def renew(self, now: float) -> None:
        """Give it the quotas of the periods that have begun."""
        if now < self._renewed_at:
            return
        begun = int((now - self._renewed_at) / PERIOD_S) + 1
        self._renewed_at += begun * PERIOD_S
        self.periods += begun
        self.throttled_periods += min(begun, math.ceil(-self._left_s / self._quota_s) or 1) if self.is_used_up else 0
        is_near = self.is_used_up or self._used_s > self._quota_s / 2
        self._busy_for = _BUSY_PERIODS if is_near else max(0, self._busy_for - begun)
        self._left_s = min(self._quota_s, max(self._left_s, -_MOST_OWED * self._quota_s) + begun * self._quota_s)
        self._used_s = 0.0

    def next_look(self, now: float) -> float:
        """When to look again: as its next period begins, and often before that where it uses much of its quota."""
        if self.is_used_up or not self._busy_for:
            return self._renewed_at
        soonest_s = self._left_s / self._processors
        return min(self._renewed_at, now + min(_LONGEST_S, max(_SHORTEST_S, soonest_s)))
