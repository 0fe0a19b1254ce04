"""Where pods go, and the scheduler's words where they go nowhere."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.scheduler import pod_requests
from simulator.cluster.scheduler.choosing import choose
from simulator.cluster.scheduler.node_info import Nodes
from simulator.cluster.store import Object

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def node(name: str, *, cpu: str = "4", pods: int = 100, taints: tuple[Object, ...] = (), **labels: str) -> Object:
    named = {HOST: name, **{key.replace("zone", ZONE): value for key, value in labels.items()}}
    size = {"cpu": cpu, "memory": "8Gi", "pods": str(pods), "ephemeral-storage": "10Gi"}
    spec = {"taints": list(taints)} if taints else {}
    return {"metadata": {"name": name, "labels": named}, "spec": spec, "status": {"allocatable": size}}


def pod(name: str, *, on: str = "", cpu: str = "", labels: Object | None = None, **spec: object) -> Object:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu}} if cpu else {}}
    own = {"containers": [container], **spec, **({"nodeName": on} if on else {})}
    return {"metadata": {"name": name, "namespace": "ns", "uid": name, "labels": labels or {}}, "spec": own}


def cluster(*objects: Object) -> Nodes:
    nodes = Nodes()
    for each in objects:
        (nodes.put if "containers" in each["spec"] else nodes.put_node)(each)
    return nodes


def near(selector: Object, key: str = HOST, *, anti: bool = False) -> Object:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": selector}}
    part = "podAntiAffinity" if anti else "podAffinity"
    return {part: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def on_nodes(*expressions: Object, fields: tuple[Object, ...] = ()) -> Object:
    term = {"matchExpressions": list(expressions), "matchFields": list(fields)}
    required = {"nodeSelectorTerms": [term]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def evenly(key: str, *, when: str = "DoNotSchedule", skew: int = 1, **more: object) -> list[Object]:
    selector = {"matchLabels": {"app": "web"}}
    return [{"topologyKey": key, "maxSkew": skew, "whenUnsatisfiable": when, "labelSelector": selector, **more}]


def message(*reasons: str, count: int, final: int) -> str:
    after = {"Preemption is not helpful for scheduling": final}
    after["No preemption victims found for incoming pod"] = count - final
    tail = ", ".join(sorted(f"{n} {text}" for text, n in after.items() if n))
    start = f"0/{count} nodes are available"
    return f"{start}: {', '.join(reasons)}. no new claims to deallocate, preemption: {start}: {tail}."


WEB = {"app": "web"}
DEDICATED = {"key": "dedicated", "value": "db", "effect": "NoSchedule"}


def test_three_nodes_refuse_in_the_schedulers_words() -> None:
    nodes = cluster(
        node("a", cpu="1"), node("b", taints=(DEDICATED,)), node("c", taints=(DEDICATED,)), pod("x", on="a")
    )
    found = choose(pod("p", cpu="1500m"), nodes)
    assert found.message == message("1 Insufficient cpu", "2 node(s) had untolerated taint(s)", count=3, final=3)


def test_a_node_that_is_only_full_could_be_freed() -> None:
    nodes = cluster(node("a", cpu="1"), pod("x", on="a", cpu="800m"))
    assert choose(pod("p", cpu="500m"), nodes).message == message("1 Insufficient cpu", count=1, final=0)


def test_without_nodes_there_is_another_sentence() -> None:
    assert choose(pod("p"), Nodes()).message == "no nodes available to schedule pods"


REFUSALS: dict[str, tuple[Object, tuple[Object, ...], str, bool]] = {
    "cordoned": (
        pod("p"),
        ({**node("a"), "spec": {"unschedulable": True}},),
        "node(s) were unschedulable",
        True,
    ),
    "selector": (
        pod("p", nodeSelector={"disk": "ssd"}),
        (node("a"),),
        "node(s) didn't match Pod's node affinity/selector",
        True,
    ),
    "host port": (
        pod("p", containers=[{"name": "c", "ports": [{"hostPort": 80, "protocol": "TCP"}]}]),
        (node("a"), pod("x", on="a", containers=[{"name": "c", "ports": [{"hostPort": 80, "protocol": "TCP"}]}])),
        "node(s) didn't have free ports for the requested pod ports",
        False,
    ),
    "pods": (pod("p"), (node("a", pods=1), pod("x", on="a")), "Too many pods", False),
    "affinity": (pod("p", affinity=near(WEB)), (node("a"),), "node(s) didn't match pod affinity rules", True),
    "anti-affinity": (
        pod("p", affinity=near(WEB, anti=True)),
        (node("a"), pod("x", on="a", labels=WEB)),
        "node(s) didn't match pod anti-affinity rules",
        False,
    ),
    "symmetric": (
        pod("p", labels=WEB),
        (node("a"), pod("x", on="a", affinity=near(WEB, anti=True))),
        "node(s) didn't satisfy existing pods anti-affinity rules",
        False,
    ),
    "spread": (
        pod("p", labels=WEB, topologySpreadConstraints=evenly(HOST, minDomains=2)),
        (node("a"), pod("x", on="a", labels=WEB)),
        "node(s) didn't match pod topology spread constraints",
        False,
    ),
    "no label": (
        pod("p", labels=WEB, topologySpreadConstraints=evenly(ZONE)),
        (node("a"),),
        "node(s) didn't match pod topology spread constraints (missing required label)",
        True,
    ),
    "memory": (
        pod("p", containers=[{"name": "c", "resources": {"requests": {"memory": "9Gi"}}}]),
        (node("a"),),
        "Insufficient memory",
        True,
    ),
}


@pytest.mark.parametrize(("who", "world", "why", "is_final"), REFUSALS.values(), ids=REFUSALS.keys())
def test_each_filter_has_its_words(who: Object, world: tuple[Object, ...], why: str, is_final: bool) -> None:
    assert choose(who, cluster(*world)).message == message(f"1 {why}", count=1, final=int(is_final))


@pytest.mark.parametrize(
    ("requirement", "fits"),
    [
        ({"key": "disk", "operator": "In", "values": ["ssd", "nvme"]}, True),
        ({"key": "disk", "operator": "NotIn", "values": ["ssd"]}, False),
        ({"key": "gpu", "operator": "NotIn", "values": ["a"]}, True),
        ({"key": "disk", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "DoesNotExist"}, True),
        ({"key": "cores", "operator": "Gt", "values": ["4"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["8"]}, False),
        ({"key": "disk", "operator": "Gt", "values": ["1"]}, False),
    ],
)
def test_node_affinity_knows_every_operator(requirement: Object, fits: bool) -> None:
    nodes = cluster(node("a", disk="ssd", cores="8"))
    assert (choose(pod("p", affinity=on_nodes(requirement)), nodes).node == "a") is fits


def test_a_node_can_be_chosen_by_its_name_as_daemon_sets_do() -> None:
    by_name = {"key": "metadata.name", "operator": "In", "values": ["b"]}
    assert choose(pod("p", affinity=on_nodes(fields=(by_name,))), cluster(node("a"), node("b"))).node == "b"


def test_the_first_of_a_group_that_wants_to_be_together_goes_anywhere_and_the_next_follow() -> None:
    nodes = cluster(node("a"), node("b"))
    first = choose(pod("p", labels=WEB, affinity=near(WEB)), nodes).node
    assert first is not None
    nodes.put(pod("p", on=first, labels=WEB, affinity=near(WEB)))
    assert choose(pod("q", labels=WEB, affinity=near(WEB)), nodes).node == first


def test_preferences_are_weighed_and_yield() -> None:
    soft = {"key": "slow", "effect": "PreferNoSchedule"}
    nodes = cluster(node("a", taints=(soft,)), node("b"))
    assert choose(pod("p"), nodes).node == "b"
    preferred = {"weight": 100, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}
    wish = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [preferred]}}
    assert choose(pod("p", affinity=wish), cluster(node("a"), node("b", disk="x"))).node == "b"
    assert choose(pod("p", affinity=wish), cluster(node("a"))).node == "a"


def test_pods_that_prefer_company_or_distance_get_it() -> None:
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": WEB}}
    entry = [{"weight": 100, "podAffinityTerm": term}]
    nodes = cluster(node("a"), node("b"), pod("x", on="b", labels=WEB))
    key = "preferredDuringSchedulingIgnoredDuringExecution"
    assert choose(pod("p", affinity={"podAffinity": {key: entry}}), nodes).node == "b"
    assert choose(pod("p", affinity={"podAntiAffinity": {key: entry}}), nodes).node == "a"


def test_a_zone_is_a_place_as_well() -> None:
    nodes = cluster(node("a", zone="1"), node("b", zone="1"), node("c", zone="2"), pod("x", on="a", labels=WEB))
    assert choose(pod("p", affinity=near(WEB, ZONE, anti=True)), nodes).node == "c"
    assert choose(pod("p", labels=WEB, topologySpreadConstraints=evenly(ZONE)), nodes).node == "c"
    assert (
        choose(pod("p", labels=WEB, topologySpreadConstraints=evenly(ZONE, when="ScheduleAnyway")), nodes).node == "c"
    )


def test_what_is_over_or_gone_holds_nothing() -> None:
    nodes = cluster(node("a", cpu="1"), pod("x", on="a", cpu="1"))
    assert choose(pod("p", cpu="1"), nodes).node is None
    assert nodes.put({**pod("x", on="a", cpu="1"), "status": {"phase": "Succeeded"}})
    assert choose(pod("p", cpu="1"), nodes).node == "a"


def test_requests_are_those_of_all_containers_or_the_largest_init_container() -> None:
    def one(cpu: str, **more: str) -> Object:
        return {"name": "c", "resources": {"requests": {"cpu": cpu}}, **more}

    containers = [one("100m"), one("200m")]
    assert pod_requests.requests({"containers": containers}) == {"cpu": 300}
    assert pod_requests.requests({"containers": containers, "initContainers": [one("1")]}) == {"cpu": 1000}
    sidecar = one("50m", restartPolicy="Always")
    assert pod_requests.requests({"containers": containers, "initContainers": [sidecar]}) == {"cpu": 350}


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["", "a", "b"]), st.integers(0, 3)), max_size=40))
def test_sums_are_those_of_the_pods_that_are_there(story: list[tuple[int, str, int]]) -> None:
    nodes = cluster(node("a"), node("b"))
    held: dict[str, tuple[str, int]] = {}
    for number, on, cpu in story:
        name = f"p{number}"
        if name in held and on != held[name][0]:
            nodes.drop(name)
            del held[name]
        elif on and name not in held:
            nodes.put(pod(name, on=on, cpu=str(cpu)))
            held[name] = (on, cpu)
    for info in nodes.all():
        assert info.requested["cpu"] == 1000 * sum(cpu for on, cpu in held.values() if on == info.name)
        assert info.count == sum(info.groups.values()) == sum(on == info.name for on, _ in held.values())


@given(st.integers(1, 6), st.integers(0, 30))
def test_pods_of_one_workload_are_spread_evenly(count: int, replicas: int) -> None:
    nodes = cluster(*(node(f"n{index}") for index in range(count)))
    for index in range(replicas):
        name = choose(pod(f"p{index}", labels=WEB), nodes).node
        assert name is not None
        nodes.put(pod(f"p{index}", on=name, labels=WEB))
    counts = [info.count for info in nodes.all()]
    assert max(counts) - min(counts) <= 1


def test_a_decision_does_not_look_through_all_pods() -> None:
    nodes = cluster(*(node(f"n{index}", pods=10_000, cpu="10000") for index in range(4)))

    def seconds(first: int, count: int) -> float:
        start = time.process_time()
        for index in range(first, first + count):
            chosen = choose(pod(f"p{index}", labels=WEB, cpu="10m"), nodes).node
            assert chosen is not None
            nodes.put(pod(f"p{index}", on=chosen, labels=WEB, cpu="10m"))
        return time.process_time() - start

    def quickest(first: int) -> float:
        """Of six batches: what else the machine does makes some of them slow, and none quick."""
        return min(seconds(first + batch * 50, 50) for batch in range(6))

    few = quickest(0)
    seconds(300, 2000)
    assert quickest(2300) < 3 * few + 0.02
