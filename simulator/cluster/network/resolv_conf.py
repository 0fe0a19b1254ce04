"""The host's /etc/resolv.conf, which pods' resolvers read too (resolv.conf(5))."""

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

PORT = 53
_MOST_SERVERS = 3


@dataclass(frozen=True)
class Resolver:
    """Whom the host asks for names. Without a nameserver libraries ask one on the host itself."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    """Domains in lower case, without dots around them."""

    @property
    def asked(self) -> frozenset[str]:
        """Every address that a library may send a question to."""
        return frozenset(self.servers or ("127.0.0.1", "::1"))


def parse(text: str) -> Resolver:
    """The file's text; what a library would not understand is passed over, as libraries do."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_]:
                try:
                    servers.append(str(ip_address(address.partition("%")[0])))
                except ValueError:
                    continue
            case ["search" | "domain", *domains]:  # the last one counts
                search = tuple(domain.strip(".").lower() for domain in domains if domain.strip("."))
    return Resolver(tuple(servers[:_MOST_SERVERS]), search)


class ResolvConf:
    """The file as it is now: a machine that changes its network writes it anew."""

    def __init__(self, path: Path = Path("/etc/resolv.conf")) -> None:
        self._path = path
        self._seen: tuple[tuple[int, int] | None, Resolver] = (None, Resolver())

    def now(self) -> Resolver:
        """Read again only when it was written again; nobody to ask where there is no such file."""
        try:
            status = os.stat(self._path)
            mark = status.st_mtime_ns, status.st_ino
            known, resolver = self._seen
            if mark != known:
                resolver = parse(self._path.read_text(encoding="utf-8", errors="replace"))
                self._seen = mark, resolver
        except OSError:
            return Resolver()
        return resolver
