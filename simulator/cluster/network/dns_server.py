"""The cluster's DNS, by UDP and TCP: its own names, and for all others the host's nameservers.

A pod's resolver asks the nameserver of the host's resolv.conf; the gate connects it here instead. So whose pod asks
shows in the source address, and with it the namespace that short names belong to.
"""

import asyncio
import struct
from contextlib import suppress
from typing import Any, Protocol

from simulator.cluster.network import dns_forwarding, dns_messages, dns_names
from simulator.cluster.network.dns_messages import ANY, NAME_ERROR, SERVER_FAILURE, A, Name, Query, Record, Reply
from simulator.cluster.network.dns_names import Directory
from simulator.cluster.network.resolv_conf import PORT, ResolvConf

TTL_S = 5
"""How long answers may be kept, as CoreDNS has it."""
_IDLE_S = 10.0
_MOST_AT_ONCE = 500
_LARGEST = 65535


class Pods(Protocol):
    """What is known of the pods that ask, by their address."""

    def namespace_of(self, address: str) -> str:
        """The namespace of the pod, "" where there is none."""
        ...

    def alias_of(self, address: str, name: str) -> str | None:
        """The address that the pod's /etc/hosts, were it its own, gives a name in lower case."""
        ...


class DnsServer:
    """From `bind` to the end of `run`."""

    def __init__(self, directory: Directory, pods: Pods, resolv_conf: ResolvConf) -> None:
        self._directory = directory
        self._pods = pods
        self._resolv_conf = resolv_conf
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: tuple[asyncio.DatagramTransport, asyncio.Server] | None = None

    async def bind(self, address: str) -> int:
        """Listen at `address`; the port, the same for UDP and TCP."""
        server = await asyncio.start_server(self._serve_stream, address, 0, limit=_LARGEST)
        port: int = server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=(address, port))
        self._open = transport, server
        return port

    async def run(self) -> None:
        """Until cancelled; answers nobody afterwards."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._open is not None:
                transport, server = self._open
                transport.close()
                server.close()
            for task in self._tasks:
                task.cancel()

    async def answer(self, message: bytes, client: str, *, by_tcp: bool) -> bytes | None:
        """The response to one message of the pod at `client`; None for what deserves none."""
        if len(message) < 12 or message[2] & 0x80:
            return None
        query = dns_messages.parse(message)
        if query is None:
            return dns_messages.refuse(message, dns_messages.NOT_IMPLEMENTED)
        reply = self._known(query, client)
        if reply is not None:
            return dns_messages.respond(query, reply, ttl_s=TTL_S, size=_LARGEST if by_tcp else query.size)
        servers = [(server, PORT) for server in self._resolv_conf.now().servers]
        found = await dns_forwarding.ask(message, servers, whole=by_tcp)
        return dns_messages.refuse(message, SERVER_FAILURE) if found is None else found

    def _known(self, query: Query, client: str) -> Reply | None:
        """What the pod's own aliases say, then the cluster; the host's search path comes before the bare name."""
        domains = [tuple(domain.split(".")) for domain in self._resolv_conf.now().search]
        names = [query.name, *filter(None, (_without(query.name, domain) for domain in domains))]
        for name in names:
            address = self._pods.alias_of(client, ".".join(name))
            if address is not None:
                is_asked = query.type in (A, ANY) and ":" not in address
                return Reply(records=(Record(A, address),) if is_asked else ())
        first, *others = (
            dns_names.answer(name, query.type, self._pods.namespace_of(client), self._directory) for name in names
        )
        if first is not None:
            return first
        return next((found for found in others if found is not None and found.code != NAME_ERROR), None)

    def answer_datagram(self, message: bytes, client: tuple[str, int], transport: asyncio.DatagramTransport) -> None:
        """In a task of its own; while there are too many of them, questions are lost, as datagrams may be."""
        if len(self._tasks) < _MOST_AT_ONCE:
            task = asyncio.create_task(self._respond(message, client, transport))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _respond(self, message: bytes, client: tuple[str, int], transport: asyncio.DatagramTransport) -> None:
        response = await self.answer(message, client[0], by_tcp=False)
        if response is not None and not transport.is_closing():
            transport.sendto(response, client)

    async def _serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = writer.get_extra_info("peername")[0]
        try:
            with suppress(TimeoutError, OSError, EOFError):
                while True:
                    async with asyncio.timeout(_IDLE_S):
                        (length,) = struct.unpack("!H", await reader.readexactly(2))
                        message = await reader.readexactly(length)
                    response = await self.answer(message, client, by_tcp=True)
                    if response is None:
                        return
                    writer.write(struct.pack("!H", len(response)) + response)
                    await writer.drain()
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, client: Any) -> None:
        self._server.answer_datagram(data, client, self._transport)


def _without(name: Name, domain: Name) -> Name:
    return name[: -len(domain)] if name[-len(domain) :] == domain else ()
