"""Pods that want to be near others, or far from them (the plug-in InterPodAffinity). Pure."""

from collections import Counter

from simulator.cluster.scheduler.node_info import NodeInfo, Nodes, PodInfo
from simulator.cluster.scheduler.terms import Term

NOT_NEAR = "node(s) didn't match pod affinity rules"
NOT_FAR = "node(s) didn't match pod anti-affinity rules"
SHUNNED = "node(s) didn't satisfy existing pods anti-affinity rules"

Place = tuple[str, str]
"""A topology key and its value."""


class PodAffinity:
    """One pod's rules, and those of the pods that are there, counted by place."""

    def __init__(self, pod: PodInfo, nodes: Nodes) -> None:
        self._pod = pod
        self._near: Counter[Place] = Counter()
        self._far: Counter[Place] = Counter()
        self._shunned: set[Place] = set()
        self._scores: Counter[Place] = Counter()
        self._own = nodes.namespace_labels
        for node in nodes.all():
            self._count(node, nodes)

    def refusal(self, node: NodeInfo) -> str | None:
        """Why the node does not suit, or None."""
        if not all(self._is_near(term, node) for term in self._pod.wants):
            return NOT_NEAR
        if any(self._far[_place(term, node)] for term in self._pod.shuns):
            return NOT_FAR
        if any(node.labels.get(key) == value for key, value in self._shunned):
            return SHUNNED
        return None

    def score(self, node: NodeInfo) -> int:
        """Weights of the preferences that the node meets, those of the pods that are there included."""
        return sum(weight for (key, value), weight in self._scores.items() if node.labels.get(key) == value)

    @property
    def has_preferences(self) -> bool:
        """Whether any node scores."""
        return bool(self._scores)

    def _count(self, node: NodeInfo, nodes: Nodes) -> None:
        pod, of = self._pod, nodes.namespace_labels
        for term in node.shuns:
            if term.topology_key in node.labels and term.matches(pod.group, of):
                self._shunned.add(_place(term, node))
        for (term, weight), times in node.likes.items():
            if term.topology_key in node.labels and term.matches(pod.group, of):
                self._scores[_place(term, node)] += weight * times
        if not (pod.wants or pod.shuns or pod.likes):
            return
        for group, times in node.groups.items():
            if pod.wants and all(term.matches(group, of) for term in pod.wants):
                self._near.update({_place(term, node): times for term in pod.wants if term.topology_key in node.labels})
            for term in pod.shuns:
                if term.topology_key in node.labels and term.matches(group, of):
                    self._far[_place(term, node)] += times
            for term, weight in pod.likes:
                if term.topology_key in node.labels and term.matches(group, of):
                    self._scores[_place(term, node)] += weight * times

    def _is_near(self, term: Term, node: NodeInfo) -> bool:
        if term.topology_key not in node.labels:
            return False
        if self._near[_place(term, node)]:
            return True
        # The first of a group that wants to be with its like may go anywhere.
        is_first = not any(self._near.values())
        return is_first and all(each.matches(self._pod.group, self._own) for each in self._pod.wants)


def _place(term: Term, node: NodeInfo) -> Place:
    return term.topology_key, node.labels.get(term.topology_key, "")
