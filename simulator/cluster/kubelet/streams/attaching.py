"""Joining a running container's own streams (`kubectl attach`): live output from now on, and its standard input.

Any number may listen. One who does not keep up is let go of rather than waited for: neither the container nor the
others are slowed, and what waits for a listener is bounded. A container that waits for a person (`stdin: true`) keeps
what it says before anybody is there: the first to come, `kubectl run -it` as a rule, misses nothing of a short command.
"""

import asyncio
from collections import deque
from contextlib import suppress

from simulator.cluster.errors import NodeRefusal
from simulator.cluster.kubelet.processes import launching
from simulator.cluster.kubelet.streams import terminals
from simulator.cluster.ports import Send

LARGEST_BACKLOG = 1024 * 1024
"""Bytes that may wait for one listener."""
LARGEST_UNHEARD = 64 * 1024
"""Bytes, but for the last piece, that are kept for the first listener."""


class Audience:
    """All who listen to one instance of a container; `is_expected` keeps its first words for the first of them."""

    def __init__(self, *, is_expected: bool) -> None:
        self._listeners: set[Attached] = set()
        self._is_expected = is_expected
        self._unheard: list[tuple[str, bytes]] = []
        self.is_over = False

    def hear(self, stream: str, data: bytes) -> None:
        """A piece of output, as it comes."""
        if self._is_expected and sum(len(each) for _, each in self._unheard) < LARGEST_UNHEARD:
            self._unheard.append((stream, data))
        for listener in list(self._listeners):
            listener.hear(stream, data)

    def join(self, listener: "Attached") -> None:
        """From now on, until `leave`."""
        self._listeners.add(listener)
        for stream, data in self._unheard:
            listener.hear(stream, data)
        self._unheard.clear()
        self._is_expected = False

    def leave(self, listener: "Attached") -> None:
        """May be repeated."""
        self._listeners.discard(listener)

    def end(self) -> None:
        """The container ended: nothing more will come."""
        self.is_over = True
        for listener in self._listeners:
            listener.wake()


class Attached:
    """One client at a container's streams; a `ports.Session`."""

    def __init__(self, process: launching.Process, audience: Audience, *, stdin: bool, is_once: bool) -> None:
        self._process = process
        self._audience = audience
        self._stdin = process.stdin if stdin else None
        self._is_once = is_once
        self._backlog: deque[tuple[str, bytes]] = deque()
        self._waiting_bytes = 0
        self._is_late = False
        self._woken = asyncio.Event()

    def start(self) -> None:
        """See `ports.Session`."""
        self._audience.join(self)

    async def run(self, send: Send) -> int:
        """See `ports.Session`; the code is always 0, as a container's end is the pod's to tell.

        `NodeRefusal` where the client does not keep up.
        """
        while True:
            while self._backlog:
                stream, data = self._backlog.popleft()
                self._waiting_bytes -= len(data)
                await send(stream, data)
            if self._is_late:
                raise NodeRefusal(f"the client fell behind the container's output by {LARGEST_BACKLOG} bytes")
            if self._audience.is_over:
                return 0
            self._woken.clear()
            await self._woken.wait()

    async def write(self, data: bytes) -> None:
        """See `ports.Session`."""
        if self._stdin is not None:
            with suppress(BrokenPipeError):
                await self._stdin.write(data)

    def end_input(self) -> None:
        """See `ports.Session`. The container's standard input ends with its first client's if it is `stdinOnce`."""
        if self._is_once and self._stdin is not None and self._process.terminal is None:
            self._stdin.close()

    def resize(self, columns: int, rows: int) -> None:
        """See `ports.Session`."""
        terminal = self._process.terminal
        if terminal is not None and not terminal.is_closed:
            terminals.resize(terminal.fileno(), columns, rows)

    def hang_up(self) -> None:
        """See `ports.Session`."""
        self.end_input()
        self._audience.leave(self)

    def hear(self, stream: str, data: bytes) -> None:
        """A piece of output; too many of them end the session."""
        if self._waiting_bytes + len(data) > LARGEST_BACKLOG:
            self._is_late = True
            self._audience.leave(self)
        else:
            self._backlog.append((stream, data))
            self._waiting_bytes += len(data)
        self.wake()

    def wake(self) -> None:
        """Something has changed."""
        self._woken.set()
