"""The names of a cluster (Kubernetes DNS-Based Service Discovery, version 1.1.0). Pure.

Services, their ports, and the endpoints of headless ones lie below `svc.cluster.local`; addresses lead back to them.
A pod's own short names are looked for as its search path would have it: first in its namespace.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Protocol

from simulator.cluster.network.dns_messages import ANY, NAME_ERROR, PTR, SRV, A, Name, Record, Reply
from simulator.cluster.store import Object

ZONE: Name = ("cluster", "local")
_SERVICES: Name = ("svc", *ZONE)
_PODS: Name = ("pod", *ZONE)
_REVERSE: Name = ("in-addr", "arpa")
_DASHED = re.compile(r"(\d+)-(\d+)-(\d+)-(\d+)")


@dataclass(frozen=True)
class Endpoint:
    """A published address of a headless Service; `ports` are number by name and protocol in lower case."""

    address: str
    hostname: str
    ports: tuple[tuple[str, str, int], ...]


class Directory(Protocol):
    """What is there to be named."""

    def has_namespace(self, name: str) -> bool:
        """Whether there is one."""
        ...

    def service(self, namespace: str, name: str) -> Object | None:
        """A Service."""
        ...

    def slices(self, namespace: str, name: str) -> Iterable[Object]:
        """The EndpointSlices of a Service."""
        ...

    def services_at(self, address: str) -> Iterable[Object]:
        """Services with this ClusterIP, and headless ones with an endpoint at this address."""
        ...


def answer(name: Name, kind: int, namespace: str, directory: Directory) -> Reply | None:
    """What the cluster says of a name; None if it is none of its names. `namespace` is that of the client's pod."""
    if name[-2:] == _REVERSE:
        return _reverse(name, kind, directory)
    if name[-2:] == ZONE:
        return _of_zone(name, kind, directory) or Reply(NAME_ERROR)
    for domain in search_path(namespace) if name else ():
        found = _of_zone((*name, *domain), kind, directory)
        if found is not None:
            return found
    return None


def search_path(namespace: str) -> Sequence[Name]:
    """Where a pod's short names are looked for, in order."""
    return [*([(namespace, *_SERVICES)] if namespace else []), _SERVICES, ZONE]


def published(service: Object, slices: Iterable[Object]) -> list[Endpoint]:
    """The endpoints of a headless Service that have names: those that are ready, or all, as the Service says."""
    found: dict[str, Endpoint] = {}
    for each in slices:
        ports = tuple(
            (port.get("name") or "", port.get("protocol", "TCP").lower(), int(port["port"]))
            for port in each.get("ports") or ()
        )
        for entry in each.get("endpoints") or ():
            is_ready = (entry.get("conditions") or {}).get("ready", True)
            if is_ready or service["spec"].get("publishNotReadyAddresses"):
                for address in entry["addresses"]:
                    before = found[address].ports if address in found else ()
                    hostname = entry.get("hostname") or address.replace(".", "-")
                    found[address] = Endpoint(address, hostname, before + ports)
    return list(found.values())


def _of_zone(name: Name, kind: int, directory: Directory) -> Reply | None:
    """None where there is no such name; no records where there is, but none of this kind."""
    if name in (ZONE, _SERVICES, _PODS):
        return Reply()
    *rest, namespace = name[:-3] if len(name) > 3 else [""]
    if not directory.has_namespace(namespace):
        return None
    if name[-3:] == _PODS:
        return _of_pod(rest, kind)
    if name[-3:] != _SERVICES:
        return None
    if not rest:
        return Reply()
    *inner, service_name = rest
    service = directory.service(namespace, service_name)
    if service is None:
        return None
    whole = (service_name, namespace, *_SERVICES)
    host = service["spec"].get("clusterIP")
    if host and host != "None":
        ports = tuple(
            (port.get("name") or "", port.get("protocol", "TCP").lower(), int(port["port"]))
            for port in service["spec"].get("ports") or ()
        )
        return _of_targets(inner, kind, [(whole, Endpoint(host, "", ports))])
    endpoints = published(service, directory.slices(namespace, service_name))
    return _of_targets(inner, kind, [((each.hostname, *whole), each) for each in endpoints])


def _of_targets(inner: Sequence[str], kind: int, targets: Sequence[tuple[Name, Endpoint]]) -> Reply | None:
    """A Service's own name, a port (`_http._tcp`), or an endpoint (`postgres-0`), which are what targets stand for."""
    match inner:
        case []:
            if not targets:
                return None  # a headless Service without an endpoint has no name, as CoreDNS has it
            return _services(kind, targets, None) if kind == SRV else _addresses(kind, [each for _, each in targets])
        case [port, protocol] if port.startswith("_") and protocol.startswith("_"):
            wanted = port[1:], protocol[1:]
            is_known = any(wanted == (name, proto) for _, each in targets for name, proto, _ in each.ports)
            return _services(kind, targets, wanted) if is_known else None
        case [hostname]:
            found = [each for _, each in targets if each.hostname == hostname]
            return _addresses(kind, found) if found else None
    return None


def _addresses(kind: int, endpoints: Iterable[Endpoint]) -> Reply:
    return Reply(records=tuple(Record(A, each.address) for each in endpoints) if kind in (A, ANY) else ())


def _services(kind: int, targets: Iterable[tuple[Name, Endpoint]], wanted: tuple[str, str] | None) -> Reply:
    """SRV records for one port, or for all that have names."""
    if kind not in (SRV, ANY):
        return Reply()
    found = [
        (port, name, each.address)
        for name, each in targets
        for label, protocol, port in each.ports
        if (label if wanted is None else (label, protocol) == wanted)
    ]
    extra = dict.fromkeys((name, address) for _, name, address in found)
    return Reply(records=tuple(Record(SRV, (port, name)) for port, name, _ in found), extra=tuple(extra))


def _of_pod(rest: Sequence[str], kind: int) -> Reply | None:
    """`127-9-1-1.shop.pod.cluster.local` is its address, as CoreDNS has it by default."""
    if not rest:
        return Reply()
    match = _DASHED.fullmatch(rest[0]) if len(rest) == 1 else None
    address = ".".join(match.groups()) if match else ""
    return _addresses(kind, [Endpoint(address, "", ())]) if _is_address(address) else None


def _reverse(name: Name, kind: int, directory: Directory) -> Reply | None:
    address = ".".join(reversed(name[:-2]))
    if not _is_address(address):
        return None
    names = list(_names_of(address, directory))
    if not names:
        return None
    return Reply(records=tuple(Record(PTR, each) for each in names) if kind in (PTR, ANY) else ())


def _names_of(address: str, directory: Directory) -> Iterator[Name]:
    for service in directory.services_at(address):
        meta = service["metadata"]
        whole = (meta["name"], meta["namespace"], *_SERVICES)
        if service["spec"].get("clusterIP") == address:
            yield whole
        for each in published(service, directory.slices(meta["namespace"], meta["name"])):
            if each.address == address:
                yield (each.hostname, *whole)


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
