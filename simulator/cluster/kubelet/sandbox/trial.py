"""Whether this kernel lets a cluster gate its pods: tried with a process of our own, not guessed from versions."""

import os
import select
import socket
import sys
from contextlib import ExitStack

from simulator.cluster.kubelet.sandbox.black_hole import BlackHole
from simulator.cluster.kubelet.sandbox.gate import Gate, straight
from simulator.cluster.kubelet.sandbox.seccomp import Filter, hand_over, taken_over
from simulator.cluster.kubelet.sandbox.system_calls import give_up_new_privileges

_SOURCE, _TARGET = "127.8.8.8", "127.8.8.1"
_LIMIT_S = 5.0


def why_not() -> str | None:
    """None if a process's connection can be given an address of ours; else the reason. Forks: before any thread."""
    if sys.platform != "linux":
        return f"{sys.platform} has no seccomp"
    try:
        seen = _source_seen()
    except OSError as error:
        return f"seccomp user notification: {error.strerror or error}"
    return None if seen == _SOURCE else "seccomp user notification: a connection kept its address"


def _source_seen() -> str | None:
    """What a server sees of a connection that a gated process makes; None if it makes none."""
    with ExitStack() as stack:
        filter_ = Filter()
        ours, theirs = (stack.enter_context(each) for each in socket.socketpair())
        server = stack.enter_context(socket.create_server((_TARGET, 0)))
        server.settimeout(_LIMIT_S)
        child = os.fork()
        if child == 0:
            _connect(filter_, theirs, server.getsockname())
        stack.callback(os.waitpid, child, 0)
        theirs.close()
        if not select.select([ours], [], [], _LIMIT_S)[0]:
            raise TimeoutError("no answer from a process under a filter")
        listener = taken_over(ours)
        if listener is None:
            raise OSError("a filter with a listener is refused")
        hole = BlackHole(_TARGET)
        stack.callback(hole.close)
        gate = Gate(straight, hole)
        gate.admit(listener, _SOURCE)
        gate.start()
        stack.callback(gate.close)
        try:
            client, (address, _) = server.accept()
        except TimeoutError:
            return None
        client.close()
        return str(address)


def _connect(filter_: Filter, theirs: socket.socket, place: tuple[str, int]) -> None:
    """The forked process, to its end."""
    try:
        give_up_new_privileges()
        hand_over(filter_, theirs)
        with socket.socket() as client:
            client.connect(place)
    finally:
        os._exit(0)
