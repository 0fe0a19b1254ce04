"""Loopback addresses: one 127.N.0.0/16 per cluster, so that several clusters run side by side.

Pods count up from 127.N.1.1 and Services from 127.N.128.1. An address that was given back is handed out again
only after all others, so that a client that still knows it does not reach a stranger.
"""

import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from simulator.errors import NotPossible

_LISTENING = "0A"
_LOOK_S = 1.0


class Subnet:
    """127.N.0.0/16, held until `close`: no other cluster of this machine chooses it meanwhile."""

    def __init__(self, number: int, claim: socket.socket) -> None:
        self.number = number
        self._claim = claim

    @classmethod
    def choose(cls) -> "Subnet":
        """A subnet that no cluster holds and in which nothing listens. `NotPossible` if there is none."""
        busy = {address.split(".")[1] for address, _ in listeners()}
        numbers = list(range(10, 250))
        random.shuffle(numbers)
        for number in numbers:
            claim = None if str(number) in busy else _claim(number)
            if claim is not None:
                return cls(number, claim)
        raise NotPossible("no free subnet 127.10.0.0/16 to 127.249.0.0/16: end other clusters (gameday down)")

    @property
    def cidr(self) -> str:
        """As people write it."""
        return f"127.{self.number}.0.0/16"

    @property
    def node(self) -> str:
        """The node's own address."""
        return f"127.{self.number}.0.1"

    def node_address(self, index: int) -> str:
        """The address of one of several nodes; that of the first is `node`."""
        return f"127.{self.number}.0.{1 + index}"

    @property
    def dns(self) -> str:
        """Where the cluster's DNS listens."""
        return f"127.{self.number}.0.200"

    @property
    def dns_host(self) -> str:
        """The ClusterIP of the cluster's DNS: the tenth, by custom."""
        return f"127.{self.number}.128.10"

    @property
    def api_host(self) -> str:
        """The ClusterIP of the cluster's API: always the first."""
        return f"127.{self.number}.128.1"

    def close(self) -> None:
        """Let others have it."""
        self._claim.close()

    def pods(self, index: int, count: int) -> "Range":
        """What the pods of one of `count` nodes get of the pods' half; see `pod_cidr`."""
        size = _thirds_of_a_node(count)
        first = index * size
        return Range(lambda: self._hosts(max(1, first), first + size - 1))

    def pod_cidr(self, index: int, count: int) -> str:
        """The same as people write it: the whole half for one node, /20 for up to 8 and /22 for up to 32."""
        size = _thirds_of_a_node(count)
        return f"127.{self.number}.{index * size}.0/{24 - size.bit_length() + 1}"

    def services(self) -> "Range":
        """The Services' half (ClusterIPs)."""
        return Range(lambda: self._hosts(128, 254))

    def _hosts(self, first: int, last: int) -> Iterator[str]:
        for third in range(first, last + 1):
            for fourth in range(1, 255):
                yield f"127.{self.number}.{third}.{fourth}"


class Range:
    """Addresses to allocate, in turn."""

    def __init__(self, hosts: Callable[[], Iterator[str]]) -> None:
        self._hosts = hosts
        self._next = hosts()
        self._all = frozenset(hosts())
        self._held: set[str] = set()
        self._busy: set[str] = set()
        self._looked_at = -_LOOK_S

    def allocate(self, wanted: str | None = None) -> str:
        """A free address at which nothing listens, or `wanted` itself.

        `ValueError` where `wanted` is taken or outside the range, or where none is left.
        """
        if wanted:
            if wanted not in self._all:
                raise ValueError("the provided IP is not in the valid range")
            if wanted in self._held:
                raise ValueError("provided IP is already allocated")
            self._held.add(wanted)
            return wanted
        self._look()
        for _ in range(len(self._all)):
            address = self._turn()
            if address not in self._held and address not in self._busy:
                self._held.add(address)
                return address
        raise ValueError("range is full")

    def release(self, ip: str) -> None:
        """Give an address back; one that is not held is ignored."""
        self._held.discard(ip)

    def _look(self) -> None:
        """Who listens; not for each of a hundred pods at once, as it costs as much as there are sockets."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_S:
            self._looked_at, self._busy = now, {address for address, _ in listeners()}

    def _turn(self) -> str:
        address = next(self._next, None)
        if address is None:
            self._next = self._hosts()
            address = next(self._next)
        return address


def _thirds_of_a_node(count: int) -> int:
    return 128 if count == 1 else 16 if count <= 8 else 4


def listeners() -> set[tuple[str, int]]:
    """(address, port) of every listening TCP socket on IPv4; empty where the system does not tell."""
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return set()
    found = set()
    for line in lines:
        if f" {_LISTENING} " not in line:
            continue
        local, _, state = line.split()[1:4]
        if state == _LISTENING:
            host, _, port = local.partition(":")
            found.add((socket.inet_ntoa(bytes.fromhex(host)[::-1]), int(port, 16)))
    return found


def _claim(number: int) -> socket.socket | None:
    """An abstract socket as a lock: it has the same scope as the addresses and ends with its process."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0gameday-subnet-{number}")
    except OSError:
        claim.close()
        return None
    os.set_inheritable(claim.fileno(), False)
    return claim
