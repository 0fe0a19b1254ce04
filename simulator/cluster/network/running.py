"""The cluster's network as one part of the server: where connections go, Services for the host, DNS."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from simulator.cluster.addresses import Range, Subnet
from simulator.cluster.network import well_known
from simulator.cluster.network.directory import StoredDirectory
from simulator.cluster.network.dns_server import DnsServer
from simulator.cluster.network.resolv_conf import PORT, ResolvConf
from simulator.cluster.network.services import ServiceProxy
from simulator.cluster.network.topology import Topology
from simulator.cluster.network.well_known import Port, WellKnown
from simulator.cluster.store import Store

API_PORT = 443


class Network:
    """All of it; `route` is for the gate."""

    def __init__(self, store: Store, subnet: Subnet, services: Range, folder: Path, env: Mapping[str, str]) -> None:
        """`folder` is for Envoy's files, `env` its environment."""
        resolv_conf = ResolvConf()
        self._subnet = subnet
        self._topology = Topology(store, resolv_conf)
        self._dns = DnsServer(StoredDirectory(store), self._topology, resolv_conf)
        self._well_known = WellKnown(store, services)
        self._proxy = ServiceProxy(store, self._topology, folder, env)
        self.route = self._topology.route

    async def publish(self, api: tuple[str, int], *, with_dns: bool) -> None:
        """The API is at `api`: make it a Service, and the DNS too, where pods reach it."""
        https = Port("https", API_PORT, api[1])
        self._well_known.publish(well_known.API, self._subnet.api_host, well_known.API_LABELS, api[0], [https])
        if with_dns:
            address, host = self._subnet.dns, self._subnet.dns_host
            port = await self._dns.bind(address)
            ports = [Port("dns", PORT, port, "UDP"), Port("dns-tcp", PORT, port)]
            self._well_known.publish(well_known.DNS, host, well_known.DNS_LABELS, address, ports)
            self._topology.serve_dns((address, port), host)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for part in (self._topology, self._dns, self._well_known, self._proxy):
                group.create_task(part.run())
