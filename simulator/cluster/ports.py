"""What the API asks of the node beside it, and what it tells its owner: the seams of the cluster."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from simulator.cluster.store import Object


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
