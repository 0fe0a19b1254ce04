"""The decision: filter the nodes, score what is left, or say why nothing is left. Pure.

Filters, their order, their words and the weights of the scores are those of kube-scheduler's default profile; image
locality is the same everywhere here. Nobody is preempted, for all pods have one priority.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.cluster.objects import tolerations
from simulator.cluster.scheduler import node_affinity
from simulator.cluster.scheduler.node_info import NodeInfo, Nodes, PodInfo, pod_info
from simulator.cluster.scheduler.pod_affinity import NOT_NEAR, PodAffinity
from simulator.cluster.scheduler.spreading import NO_LABEL, Spreading
from simulator.cluster.store import Object

NONE_AT_ALL = "no nodes available to schedule pods"
_CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_CORDONED = "node(s) were unschedulable"
_TAINTED = "node(s) had untolerated taint(s)"
_NO_MATCH = "node(s) didn't match Pod's node affinity/selector"
_NO_PORTS = "node(s) didn't have free ports for the requested pod ports"
_FULL = "Too many pods"
_FINAL = {_CORDONED, _TAINTED, _NO_MATCH, NOT_NEAR, NO_LABEL}
"""What no eviction of other pods would change."""


@dataclass(frozen=True)
class Choice:
    """A node's name, or the message of FailedScheduling."""

    node: str | None
    message: str = ""


def choose(pod: Object, nodes: Nodes) -> Choice:
    """Where the pod goes."""
    info, every = pod_info(pod), nodes.all()
    if not every:
        return Choice(None, NONE_AT_ALL)
    affinity, spreading = PodAffinity(info, nodes), Spreading(pod["spec"], info, every)
    refusals = {node.name: refusal(pod["spec"], info, node, affinity, spreading) for node in every}
    left = [node for node in every if not refusals[node.name]]
    if not left:
        return Choice(None, _words(info, every, refusals))
    totals = _scores(pod["spec"], info, left, affinity, spreading)
    best = max(left, key=lambda node: (totals[node.name], -node.count))
    return Choice(best.name)


def refused(why: str, nodes: Nodes) -> Choice:
    """What is said where no node was looked at, because `why` holds for all of them."""
    total = f"0/{len(nodes.all())} nodes are available"
    after = f"{len(nodes.all())} Preemption is not helpful for scheduling"
    return Choice(None, f"{total}: {why}. no new claims to deallocate, preemption: {total}: {after}.")


def refusal(
    spec: Mapping[str, Any], pod: PodInfo, node: NodeInfo, affinity: PodAffinity, spreading: Spreading
) -> tuple[str, ...]:
    """Why the node does not take the pod: the reasons of the first filter that refuses it."""
    assert node.object is not None
    covered = spec.get("tolerations") or ()
    if node.object["spec"].get("unschedulable") and tolerations.untolerated(covered, [_CORDON], "NoSchedule"):
        return (_CORDONED,)
    taints = node.object["spec"].get("taints") or ()
    if tolerations.untolerated(covered, taints, "NoSchedule", "NoExecute"):
        return (_TAINTED,)
    if not node_affinity.fits(spec, node):
        return (_NO_MATCH,)
    if any(_clash(port, taken) for port in pod.ports for taken in node.ports):
        return (_NO_PORTS,)
    if short := tuple(_shortages(pod, node)):
        return short
    why = spreading.refusal(node) or affinity.refusal(node)
    return (why,) if why else ()


def _shortages(pod: PodInfo, node: NodeInfo) -> Sequence[str]:
    found = []
    if node.count + 1 > node.allocatable.get("pods", 0):
        found.append(_FULL)
    for name, amount in sorted(pod.requests.items()):
        if amount > 0 and amount > node.allocatable.get(name, 0) - node.requested[name]:
            found.append(f"Insufficient {name}")
    return found


def _clash(port: tuple[str, str, int], taken: tuple[str, str, int]) -> bool:
    return port[1:] == taken[1:] and (port[0] == taken[0] or "" in (port[0], taken[0]))


def _words(pod: PodInfo, nodes: Sequence[NodeInfo], refusals: Mapping[str, tuple[str, ...]]) -> str:
    """FitError's message, and what DefaultPreemption adds."""
    reasons = Counter(why for whys in refusals.values() for why in whys)
    final = sum(_is_final(pod, node, refusals[node.name]) for node in nodes)
    after = {
        "Preemption is not helpful for scheduling": final,
        "No preemption victims found for incoming pod": len(nodes) - final,
    }
    total = f"0/{len(nodes)} nodes are available"
    return f"{total}: {_histogram(reasons)}. no new claims to deallocate, preemption: {total}: {_histogram(after)}."


def _is_final(pod: PodInfo, node: NodeInfo, reasons: Sequence[str]) -> bool:
    """An empty node would not take it either."""
    is_too_large = any(amount > node.allocatable.get(name, 0) for name, amount in pod.requests.items())
    return bool(_FINAL & set(reasons)) or (is_too_large and any(each.startswith("Insufficient") for each in reasons))


def _histogram(reasons: Mapping[str, int]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items() if count))


def _scores(
    spec: Mapping[str, Any], pod: PodInfo, nodes: Sequence[NodeInfo], affinity: PodAffinity, spreading: Spreading
) -> dict[str, float]:
    soft = [_soft_taints(spec, node) for node in nodes]
    wanted = [float(node_affinity.preference(spec, node)) for node in nodes]
    crowds = [spreading.crowding(node) for node in nodes]
    near = [float(affinity.score(node)) for node in nodes] if affinity.has_preferences else [0.0] * len(nodes)
    rows = (
        (3, [100 - value for value in _of_largest(soft, 100)]),
        (2, _of_largest(wanted, 100)),
        (2, [100 - value for value in _between(crowds)]),
        (2, _between(near)),
        (1, [_room(pod, node) for node in nodes]),
        (1, [_balance(pod, node) for node in nodes]),
    )
    return {node.name: sum(weight * values[index] for weight, values in rows) for index, node in enumerate(nodes)}


def _soft_taints(spec: Mapping[str, Any], node: NodeInfo) -> float:
    taints = (node.object or {"spec": {}})["spec"].get("taints") or ()
    soft = [taint for taint in taints if taint["effect"] == "PreferNoSchedule"]
    return sum(tolerations.untolerated(spec.get("tolerations") or (), [t], t["effect"]) is not None for t in soft)


def _of_largest(values: Sequence[float], scale: float) -> list[float]:
    largest = max(values)
    return [scale * value / largest if largest else 0.0 for value in values]


def _between(values: Sequence[float]) -> list[float]:
    """From 0 for the least to 100 for the most; all 0 where they are the same."""
    least, most = min(values), max(values)
    return [100 * (value - least) / (most - least) if most > least else 0.0 for value in values]


def _shares(pod: PodInfo, node: NodeInfo) -> list[float]:
    """The parts of cpu and memory that would be used, requests that are not made guessed."""
    return [
        min(1.0, (node.guessed[name] + pod.guessed.get(name, 0)) / node.allocatable[name])
        for name in ("cpu", "memory")
        if node.allocatable.get(name)
    ]


def _room(pod: PodInfo, node: NodeInfo) -> float:
    shares = _shares(pod, node)
    return 100 * (1 - sum(shares) / len(shares)) if shares else 0.0


def _balance(pod: PodInfo, node: NodeInfo) -> float:
    shares = _shares(pod, node)
    return 100 * (1 - abs(shares[0] - shares[1]) / 2) if len(shares) == 2 else 0.0
