"""Every socket of a pod passes here before it is bound or connected: it gets the pod's address, and goes where it may.

A pod is processes on the host's loopback, so by itself its connections would come from 127.0.0.1, like everybody's.
The kernel hands us each connect() of its processes (`seccomp`). We take a duplicate of the socket, bind it to the
pod's address, ask `Route` for the true destination, as kube-proxy and a network plug-in would decide it, and connect
the socket ourselves, so that nothing that the program does meanwhile can change what was decided.

A server that listens at every address listens at its pod's, so that the pods of a Deployment do not meet at one port;
and the pod's own connections to localhost find it there.

A thread of its own answers, so that a busy event loop delays no pod. It never waits for a network: a socket is
connected without blocking, and a caller that may block is let into its call, where the kernel waits for what we began.
"""

import errno
import logging
import os
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from simulator.cluster.kubelet.sandbox import raw_sockets, seccomp, system_calls
from simulator.cluster.kubelet.sandbox.black_hole import BlackHole
from simulator.cluster.kubelet.sandbox.raw_sockets import Endpoint
from simulator.cluster.kubelet.sandbox.seccomp import Notification

_LOCALHOST = "127.0.0.1"
_MSG_FASTOPEN = 0x20000000
_LONGEST_ADDRESS = 128
_LONGEST_DATAGRAM = 65536
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Flow:
    """What a pod asks for. `source` is the pod's address, `protocol` TCP or UDP, `address` IPv4 where it can be."""

    source: str
    protocol: str
    address: str
    port: int


class Fate(Enum):
    """What becomes of a flow that goes nowhere."""

    DROPPED = "no answer ever comes, as where a firewall drops packets"
    REFUSED = "an answer at once: connection refused"


Route = Callable[[Flow], tuple[str, int] | Fate]
"""Where a flow goes: an address and port, or its fate. Called in the gate's thread, so quick and without waiting."""


def straight(flow: Flow) -> tuple[str, int]:
    """The route of a network without Services and rules."""
    return flow.address, flow.port


class Gate:
    """The thread that answers the calls of all processes of pods."""

    def __init__(self, route: Route, black_hole: BlackHole) -> None:
        self._route = route
        self._black_hole = black_hole
        self._numbers = system_calls.numbers()
        self._sources: dict[int, str] = {}
        self._moved: set[Flow] = set()
        """What pods listen at, that wanted to listen everywhere: address and source are the pod's."""
        self._epoll = select.epoll()
        self._end, self._asked_to_end = os.pipe()
        self._epoll.register(self._end, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="gate", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answer no more; what connects from then on fails with ENOSYS."""
        os.close(self._asked_to_end)
        self._thread.join()
        for listener in list(self._sources):
            self._forget(listener)
        self._epoll.close()
        os.close(self._end)

    def admit(self, listener: int, source: str) -> None:
        """Answer for processes of the pod at `source` from now on. Takes over `listener`, and closes it with them."""
        self._sources[listener] = source
        self._epoll.register(listener, select.EPOLLIN)

    def _run(self) -> None:
        while True:
            for descriptor, events in self._epoll.poll():
                if descriptor == self._end:
                    return
                if events & select.EPOLLIN:
                    self._serve(descriptor)
                else:  # the last process under the filter has ended
                    self._forget(descriptor)

    def _forget(self, listener: int) -> None:
        source = self._sources.pop(listener)
        self._epoll.unregister(listener)
        os.close(listener)
        if source not in self._sources.values():
            self._moved = {each for each in self._moved if each.source != source}

    def _serve(self, listener: int) -> None:
        try:
            call = seccomp.receive(listener)
        except OSError:  # killed meanwhile
            return
        try:
            self._decide(listener, call)
        except OSError as error:
            # The process is gone, or it is one that we may not look into: then it may not connect either.
            seccomp.answer(listener, call, error=error.errno or errno.EPERM)
        except Exception:
            _log.exception("a connection of the pod at %s failed", self._sources[listener])
            seccomp.answer(listener, call, error=errno.ENETDOWN)

    def _decide(self, listener: int, call: Notification) -> None:
        is_sent = call.number == self._numbers.sendto
        place, length = call.arguments[4:6] if is_sent else call.arguments[1:3]
        wanted = Endpoint.parse(_memory(call.task, place, min(length, _LONGEST_ADDRESS)))
        descriptor = None if wanted is None else _taken(call)
        if wanted is None or descriptor is None:  # not of the internet, or no good: the kernel knows what to say
            seccomp.let_pass(listener, call)
            return
        try:
            protocol = raw_sockets.protocol(descriptor)
            if not seccomp.is_waiting(listener, call):
                return
            if protocol is None or (protocol == "TCP" and is_sent):
                _stream_send(listener, call)
                return
            flow = Flow(self._sources[listener], protocol, *wanted.place)
            if call.number == self._numbers.bind:
                self._bind(listener, call, descriptor, flow, wanted)
                return
            target = self._target(flow, wanted)
            if target is None:
                seccomp.answer(listener, call, error=errno.ECONNREFUSED)
                return
            if target.address.startswith("127."):  # from loopback nothing else is reached: that keeps the host's
                raw_sockets.bind_if_free(descriptor, flow.source, is_wide=target.is_wide)
            if not is_sent:
                _connect(listener, call, descriptor, target)
            elif target == wanted:
                seccomp.let_pass(listener, call)
            else:
                data = _memory(call.task, call.arguments[1], min(call.arguments[2], _LONGEST_DATAGRAM))
                seccomp.answer(listener, call, value=raw_sockets.send(descriptor, data, target))
        finally:
            os.close(descriptor)

    def _bind(self, listener: int, call: Notification, descriptor: int, flow: Flow, wanted: Endpoint) -> None:
        """Only a stream at a chosen port is surely a server; a datagram socket may have to reach beyond the machine."""
        is_server = flow.protocol == "TCP" and wanted.is_wildcard and wanted.port
        if not is_server or raw_sockets.is_ipv6_only(descriptor, wanted):
            seccomp.let_pass(listener, call)
            return
        raw_sockets.bind(descriptor, wanted.at(flow.source, wanted.port))
        self._moved.add(Flow(flow.source, flow.protocol, flow.source, wanted.port))
        seccomp.answer(listener, call)

    def _target(self, flow: Flow, wanted: Endpoint) -> Endpoint | None:
        if flow.address == _LOCALHOST:
            here = Flow(flow.source, flow.protocol, flow.source, flow.port)
            if here in self._moved:
                return wanted.at(here.address, here.port)
        found = self._route(flow)
        if found is Fate.REFUSED:
            return None
        if isinstance(found, Fate):
            found = self._black_hole.tcp if flow.protocol == "TCP" else self._black_hole.udp
        return wanted.at(*found)


def _connect(listener: int, call: Notification, descriptor: int, target: Endpoint) -> None:
    error, is_blocking = raw_sockets.begin_connect(descriptor, target)
    # A caller that may block goes on to wait for what we began. One that asks again (after a signal, or while its
    # connection is under way) is told by the kernel how far that is.
    if error == errno.EALREADY or (error == errno.EINPROGRESS and is_blocking):
        seccomp.let_pass(listener, call)
    else:
        seccomp.answer(listener, call, error=error)


def _stream_send(listener: int, call: Notification) -> None:
    """The address of a connected stream means nothing, unless it is to open it; programs can do without that."""
    if call.arguments[3] & _MSG_FASTOPEN:
        seccomp.answer(listener, call, error=errno.EOPNOTSUPP)
    else:
        seccomp.let_pass(listener, call)


def _taken(call: Notification) -> int | None:
    """The caller's socket; None if it has no such descriptor."""
    try:
        return system_calls.take_descriptor(call.task, call.arguments[0])
    except OSError as error:
        if error.errno == errno.EBADF:
            return None
        raise


def _memory(task: int, place: int, length: int) -> bytes:
    try:
        return system_calls.read_memory(task, place, length) if length else b""
    except OSError as error:
        if error.errno == errno.EFAULT:
            return b""
        raise
