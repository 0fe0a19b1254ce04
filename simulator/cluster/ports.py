"""What the API asks of the node beside it, and what it tells its owner: the seams of the cluster."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from simulator.cluster.resources import Resource
from simulator.cluster.store import Object

Send = Callable[[str, bytes], Awaitable[None]]
"""Takes a piece of `stdout` or `stderr`, and returns when there is room for the next."""


Connect = Callable[[int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""A TCP connection to a port of a pod; raises `NodeRefusal` where nothing listens."""


class Session(Protocol):
    """The streams of a process in a pod, as one client holds them."""

    def start(self) -> None:
        """Begin; once. `NodeRefusal` if the command cannot be run."""
        ...

    async def run(self, send: Send) -> int:
        """Output, as fast as `send` takes it, until the process ends: its exit code."""
        ...

    async def write(self, data: bytes) -> None:
        """Standard input, as fast as the process reads it; dropped where it has none or has closed it."""
        ...

    def end_input(self) -> None:
        """The client's standard input has ended."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """The client's terminal has another size; nothing without a terminal."""
        ...

    def hang_up(self) -> None:
        """The client is gone, or has what it wanted. Always called in the end, started or not."""
        ...


class Runtime(Protocol):
    """The kubelet, as the API sees it."""

    def logs(
        self,
        pod: Object,
        container: str,
        *,
        previous: bool,
        follow: bool,
        tail_lines: int | None,
        since_s: float | None,
        timestamps: bool,
        limit_bytes: int | None,
    ) -> AsyncIterator[bytes]:
        """Lines of a container's log, newline included, without the CRI prefix (`timestamps` keeps the time).

        `ApiError` 400 on the first read where there is none yet (waiting to start, no previous container).
        With `follow` it ends when the container ends; the reader closes it (`aclose`) to stop earlier.
        """
        ...

    def execute(self, pod: Object, container: str, command: Sequence[str], *, stdin: bool, tty: bool) -> Session:
        """A command to run in a running container. `NodeRefusal` where it does not run."""
        ...

    def attach(self, pod: Object, container: str, *, stdin: bool) -> Session:
        """The streams of a running container's own process. `NodeRefusal` where it does not run."""
        ...

    def port_forward(self, pod: Object) -> Connect:
        """What connects to ports of the pod. `NodeRefusal` if it is not there."""
        ...


class Usage(Protocol):
    """PodMetrics and NodeMetrics, which are made when they are asked for."""

    def list(self, resource: Resource, namespace: str | None) -> Iterator[Object]:
        """Those of a namespace (None: of all); what was not measured yet is absent."""
        ...

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """One of them."""
        ...


class ServiceAddresses(Protocol):
    """ClusterIPs of this cluster's Service range."""

    def allocate(self, wanted: str | None) -> str:
        """A free address, or `wanted` itself; `ValueError` where it is taken, outside the range, or none is left."""
        ...

    def release(self, ip: str) -> None:
        """Give an address back; one that is not held is ignored."""
        ...


@dataclass(frozen=True)
class AuditLine:
    """One mutating request, after it was answered."""

    at: str  # UTC, RFC 3339 with microseconds
    user_agent: str
    verb: str  # create, update, patch, delete or deletecollection
    path: str  # with the query
    code: int
