"""The cluster's names: messages as resolvers write them, names as the specification has them, others by the host."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.kinds import admission
from simulator.cluster.network import dns_forwarding, dns_messages, dns_names, resolv_conf
from simulator.cluster.network.directory import StoredDirectory
from simulator.cluster.network.dns_messages import (
    AAAA,
    NAME_ERROR,
    NO_ERROR,
    PTR,
    SERVER_FAILURE,
    SRV,
    A,
    Query,
    Record,
    Reply,
)
from simulator.cluster.network.dns_server import DnsServer
from simulator.cluster.network.resolv_conf import ResolvConf, Resolver
from simulator.cluster.resources import ENDPOINT_SLICES, NAMESPACES, SERVICES
from simulator.cluster.store import Store


def question(name: str, kind: int = A, *, size: int = 0) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    options = b"\0" + struct.pack("!HHIH", 41, size, 0, 0) if size else b""
    header = struct.pack("!6H", 77, 0x0100, 1, 0, 0, 1 if size else 0)
    return header + labels + b"\0" + struct.pack("!2H", kind, 1) + options


def head(message: bytes) -> tuple[int, int, int, bool]:
    """Id, code, number of answers, and whether it is cut."""
    id_, flags, _, answers, _, _ = struct.unpack_from("!6H", message)
    return id_, flags & 15, answers, bool(flags & 0x0200)


@pytest.fixture
def store() -> Store:
    store = Store()
    for name in ("shop", "lab"):
        store.create(NAMESPACES, admission.admit(NAMESPACES, {"metadata": {"name": name}}))
    service(store, "shop", "web", "127.9.128.5", [("http", 80), ("", 8080)])
    service(store, "shop", "db", "None", [("sql", 5432)])
    endpoints(store, "shop", "db", [("127.9.1.1", "db-0", True), ("127.9.1.2", "", True), ("127.9.1.3", "db-2", False)])
    service(store, "shop", "early", "None", [("sql", 5432)], publishNotReadyAddresses=True)
    endpoints(store, "shop", "early", [("127.9.1.9", "early-0", False)])
    service(store, "shop", "nobody", "None", [("sql", 5432)])
    return store


def service(store: Store, namespace: str, name: str, host: str, ports: list[tuple[str, int]], **spec: Any) -> None:
    listed = [{"port": port, "protocol": "TCP", **({"name": label} if label else {})} for label, port in ports]
    meta = {"namespace": namespace, "name": name}
    store.create(SERVICES, {"metadata": meta, "spec": {"clusterIP": host, "ports": listed, **spec}})


def endpoints(store: Store, namespace: str, name: str, entries: list[tuple[str, str, bool]]) -> None:
    listed = [
        {"addresses": [ip], "conditions": {"ready": ready}, **({"hostname": host} if host else {})}
        for ip, host, ready in entries
    ]
    meta = {"namespace": namespace, "name": f"{name}-x", "labels": {"kubernetes.io/service-name": name}}
    ports = [{"name": "sql", "port": 5432, "protocol": "TCP"}]
    store.create(ENDPOINT_SLICES, {"metadata": meta, "endpoints": listed, "ports": ports, "addressType": "IPv4"})


def ask(store: Store, name: str, kind: int = A, namespace: str = "shop") -> Reply | None:
    return dns_names.answer(tuple(name.split(".")), kind, namespace, StoredDirectory(store))


def addresses(reply: Reply | None) -> list[object]:
    return [record.data for record in reply.records] if reply else []


WHOLE = ("shop", "svc", "cluster", "local")


@pytest.mark.parametrize("name", ["web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local"])
def test_a_service_has_its_address_under_every_form_of_its_name(store: Store, name: str) -> None:
    assert addresses(ask(store, name)) == ["127.9.128.5"]


def test_a_short_name_is_one_of_the_pods_own_namespace(store: Store) -> None:
    assert ask(store, "web", namespace="lab") is None
    assert addresses(ask(store, "web.shop", namespace="lab")) == ["127.9.128.5"]


def test_a_headless_service_has_the_addresses_of_its_ready_pods(store: Store) -> None:
    assert addresses(ask(store, "db")) == ["127.9.1.1", "127.9.1.2"]
    assert addresses(ask(store, "early")) == ["127.9.1.9"]
    assert ask(store, "nobody.shop.svc.cluster.local") == Reply(NAME_ERROR)


def test_its_pods_have_names_by_hostname_or_address(store: Store) -> None:
    assert addresses(ask(store, "db-0.db")) == ["127.9.1.1"]
    assert addresses(ask(store, "127-9-1-2.db.shop.svc.cluster.local")) == ["127.9.1.2"]
    assert ask(store, "db-2.db.shop.svc.cluster.local") == Reply(NAME_ERROR)


def test_ports_are_found_by_name(store: Store) -> None:
    web = ask(store, "_http._tcp.web", SRV)
    assert web == Reply(records=(Record(SRV, (80, ("web", *WHOLE))),), extra=((("web", *WHOLE), "127.9.128.5"),))
    found = ask(store, "_sql._tcp.db.shop.svc.cluster.local", SRV)
    assert found is not None
    names = [("db-0", "db", *WHOLE), ("127-9-1-2", "db", *WHOLE)]
    assert [record.data for record in found.records] == [(5432, name) for name in names]
    assert ask(store, "_http._udp.web.shop.svc.cluster.local", SRV) == Reply(NAME_ERROR)


def test_addresses_lead_back_to_names(store: Store) -> None:
    assert addresses(ask(store, "5.128.9.127.in-addr.arpa", PTR)) == [("web", *WHOLE)]
    assert addresses(ask(store, "1.1.9.127.in-addr.arpa", PTR)) == [("db-0", "db", *WHOLE)]
    assert ask(store, "1.0.0.127.in-addr.arpa", PTR) is None, "the host knows better"


def test_a_pods_address_is_a_name(store: Store) -> None:
    assert addresses(ask(store, "127-9-1-1.shop.pod.cluster.local")) == ["127.9.1.1"]
    assert ask(store, "127-9-1-999.shop.pod.cluster.local") == Reply(NAME_ERROR)


def test_a_name_without_records_of_a_kind_exists_and_others_do_not(store: Store) -> None:
    assert ask(store, "web", AAAA) == Reply(NO_ERROR)
    assert ask(store, "shop.svc.cluster.local") == Reply(NO_ERROR)
    for name in ("no.shop.svc", "web.no.svc", "no", "a.b.web.shop.svc"):
        assert ask(store, f"{name}.cluster.local") == Reply(NAME_ERROR), name
    assert ask(store, "example.com") is None


def test_what_does_not_fit_into_a_datagram_is_to_be_asked_for_by_tcp() -> None:
    reply = Reply(records=tuple(Record(A, f"127.9.1.{n}") for n in range(1, 101)))
    for message, size, is_cut in ((question("db"), 512, True), (question("db", size=4096), 4096, False)):
        query = dns_messages.parse(message)
        assert query is not None
        assert query.size == size
        response = dns_messages.respond(query, reply, ttl_s=5, size=query.size)
        assert len(response) <= size
        assert head(response) == (77, 0, 0 if is_cut else 100, is_cut)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_passed_over(message: bytes) -> None:
    query = dns_messages.parse(message)
    assert query is None or isinstance(query, Query)


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=63), max_size=3))
def test_names_are_read_as_they_were_written(labels: list[str]) -> None:
    query = dns_messages.parse(question(".".join(labels).upper()))
    assert query is not None
    assert query.name == tuple(labels)


def test_the_hosts_file_says_whom_to_ask(tmp_path: Path) -> None:
    servers = "# c\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\nnameserver x\n"
    text = f"{servers}search a.example. B.example\noptions ndots:2\n"
    found = resolv_conf.parse(text)
    assert found == Resolver(("10.0.0.1", "fe80::1"), ("a.example", "b.example"))
    assert resolv_conf.parse("").asked == {"127.0.0.1", "::1"}
    file = tmp_path / "resolv.conf"
    kept = ResolvConf(file)
    assert kept.now() == Resolver()
    file.write_text("nameserver 10.0.0.1\n")
    assert kept.now().servers == ("10.0.0.1",)
    file.unlink()
    assert kept.now() == Resolver()


class OnePod:
    """In `shop`, with an alias of its own."""

    def namespace_of(self, address: str) -> str:
        return "shop"

    def alias_of(self, address: str, name: str) -> str | None:
        return {"web": "10.7.7.7", "six": "fd00::7"}.get(name) if address == "127.9.1.7" else None


def dns_server(store: Store, conf: Path) -> DnsServer:
    return DnsServer(StoredDirectory(store), OnePod(), ResolvConf(conf))


async def test_the_hosts_search_path_does_not_hide_short_names(store: Store, tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("search corp.example\n")
    server = dns_server(store, tmp_path / "resolv.conf")
    response = await server.answer(question("web.corp.example"), "127.9.1.1", by_tcp=False)
    assert response is not None
    assert head(response) == (77, NO_ERROR, 1, False)


async def test_a_pods_host_aliases_come_before_everything(store: Store, tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("search corp.example\n")
    server = dns_server(store, tmp_path / "resolv.conf")
    for name in ("web", "web.corp.example"):
        response = await server.answer(question(name), "127.9.1.7", by_tcp=False)
        assert response is not None
        assert response.endswith(bytes([10, 7, 7, 7]))
    none_of_that_family = await server.answer(question("six"), "127.9.1.7", by_tcp=False)
    assert none_of_that_family is not None
    assert head(none_of_that_family) == (77, NO_ERROR, 0, False)


async def test_without_a_nameserver_foreign_names_fail_at_once(store: Store, tmp_path: Path) -> None:
    server = dns_server(store, tmp_path / "none")
    response = await asyncio.wait_for(server.answer(question("example.com"), "127.9.1.1", by_tcp=False), 1)
    assert response is not None
    assert head(response)[1] == SERVER_FAILURE


async def test_garbage_is_answered_with_an_error_or_not_at_all(store: Store, tmp_path: Path) -> None:
    server = dns_server(store, tmp_path / "none")
    assert await server.answer(b"", "127.9.1.1", by_tcp=False) is None
    assert await server.answer(struct.pack("!6H", 1, 0x8000, 0, 0, 0, 0), "127.9.1.1", by_tcp=False) is None
    refused = await server.answer(struct.pack("!6H", 9, 0, 0, 0, 0, 0) + b"x", "127.9.1.1", by_tcp=False)
    assert refused is not None
    assert head(refused) == (9, dns_messages.NOT_IMPLEMENTED, 0, False)


class Upstream(asyncio.DatagramProtocol):
    """A nameserver that answers with a code, cut or whole; silent if told so."""

    def __init__(self, flags: int | None) -> None:
        self.flags = flags
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, client: Any) -> None:
        if self.flags is not None:
            self.transport.sendto(data[:2] + struct.pack("!H", 0x8000 | self.flags) + data[4:], client)


@asynccontextmanager
async def upstream(flags: int | None) -> AsyncIterator[tuple[str, int]]:
    """Its place; by TCP it always answers whole, with the code 3."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        data = await reader.readexactly(length)
        writer.write(struct.pack("!H", length) + data[:2] + struct.pack("!H", 0x8003) + data[4:])
        writer.close()

    stream = await asyncio.start_server(serve, "127.8.3.3", 0)
    place = stream.sockets[0].getsockname()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Upstream(flags), local_addr=place)
    try:
        yield place
    finally:
        transport.close()
        stream.close()


async def test_the_hosts_nameserver_is_asked_and_the_next_one_where_it_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dns_forwarding, "_EACH_S", 0.2)
    async with upstream(None) as silent, upstream(5) as other:
        found = await dns_forwarding.ask(question("example.com"), [silent, other], whole=False)
        assert found is not None
        assert head(found) == (77, 5, 0, False)
        assert await dns_forwarding.ask(question("example.com"), [silent], whole=False) is None


async def test_what_was_cut_is_asked_for_again_if_the_client_can_take_it() -> None:
    async with upstream(0x0200) as place:
        cut = await dns_forwarding.ask(question("example.com"), [place], whole=False)
        whole = await dns_forwarding.ask(question("example.com"), [place], whole=True)
    assert cut is not None
    assert whole is not None
    assert (head(cut)[3], head(whole)[1]) == (True, 3)
