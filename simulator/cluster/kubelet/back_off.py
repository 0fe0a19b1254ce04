"""The crash back-off of the kubelet: the first restart is at once, the next ones wait ever longer.

As in the kubelet: a container that ran longer than twice the cap since its last end starts anew.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BackOffLimits:
    """Seconds of wall time. Kubernetes has 10 and 300."""

    base_s: float = 10.0
    cap_s: float = 300.0

    @classmethod
    def at_clock(cls, clock: float) -> "BackOffLimits":
        """Kubernetes' figures on a drill clock, but never so short that restarts are all that happens."""
        return cls(max(1.0, 10 / clock), max(10.0, 300 / clock))


class BackOff:
    """How long one container still has to wait. Instants are seconds of any monotonic clock."""

    def __init__(self, limits: BackOffLimits) -> None:
        self._limits = limits
        self._delay_s = 0.0
        self._ended_at: float | None = None

    def after_end(self, now: float) -> float:
        """The container ended at `now`: seconds to wait before it is started again."""
        if self._ended_at is not None and now - self._ended_at > 2 * self._limits.cap_s:
            self._delay_s = 0.0
        wait_s = self._delay_s
        self._delay_s = min(self._limits.cap_s, max(self._limits.base_s, 2 * self._delay_s))
        self._ended_at = now
        return wait_s
