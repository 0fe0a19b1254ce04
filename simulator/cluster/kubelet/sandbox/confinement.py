"""How far a node can confine its pods: the parts that this machine's kernel has.

Best effort: where a part is missing, pods run without it, and one line of the log says so.
"""

import logging
import resource
from dataclasses import dataclass
from pathlib import Path

from simulator.cluster.kubelet.sandbox import capabilities, landlock, trial
from simulator.cluster.kubelet.sandbox.black_hole import BlackHole
from simulator.cluster.kubelet.sandbox.gate import Gate, Route
from simulator.cluster.kubelet.sandbox.seccomp import Filter

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Confinement:
    """What all sandboxes of a node share."""

    gate: Gate | None = None
    filter: Filter | None = None
    """There if the gate is."""
    hidden: Path | None = None
    """The folder of which a pod sees only its own part; None without Landlock."""
    excess: tuple[int, ...] = ()
    """Capabilities that no pod has."""
    black_hole: BlackHole | None = None
    unlimited: str | None = None
    """Why volumes in memory are plain folders without a limit; None where they are what they should be."""

    def close(self) -> None:
        """When no pod runs any more."""
        if self.gate is not None:
            self.gate.close()
        if self.black_hole is not None:
            self.black_hole.close()


def confine(private: Path, node: str, route: Route, unlimited: str | None = None) -> Confinement:
    """For a node at the address `node` with its state below `private`. The gate is open if there can be one. Forks."""
    _allow_descriptors()
    if (fault := trial.why_not()) is not None:
        _log.warning("pods have no source addresses of their own and NetworkPolicy is not served: %s", fault)
    hidden = private if landlock.version() >= landlock.LEAST else None
    if hidden is None:
        _log.warning("pods can read %s: this kernel has no Landlock", private)
    if unlimited is not None:
        _log.warning("volumes in memory have no limit: %s", unlimited)
    if fault is not None:
        return Confinement(hidden=hidden, excess=capabilities.excess(), unlimited=unlimited)
    black_hole = BlackHole(node)
    gate = Gate(route, black_hole)
    gate.start()
    return Confinement(gate, Filter(), hidden, capabilities.excess(), black_hole, unlimited)


def _allow_descriptors() -> None:
    """A pod takes some five descriptors of the server, and the usual limit of 1,024 is there for select() only."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
