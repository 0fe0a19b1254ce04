"""What NetworkPolicies allow, by example and against a plain reading of the rules."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.errors import ApiError
from simulator.cluster.kinds import admission
from simulator.cluster.network.policies import Peer, allows, read
from simulator.cluster.resources import NETWORK_POLICIES

WEB = Peer("127.9.1.1", "shop", {"app": "web"}, {"team": "a"})
DB = Peer("127.9.1.2", "shop", {"app": "db"}, {"team": "a"}, {("TCP", "sql"): 5432})
OTHER = Peer("127.9.1.3", "lab", {"app": "web"}, {"team": "b"})
HOST = Peer("127.0.0.1")


def policy(spec: dict[str, Any], namespace: str = "shop") -> dict[str, Any]:
    return admission.admit(NETWORK_POLICIES, {"metadata": {"name": "p", "namespace": namespace}, "spec": spec})


def reach(client: Peer, server: Peer, *specs: dict[str, Any], port: int = 5432, protocol: str = "TCP") -> bool:
    return allows([read(policy(spec)) for spec in specs], client, server, protocol, port)


APP_DB = {"matchLabels": {"app": "db"}}
APP_WEB = {"matchLabels": {"app": "web"}}
DENY_ALL = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def ingress(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"podSelector": APP_DB, "ingress": list(rules)}


def egress(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"podSelector": APP_WEB, "policyTypes": ["Egress"], "egress": list(rules)}


def test_without_policies_everything_is_allowed() -> None:
    assert reach(WEB, DB)
    assert reach(HOST, DB)
    assert reach(WEB, HOST)


def test_a_selected_pod_takes_what_a_rule_allows_and_nothing_else() -> None:
    from_web = ingress({"from": [{"podSelector": APP_WEB}]})
    assert reach(WEB, DB, from_web)
    assert not reach(OTHER, DB, from_web), "a podSelector alone means the policy's own namespace"
    assert not reach(HOST, DB, from_web)
    assert reach(DB, WEB, from_web), "others than the selected pods are not isolated"


def test_an_empty_rule_allows_everything_and_no_rule_nothing() -> None:
    assert reach(HOST, DB, ingress({}))
    assert reach(HOST, DB, ingress({"from": [], "ports": []}))
    assert not reach(WEB, DB, ingress())


def test_selectors_of_one_peer_are_both_meant_and_peers_are_alternatives() -> None:
    team_b = {"matchLabels": {"team": "b"}}
    both = ingress({"from": [{"namespaceSelector": team_b, "podSelector": APP_DB}]})
    either = ingress({"from": [{"namespaceSelector": team_b}, {"podSelector": APP_WEB}]})
    assert not reach(OTHER, DB, both)
    assert reach(OTHER, DB, either)
    assert reach(WEB, DB, either)
    everywhere = ingress({"from": [{"namespaceSelector": {}}]})
    assert reach(OTHER, DB, everywhere)
    assert not reach(HOST, DB, everywhere), "a namespaceSelector means pods"


def test_blocks_mean_addresses_with_exceptions() -> None:
    block = {"ipBlock": {"cidr": "127.0.0.0/8", "except": ["127.9.1.0/24"]}}
    assert reach(HOST, DB, ingress({"from": [block]}))
    assert not reach(WEB, DB, ingress({"from": [block]}))
    assert not reach(HOST, DB, ingress({"from": [{"ipBlock": {"cidr": "2001:db8::/32"}}]}))


@pytest.mark.parametrize(
    ("port", "is_open"),
    [
        ({"port": 5432}, True),
        ({"port": 80}, False),
        ({"port": "sql"}, True),
        ({"port": "http"}, False),
        ({"port": 5000, "endPort": 6000}, True),
        ({"port": 5433, "endPort": 6000}, False),
        ({"protocol": "TCP"}, True),
        ({"protocol": "UDP"}, False),
        ({"protocol": "UDP", "port": 5432}, False),
    ],
)
def test_ports_by_number_range_name_and_protocol(port: dict[str, Any], is_open: bool) -> None:
    assert reach(WEB, DB, ingress({"ports": [port]})) is is_open
    assert reach(WEB, DB, egress({"ports": [port]})) is is_open


def test_the_client_must_be_let_out_and_the_server_must_let_in() -> None:
    out, into = egress({"to": [{"podSelector": APP_DB}]}), ingress({"from": [{"podSelector": APP_WEB}]})
    assert reach(WEB, DB, out, into)
    assert not reach(WEB, DB, egress(), into)
    assert not reach(WEB, DB, out, ingress())


def test_policies_add_up() -> None:
    assert reach(WEB, DB, DENY_ALL, egress({}), ingress({}))
    assert not reach(WEB, DB, DENY_ALL, egress({}))


def test_a_pod_reaches_itself_whatever_is_denied() -> None:
    assert reach(DB, DB, DENY_ALL)


def test_types_are_those_that_are_named_else_ingress_and_egress_if_there_is_a_rule() -> None:
    assert policy({"podSelector": {}})["spec"]["policyTypes"] == ["Ingress"]
    assert policy({"podSelector": {}, "egress": [{}]})["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert policy({"podSelector": {}, "egress": []})["spec"]["policyTypes"] == ["Ingress"]
    named = policy({"podSelector": {}, "policyTypes": ["Egress"], "ingress": [{"ports": [{"port": 1}]}]})
    assert named["spec"]["policyTypes"] == ["Egress"]
    assert named["spec"]["ingress"][0]["ports"] == [{"port": 1, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ingress({"from": [{}]}), "spec.ingress[0].from[0]: Required value: must specify a peer"),
        (
            ingress({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}),
            "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
        ),
        (
            ingress({"from": [{"ipBlock": {"cidr": "10.0.0.0"}}]}),
            'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, '
            "(e.g. 10.9.8.0/24 or 2001:db8::/64)",
        ),
        (
            ingress({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}}]}),
            'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/9": must be a strict subset of `cidr`',
        ),
        (
            ingress({"ports": [{"port": 80, "endPort": 79}]}),
            "spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`",
        ),
        (
            ingress({"ports": [{"port": "http", "endPort": 80}]}),
            "spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric",
        ),
        (
            ingress({"ports": [{"endPort": 80}]}),
            "spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified",
        ),
        (
            ingress({"ports": [{"port": 0}]}),
            "spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            egress({"ports": [{"protocol": "ICMP"}]}),
            'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
        ),
        (
            {"podSelector": {}, "policyTypes": ["Both"]},
            'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Egress", "Ingress"',
        ),
        (
            {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Is"}]}},
            'spec.podSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
        ),
        (
            {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In"}]}},
            "spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or "
            "'NotIn'",
        ),
    ],
)
def test_what_is_wrong_is_refused_in_kubernetes_words(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError) as refused:
        policy(spec)
    assert refused.value.code == 422
    assert str(refused.value.status()["message"]) == f'NetworkPolicy.networking.k8s.io "p" is invalid: {words}'


labels = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2)
chosen = st.fixed_dictionaries({"matchLabels": labels})
blocks = st.sampled_from(
    [{"cidr": "127.0.0.0/8"}, {"cidr": "127.0.0.0/8", "except": ["127.9.0.0/17"]}, {"cidr": "127.9.0.2/32"}]
)
far_ends = st.one_of(
    st.fixed_dictionaries({"podSelector": chosen}),
    st.fixed_dictionaries({"namespaceSelector": chosen}),
    st.fixed_dictionaries({"namespaceSelector": chosen, "podSelector": chosen}),
    st.fixed_dictionaries({"ipBlock": blocks}),
)
open_ports = st.one_of(
    st.fixed_dictionaries({"port": st.sampled_from([1, 2, "one"])}),
    st.just({"port": 1, "endPort": 2}),
    st.just({"protocol": "UDP"}),
)
NAMESPACES = {"n1": {"a": "x"}, "n2": {"a": "y", "b": "x"}}
pods = st.builds(
    lambda number, namespace, own: Peer(
        f"127.9.{number % 2 * 128}.{number}", namespace, own, NAMESPACES[namespace], {("TCP", "one"): 1}
    ),
    st.integers(1, 4),
    st.sampled_from(list(NAMESPACES)),
    labels,
)
ends = st.one_of(pods, st.just(HOST))


@st.composite
def specs(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    def rules(far: str) -> Any:
        rule = st.fixed_dictionaries({far: st.lists(far_ends, max_size=2), "ports": st.lists(open_ports, max_size=2)})
        return draw(st.lists(rule, max_size=2))

    types = draw(st.lists(st.sampled_from(["Ingress", "Egress"]), max_size=2, unique=True))
    spec = {"podSelector": draw(chosen), "policyTypes": types, "ingress": rules("from"), "egress": rules("to")}
    return draw(st.sampled_from(list(NAMESPACES))), spec


def plainly(policies: list[dict[str, Any]], client: Peer, server: Peer, protocol: str, port: int) -> bool:
    """The documentation's sentences, one by one, without any sharing between directions."""

    def has(wanted: dict[str, Any] | None, have: Any) -> bool:
        return all(have.get(key) == value for key, value in ((wanted or {}).get("matchLabels") or {}).items())

    def is_peer(namespace: str, peer: dict[str, Any], end: Peer) -> bool:
        if "ipBlock" in peer:
            inside = ip_address(end.address) in ip_network(peer["ipBlock"]["cidr"])
            outside = any(ip_address(end.address) in ip_network(x) for x in peer["ipBlock"].get("except", ()))
            return inside and not outside
        if not end.namespace:
            return False
        if "namespaceSelector" in peer:
            return has(peer["namespaceSelector"], end.namespace_labels) and has(peer.get("podSelector"), end.labels)
        return end.namespace == namespace and has(peer["podSelector"], end.labels)

    def is_port(entry: dict[str, Any]) -> bool:
        if entry["protocol"] != protocol:
            return False
        wanted = entry.get("port")
        if isinstance(wanted, str):
            wanted = server.ports.get((protocol, wanted), -1)
        return wanted is None or port in range(wanted, entry.get("endPort", wanted) + 1)

    def is_open(own: Peer, other: Peer, direction: str, side: str, far: str) -> bool:
        isolated = False
        for each in policies:
            namespace, spec = each["metadata"]["namespace"], each["spec"]
            if namespace != own.namespace or not has(spec["podSelector"], own.labels):
                continue
            if direction not in spec["policyTypes"]:
                continue
            isolated = True
            for rule in spec.get(side) or ():
                peers, ports = rule.get(far) or [], rule.get("ports") or []
                if (not peers or any(is_peer(namespace, p, other) for p in peers)) and (
                    not ports or any(map(is_port, ports))
                ):
                    return True
        return not isolated

    if client.address == server.address:
        return True
    return is_open(client, server, "Egress", "egress", "to") and is_open(server, client, "Ingress", "ingress", "from")


@given(st.lists(specs(), max_size=4), ends, ends, st.sampled_from(["TCP", "UDP"]), st.integers(1, 3))
def test_it_is_what_the_documentation_says(
    written: list[tuple[str, dict[str, Any]]], client: Peer, server: Peer, protocol: str, port: int
) -> None:
    stored = [policy(spec, namespace) for namespace, spec in written]
    assert allows(map(read, stored), client, server, protocol, port) is plainly(stored, client, server, protocol, port)


@given(st.lists(specs(), min_size=1, max_size=4), ends, ends, st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_order_of_policies_means_nothing_and_an_open_one_only_opens(
    written: list[tuple[str, dict[str, Any]]], client: Peer, server: Peer, port: int, random: Any
) -> None:
    known = [read(policy(spec, namespace)) for namespace, spec in written]
    before = allows(known, client, server, "TCP", port)
    shuffled = list(known)
    random.shuffle(shuffled)
    assert allows(shuffled, client, server, "TCP", port) is before
    everything = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}
    opened = [*known, *(read(policy(everything, namespace)) for namespace in NAMESPACES)]
    assert allows(opened, client, server, "TCP", port)
