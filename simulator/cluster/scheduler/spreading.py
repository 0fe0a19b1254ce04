"""Even numbers over topologies (the plug-in PodTopologySpread, with its system defaults). Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.cluster.objects import tolerations
from simulator.cluster.scheduler import node_affinity
from simulator.cluster.scheduler.node_info import NodeInfo, PodInfo
from simulator.cluster.scheduler.terms import as_text, matches, with_keys

NOT_EVEN = "node(s) didn't match pod topology spread constraints"
NO_LABEL = f"{NOT_EVEN} (missing required label)"
_DEFAULTS = (("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5))


@dataclass
class _Constraint:
    key: str
    max_skew: int
    counts: dict[str, int] = field(default_factory=dict)
    least: int = 0
    is_counted: bool = True  # the pod itself matches the selector

    def skew(self, value: str) -> int:
        return self.counts.get(value, 0) + self.is_counted - self.least


class Spreading:
    """One pod's constraints over all nodes."""

    def __init__(self, spec: Mapping[str, Any], pod: PodInfo, nodes: Sequence[NodeInfo]) -> None:
        self._hard: list[_Constraint] = []
        self._soft: list[_Constraint] = []
        raws = spec.get("topologySpreadConstraints") or ()
        for raw in raws:
            counted = _explicit(raw, spec, pod, nodes, [each["topologyKey"] for each in raws])
            hard = raw["whenUnsatisfiable"] == "DoNotSchedule"
            (self._hard if hard else self._soft).append(counted)
        if not raws and pod.spread_group[1]:
            for key, max_skew in _DEFAULTS:
                counts = _counts(key, nodes, lambda node: node.spread.get(pod.spread_group, 0))
                self._soft.append(_Constraint(key, max_skew, counts))

    def refusal(self, node: NodeInfo) -> str | None:
        """Why the node does not suit, or None."""
        if any(each.key not in node.labels for each in self._hard):
            return NO_LABEL
        if any(each.skew(node.labels[each.key]) > each.max_skew for each in self._hard):
            return NOT_EVEN
        return None

    def crowding(self, node: NodeInfo) -> float:
        """How many like pods are near already, over all soft constraints; less is better."""
        return sum(
            each.counts.get(node.labels[each.key], 0) * math.log(len(each.counts) + 2) + each.max_skew - 1
            for each in self._soft
            if each.key in node.labels
        )


def _explicit(
    raw: Mapping[str, Any], spec: Mapping[str, Any], pod: PodInfo, nodes: Sequence[NodeInfo], keys: Sequence[str]
) -> _Constraint:
    labels = dict(pod.group[1])
    selector = as_text(with_keys(raw.get("labelSelector"), labels, raw.get("matchLabelKeys") or (), "In"))

    def count(node: NodeInfo) -> int:
        return sum(n for (space, have), n in node.living.items() if space == pod.group[0] and matches(selector, have))

    eligible = [node for node in nodes if _is_eligible(raw, spec, node, keys)]
    result = _Constraint(raw["topologyKey"], raw["maxSkew"], _counts(raw["topologyKey"], eligible, count))
    result.is_counted = matches(selector, pod.group[1])
    is_enough = len(result.counts) >= (raw.get("minDomains") or 1)
    result.least = min(result.counts.values(), default=0) if is_enough else 0
    return result


def _is_eligible(raw: Mapping[str, Any], spec: Mapping[str, Any], node: NodeInfo, keys: Sequence[str]) -> bool:
    if any(key not in node.labels for key in keys):
        return False
    if raw.get("nodeAffinityPolicy", "Honor") == "Honor" and not node_affinity.fits(spec, node):
        return False
    if raw.get("nodeTaintsPolicy", "Ignore") != "Honor" or node.object is None:
        return True
    taints = node.object["spec"].get("taints") or ()
    return tolerations.untolerated(spec.get("tolerations") or (), taints, "NoSchedule", "NoExecute") is None


def _counts(key: str, nodes: Sequence[NodeInfo], count: Callable[[NodeInfo], int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for node in nodes:
        if key in node.labels:
            counts[node.labels[key]] = counts.get(node.labels[key], 0) + count(node)
    return counts
