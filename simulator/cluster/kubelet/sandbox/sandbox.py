"""What a pod's processes are held to: connections through the gate, and files as far as the pod may see them.

Every process of a pod starts in it: containers, what is executed in them, probes and hooks. Descendants inherit it.
"""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from simulator.cluster.kubelet.sandbox import capabilities, landlock, system_calls
from simulator.cluster.kubelet.sandbox.confinement import Confinement
from simulator.cluster.kubelet.sandbox.gate import Gate
from simulator.cluster.kubelet.sandbox.seccomp import Filter, hand_over, taken_over
from simulator.processes import die_with_parent

Prepare = Callable[[], None]
"""For `preexec_fn`."""


@contextmanager
def unconfined() -> Iterator[Prepare]:
    """For processes of the cluster itself."""
    yield die_with_parent


class Sandbox:
    """One pod's, from `open` to `close`; before, and after, its processes are not confined."""

    def __init__(self, confinement: Confinement, ip: str) -> None:
        self._parts = confinement
        self._ip = ip
        self._ruleset: int | None = None

    def open(self, *, readable: Sequence[Path], writable: Sequence[Path]) -> None:
        """Its own part of the hidden folder; all of it must exist."""
        if self._parts.hidden is not None:
            self._ruleset = landlock.ruleset(self._parts.hidden, readable, writable)

    def close(self) -> None:
        """The pod starts no more processes."""
        if self._ruleset is not None:
            os.close(self._ruleset)
            self._ruleset = None

    @contextmanager
    def entered(self) -> Iterator[Prepare]:
        """While it lasts, one process is started with the `preexec_fn` that it gives."""
        steps: list[Prepare] = [die_with_parent]
        with ExitStack() as stack:
            ruleset, gate, filter_ = self._ruleset, self._parts.gate, self._parts.filter
            if ruleset is not None or filter_ is not None:
                steps.append(self._give_up)
            if ruleset is not None:
                steps.append(lambda: landlock.restrict(ruleset))
            if gate is not None and filter_ is not None:
                steps.append(stack.enter_context(_gated(gate, filter_, self._ip)))
            yield lambda: _run(steps)

    def _give_up(self) -> None:
        capabilities.drop(self._parts.excess)
        system_calls.give_up_new_privileges()


Entered = AbstractContextManager[Prepare]
"""A sandbox, or none, that one process is about to be started in."""


@contextmanager
def _gated(gate: Gate, filter_: Filter, ip: str) -> Iterator[Prepare]:
    """The process installs the filter, and hands its listener over before it runs its program."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield lambda: hand_over(filter_, theirs)
        listener = taken_over(ours)
        if listener is not None:
            gate.admit(listener, ip)


def _run(steps: Sequence[Prepare]) -> None:
    for step in steps:
        step()
