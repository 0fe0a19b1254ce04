"""What the scheduler keeps of pods and nodes, so that a decision looks at nodes and never through all pods."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from simulator.cluster.objects import states
from simulator.cluster.scheduler import pod_requests
from simulator.cluster.scheduler.pod_requests import UNSAID, Amounts
from simulator.cluster.scheduler.terms import Group, NamespaceLabels, Term, term
from simulator.cluster.store import Object

Port = tuple[str, str, int]
"""Host address ("" is every one), protocol and number."""
_T = TypeVar("_T")
_ONE_POD_ONLY = ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash")


@dataclass(frozen=True)
class PodInfo:
    """One pod, read once. `spread_group` is shared by the pods of one workload."""

    group: Group
    spread_group: Group
    is_ending: bool
    requests: Amounts
    guessed: Amounts
    ports: frozenset[Port]
    wants: tuple[Term, ...]
    shuns: tuple[Term, ...]
    likes: tuple[tuple[Term, int], ...]


def pod_info(pod: Object) -> PodInfo:
    """What scheduling needs of a pod."""
    meta, spec = pod["metadata"], pod["spec"]
    labels: Mapping[str, str] = meta.get("labels") or {}
    affinity = spec.get("affinity") or {}
    with_, against = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
    shared = {key: value for key, value in labels.items() if key not in _ONE_POD_ONLY}

    def terms(part: Mapping[str, Any]) -> tuple[Term, ...]:
        raw = part.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
        return tuple(term(each, meta["namespace"], labels) for each in raw)

    def weighted(part: Mapping[str, Any], sign: int) -> Iterator[tuple[Term, int]]:
        for each in part.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            yield term(each["podAffinityTerm"], meta["namespace"], labels), sign * each["weight"]

    return PodInfo(
        (meta["namespace"], frozenset(labels.items())),
        (meta["namespace"], frozenset(shared.items())),
        bool(meta.get("deletionTimestamp")),
        pod_requests.requests(spec),
        pod_requests.requests(spec, UNSAID),
        frozenset(_ports(spec)),
        terms(with_),
        terms(against),
        (*weighted(with_, 1), *weighted(against, -1)),
    )


class NodeInfo:
    """One node and the sums over its pods."""

    def __init__(self) -> None:
        self.object: Object | None = None
        self.labels: Mapping[str, str] = {}
        self.allocatable: Amounts = {}
        self.count = 0
        self.requested: Counter[str] = Counter()
        self.guessed: Counter[str] = Counter()
        self.groups: Counter[Group] = Counter()
        self.living: Counter[Group] = Counter()
        self.spread: Counter[Group] = Counter()
        self.ports: Counter[Port] = Counter()
        self.shuns: Counter[Term] = Counter()
        self.likes: Counter[tuple[Term, int]] = Counter()

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.object["metadata"]["name"]) if self.object else ""

    def add(self, pod: PodInfo, sign: int = 1) -> None:
        """Take a pod into the sums, or with `sign` -1 out of them."""
        self.count += sign
        for into, what in ((self.requested, pod.requests), (self.guessed, pod.guessed)):
            for name, amount in what.items():
                into[name] += sign * amount
        _count(self.groups, pod.group, sign)
        if not pod.is_ending:
            _count(self.living, pod.group, sign)
            _count(self.spread, pod.spread_group, sign)
        for port in pod.ports:
            _count(self.ports, port, sign)
        for each in pod.shuns:
            _count(self.shuns, each, sign)
        for like in pod.likes:
            _count(self.likes, like, sign)


class Nodes:
    """All nodes. `put` and `drop` keep the sums; a pod is known by its uid."""

    def __init__(self, namespace_labels: NamespaceLabels = lambda _: {}) -> None:
        self.namespace_labels = namespace_labels
        self._nodes: dict[str, NodeInfo] = {}
        self._pods: dict[str, tuple[str, PodInfo]] = {}

    def all(self) -> list[NodeInfo]:
        """Those that there are, in order of name."""
        return [self._nodes[name] for name in sorted(self._nodes) if self._nodes[name].object is not None]

    def put_node(self, node: Object) -> None:
        """A node as it is now."""
        info = self._nodes.setdefault(node["metadata"]["name"], NodeInfo())
        info.object = node
        info.labels = node["metadata"].get("labels") or {}
        info.allocatable = pod_requests.amounts((node.get("status") or {}).get("allocatable"))

    def drop_node(self, name: str) -> None:
        """The node is gone; its pods are still counted, in case that it comes back."""
        if name in self._nodes:
            self._nodes[name].object = None

    def put(self, pod: Object) -> bool:
        """A pod as it is now; True where it holds less than before, so that others may fit."""
        meta, node = pod["metadata"], pod["spec"].get("nodeName")
        if not node or states.is_over(pod):
            return self.drop(meta["uid"])
        known = self._pods.get(meta["uid"])
        seen = (frozenset((meta.get("labels") or {}).items()), bool(meta.get("deletionTimestamp")))
        if known is not None and (known[1].group[1], known[1].is_ending) == seen:
            return False
        self.drop(meta["uid"])
        info = pod_info(pod)
        self._pods[meta["uid"]] = (node, info)
        self._nodes.setdefault(node, NodeInfo()).add(info)
        return known is not None

    def drop(self, uid: str) -> bool:
        """A pod that holds nothing any more; False where it held nothing before."""
        node, info = self._pods.pop(uid, ("", None))
        if info is None:
            return False
        self._nodes[node].add(info, -1)
        return True


def _ports(spec: Mapping[str, Any]) -> Iterator[Port]:
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in [*spec["containers"], *sidecars]:
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                address = port.get("hostIP") or ""
                yield "" if address == "0.0.0.0" else address, port.get("protocol", "TCP"), port["hostPort"]


def _count(counter: Counter[_T], key: _T, sign: int) -> None:
    counter[key] += sign
    if not counter[key]:
        del counter[key]
