"""How often a node reports, and how long its silence is borne.

Kubernetes' figures (kubelet `nodeLeaseDurationSeconds`, `nodeStatusReportFrequency`; kube-controller-manager
`--node-monitor-grace-period`, `--node-startup-grace-period`; pod garbage collection's quarantine) on a drill clock.
"""

from dataclasses import dataclass

_SHORTEST_RENEWAL_S = 1.0


@dataclass(frozen=True)
class NodeTimes:
    """Seconds of wall time; `clock` divides what manifests say in Kubernetes' time, such as tolerationSeconds."""

    renewal_s: float = 10.0
    lease_s: float = 40.0
    status_s: float = 300.0
    grace_s: float = 50.0
    startup_grace_s: float = 60.0
    quarantine_s: float = 40.0
    clock: float = 1.0

    @classmethod
    def at_clock(cls, clock: float) -> "NodeTimes":
        """Leases are never renewed more than once a second, and the grace is never less than five renewals."""
        renewal_s = max(_SHORTEST_RENEWAL_S, 10 / clock)
        return cls(
            renewal_s=renewal_s,
            lease_s=4 * renewal_s,
            status_s=30 * renewal_s,
            grace_s=5 * renewal_s,
            startup_grace_s=6 * renewal_s,
            quarantine_s=max(_SHORTEST_RENEWAL_S, 40 / clock),
            clock=clock,
        )
