"""Where a pod's connections go: Services, the cluster's DNS, and what is neither."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from simulator.cluster.errors import ApiError
from simulator.cluster.kinds import admission
from simulator.cluster.kubelet.environment import of_dns
from simulator.cluster.kubelet.sandbox.gate import Fate, Flow
from simulator.cluster.network.resolv_conf import ResolvConf
from simulator.cluster.network.topology import Topology
from simulator.cluster.resources import ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, PODS, SERVICES
from simulator.cluster.store import Object, Store

WEB, HOST_SERVER, DNS, DNS_HOST = "127.9.128.5", "10.0.0.53", ("127.9.0.200", 3053), "127.9.128.10"
ENDPOINTS = [("127.9.1.1", 8000), ("127.9.1.2", 8000)]


@pytest.fixture
def store() -> Store:
    store = Store()
    for name in ("shop", "kube-system"):
        store.create(NAMESPACES, admission.admit(NAMESPACES, {"metadata": {"name": name}}))
    meta = {"namespace": "shop", "name": "web"}
    ports = [{"name": "http", "port": 80, "protocol": "TCP"}]
    store.create(SERVICES, {"metadata": meta, "spec": {"clusterIP": WEB, "ports": ports}})
    behind = {
        "metadata": {**meta, "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address, _ in ENDPOINTS],
        "ports": [{"name": "http", "port": 8000, "protocol": "TCP"}],
    }
    store.create(ENDPOINT_SLICES, behind)
    return store


@pytest_asyncio.fixture
async def topology(store: Store, tmp_path: Path) -> AsyncIterator[Topology]:
    (tmp_path / "resolv.conf").write_text(f"nameserver {HOST_SERVER}\n")
    topology = Topology(store, ResolvConf(tmp_path / "resolv.conf"))
    topology.serve_dns(DNS, DNS_HOST)
    running = asyncio.create_task(topology.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    yield topology
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def pod_spec(**spec: Any) -> Object:
    pod = {
        "metadata": {"namespace": "shop", "name": "p"},
        "spec": {"containers": [{"name": "c", "image": "x"}], **spec},
    }
    return admission.admit(PODS, pod)


async def place_pod(store: Store, address: str, **spec: Any) -> None:
    store.create(PODS, {**pod_spec(**spec), "status": {"podIP": address}})
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def to(address: str, port: int, protocol: str = "TCP", source: str = "127.9.1.7") -> Flow:
    return Flow(source, protocol, address, port)


async def test_a_services_endpoints_take_turns_and_none_refuses(store: Store, topology: Topology) -> None:
    places = [topology.route(to(WEB, 80)) for _ in range(4)]
    assert places == ENDPOINTS * 2
    assert topology.route(to(WEB, 81)) == (WEB, 81), "a port that the Service does not have"
    store.modify(ENDPOINT_SLICES, "shop", "web", lambda draft: draft.update(endpoints=[]))
    await asyncio.sleep(0)
    assert topology.route(to(WEB, 80)) is Fate.REFUSED
    store.remove(SERVICES, "shop", "web")
    await asyncio.sleep(0)
    assert topology.route(to(WEB, 80)) == (WEB, 80)


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
async def test_questions_to_the_hosts_nameserver_go_to_the_clusters_dns(topology: Topology, protocol: str) -> None:
    for server in (HOST_SERVER, DNS_HOST):
        assert topology.route(to(server, 53, protocol)) == DNS
    assert topology.route(to("8.8.8.8", 53, protocol)) == ("8.8.8.8", 53), "who is asked by address"
    assert topology.route(to(HOST_SERVER, 443, protocol)) == (HOST_SERVER, 443)


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"dnsPolicy": "Default"}, (HOST_SERVER, 53)),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.1.1.1"]}}, ("10.1.1.1", 53)),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": [DNS_HOST]}}, DNS),
        ({"dnsConfig": {"nameservers": ["10.1.1.1"]}}, DNS),
    ],
)
async def test_a_pod_may_ask_others(
    store: Store, topology: Topology, spec: dict[str, Any], place: tuple[str, int]
) -> None:
    await place_pod(store, "127.9.1.7", **spec)
    assert topology.route(to(HOST_SERVER, 53, "UDP")) == place
    assert topology.namespace_of("127.9.1.7") == "shop"


async def test_policies_know_the_dns_by_label_and_port(store: Store, topology: Topology) -> None:
    await place_pod(store, "127.9.1.7")
    peer = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    rule = {"to": [peer], "ports": [{"protocol": "UDP", "port": 53}]}
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}
    meta = {"namespace": "shop", "name": "names"}
    store.create(NETWORK_POLICIES, admission.admit(NETWORK_POLICIES, {"metadata": meta, "spec": spec}))
    await asyncio.sleep(0)
    assert topology.route(to(HOST_SERVER, 53, "UDP")) == DNS
    assert topology.route(to(HOST_SERVER, 53, "TCP")) is Fate.DROPPED
    assert topology.route(to(WEB, 80)) is Fate.DROPPED
    assert topology.route(to("127.0.0.1", 80)) == ("127.0.0.1", 80), "a pod's own loopback"


async def test_host_aliases_are_the_pods_as_long_as_it_is_there(store: Store, topology: Topology) -> None:
    await place_pod(store, "127.9.1.7", hostAliases=[{"ip": "10.7.7.7", "hostnames": ["Legacy.Example"]}])
    assert topology.alias_of("127.9.1.7", "legacy.example") == "10.7.7.7"
    assert topology.alias_of("127.9.1.7", "p") == "127.9.1.7", "its own name"
    assert topology.alias_of("127.9.1.8", "legacy.example") is None
    store.remove(PODS, "shop", "p")
    await asyncio.sleep(0)
    assert topology.alias_of("127.9.1.7", "legacy.example") is None


def test_search_domains_and_options_reach_the_c_library() -> None:
    config = {"searches": ["corp.example"], "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]}
    given = of_dns(pod_spec(dnsConfig=config))
    search = "shop.svc.cluster.local svc.cluster.local cluster.local corp.example"
    assert given == {"LOCALDOMAIN": search, "RES_OPTIONS": "ndots:2 edns0"}
    alone = of_dns(pod_spec(dnsPolicy="None", dnsConfig={**config, "nameservers": ["10.1.1.1"]}))
    assert alone["LOCALDOMAIN"] == "corp.example"
    assert not of_dns(pod_spec())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            {"dnsPolicy": "None"},
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
        (
            {"dnsPolicy": "None", "dnsConfig": {}},
            "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is "
            "None",
        ),
        (
            {"dnsConfig": {"nameservers": ["1.1.1.1"] * 4}},
            'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.1","1.1.1.1","1.1.1.1"]: '
            "must not have more than 3 nameservers",
        ),
        (
            {"dnsConfig": {"nameservers": ["dns"]}},
            'spec.dnsConfig.nameservers[0]: Invalid value: "dns": must be a valid IP address, '
            "(e.g. 10.9.8.7 or 2001:db8::ffff)",
        ),
    ],
)
def test_what_is_wrong_with_it_is_refused(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError) as refused:
        pod_spec(**spec)
    assert str(refused.value.status()["message"]) == f'Pod "p" is invalid: {words}'
