"""On which nodes a DaemonSet's pods belong, and which are made and taken away next (pkg/controller/daemon). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.cluster.controllers.rolling import scaled
from simulator.cluster.controllers.templates import revision_of
from simulator.cluster.objects import states, tolerations
from simulator.cluster.scheduler import node_affinity
from simulator.cluster.scheduler.node_info import NodeInfo
from simulator.cluster.store import Object

_ALWAYS = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_HOST_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")


@dataclass(frozen=True)
class Place:
    """One node as a DaemonSet sees it, with its pods of the set, oldest first."""

    node: str
    should_run: bool
    may_stay: bool
    pods: tuple[Object, ...] = ()

    def living(self) -> list[Object]:
        """Those that are not being deleted."""
        return [pod for pod in self.pods if not states.is_marked(pod)]


@dataclass(frozen=True)
class Step:
    """Nodes that get a pod, pods that go; `failed` among these are worth an event."""

    create: tuple[str, ...] = ()
    delete: tuple[Object, ...] = ()
    failed: tuple[Object, ...] = field(default=())


def places(daemon_set: Object, nodes: Iterable[Object], pods: Iterable[Object]) -> list[Place]:
    """Every node, and every name of a node that is gone but still has pods."""
    by_node: dict[str, list[Object]] = {}
    for pod in sorted(pods, key=lambda each: str(each["metadata"].get("creationTimestamp"))):
        by_node.setdefault(target_of(pod), []).append(pod)
    found = []
    for node in nodes:
        name = node["metadata"]["name"]
        should_run, may_stay = belongs(daemon_set, node)
        found.append(Place(name, should_run, may_stay, tuple(by_node.pop(name, ()))))
    return found + [Place(name, False, False, tuple(left)) for name, left in by_node.items()]


def belongs(daemon_set: Object, node: Object) -> tuple[bool, bool]:
    """Whether a pod is to run on the node, and whether one that is there may stay."""
    spec = daemon_set["spec"]["template"]["spec"]
    info = NodeInfo()
    info.object, info.labels = node, node["metadata"].get("labels") or {}
    if spec.get("nodeName", info.name) != info.name or not node_affinity.fits(spec, info):
        return False, False
    covered, taints = tolerated(spec), node["spec"].get("taints") or ()
    may_stay = tolerations.untolerated(covered, taints, "NoExecute") is None
    return may_stay and tolerations.untolerated(covered, taints, "NoSchedule") is None, may_stay


def tolerated(spec: Mapping[str, Any]) -> list[Object]:
    """The template's tolerations and those that every daemon has."""
    more = [*_ALWAYS, *([_HOST_NETWORK] if spec.get("hostNetwork") else [])]
    own = [dict(each) for each in spec.get("tolerations") or ()]
    new = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in more]
    return own + [each for each in new if each not in own]


def bound_to(spec: Mapping[str, Any], node: str) -> Object:
    """The template's PodSpec for one node: the scheduler finds it by a required affinity to the node's name."""
    name = {"key": "metadata.name", "operator": "In", "values": [node]}
    affinity = spec.get("affinity") or {}
    by_node = {
        **(affinity.get("nodeAffinity") or {}),
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [name]}]},
    }
    return {**spec, "affinity": {**affinity, "nodeAffinity": by_node}, "tolerations": tolerated(spec)}


def target_of(pod: Object) -> str:
    """The node that a pod is on or meant for; "" if nothing says so."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    by_node = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = by_node.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for each in term.get("matchFields") or ():
            if each["key"] == "metadata.name" and each["operator"] == "In" and len(each["values"]) == 1:
                return str(each["values"][0])
    return ""


def next_step(daemon_set: Object, found: Sequence[Place], revision: str, now: datetime) -> Step:
    """One pod on each node that is to have one; then, if nothing is amiss, some pods of another revision go."""
    create, delete, failed = [], list[Object](), list[Object]()
    for place in found:
        over = [pod for pod in place.living() if states.is_over(pod)]
        running = [pod for pod in place.living() if pod not in over]
        if place.should_run and not place.pods:
            create.append(place.node)
        elif not place.may_stay:
            delete += place.living()
        else:
            failed += over
            delete += over + _excess(daemon_set, running, revision, now)
            if not running and place.should_run and surge_of(daemon_set, len(found)) and not over:
                create.append(place.node)
    if daemon_set["spec"]["updateStrategy"]["type"] == "RollingUpdate":
        more, gone = _update(daemon_set, found, revision, now)
        create += [node for node in more if node not in create]
        delete += [pod for pod in gone if pod not in delete]
    return Step(tuple(create), tuple(delete), tuple(failed))


def surge_of(daemon_set: Object, nodes: int) -> int:
    """How many nodes may have two pods for a while."""
    rolling = daemon_set["spec"]["updateStrategy"].get("rollingUpdate") or {}
    return scaled(rolling.get("maxSurge", 0), nodes)


def status_of(daemon_set: Object, found: Sequence[Place], revision: str, collisions: int, now: datetime) -> Object:
    """The whole status; counts that are left out at 0 are those that an API server leaves out."""
    wanted = [place for place in found if place.should_run]
    oldest = [place.pods[0] for place in wanted if place.pods]
    available = sum(_is_available(daemon_set, pod, now) for pod in oldest)
    counts = {
        "updatedNumberScheduled": sum(revision_of(pod) == revision for pod in oldest),
        "numberAvailable": available,
        "numberUnavailable": len(wanted) - available,
        "collisionCount": collisions,
    }
    return {
        "currentNumberScheduled": len(oldest),
        "numberMisscheduled": sum(bool(place.pods) and not place.should_run for place in found),
        "desiredNumberScheduled": len(wanted),
        "numberReady": sum(states.is_ready(pod) for pod in oldest),
        "observedGeneration": daemon_set["metadata"].get("generation", 1),
        **{name: count for name, count in counts.items() if count},
    }


def _excess(daemon_set: Object, running: Sequence[Object], revision: str, now: datetime) -> list[Object]:
    """All but the oldest; with a surge a new pod may stand beside an old one until it is available."""
    if not surge_of(daemon_set, 1):
        return list(running[1:])
    new = [pod for pod in running if revision_of(pod) == revision]
    old = [pod for pod in running if revision_of(pod) != revision]
    spare = [*new[1:], *old[1:]]
    if new and old and (not states.is_ready(old[0]) or _is_available(daemon_set, new[0], now)):
        spare.append(old[0])
    return spare


def _update(daemon_set: Object, found: Sequence[Place], revision: str, now: datetime) -> tuple[list[str], list[Object]]:
    """Nodes that get a pod beside an old one, and old pods that go: those that serve nobody, and as many as may."""
    wanted = [place for place in found if place.should_run]
    surge = surge_of(daemon_set, len(wanted))
    rolling = daemon_set["spec"]["updateStrategy"].get("rollingUpdate") or {}
    unavailable = scaled(rolling.get("maxUnavailable", 1), len(wanted)) or int(not surge)
    at_once, in_turn, busy = list[tuple[str, Object]](), list[tuple[str, Object]](), 0
    for place in wanted:
        new = [pod for pod in place.living() if revision_of(pod) == revision]
        old = [pod for pod in place.living() if revision_of(pod) != revision]
        if len(old) == 1 and not new:
            is_serving = _is_available(daemon_set, old[0], now)
            (in_turn if is_serving else at_once).append((place.node, old[0]))
            busy += not is_serving and not surge
        elif surge:
            busy += bool(old) and not any(_is_available(daemon_set, pod, now) for pod in new)
        else:
            busy += not (len(new) == 1 and not old and _is_available(daemon_set, new[0], now))
    chosen = at_once + in_turn[: max(0, (surge or unavailable) - busy)]
    return ([node for node, _ in chosen], []) if surge else ([], [pod for _, pod in chosen])


def _is_available(daemon_set: Object, pod: Object, now: datetime) -> bool:
    return states.available_in_s(pod, daemon_set["spec"].get("minReadySeconds") or 0, now) == 0
