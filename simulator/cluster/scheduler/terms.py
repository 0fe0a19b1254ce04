"""Terms of pod affinity and constraints of topology spread, as values that can be counted. Pure."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulator.cluster.objects import selectors

Labels = frozenset[tuple[str, str]]
Group = tuple[str, Labels]
"""Pods that no selector can tell apart: their namespace and labels."""
NamespaceLabels = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True)
class Term:
    """Pods of some namespaces with some labels, by a topology. Selectors are kept as JSON."""

    topology_key: str
    selector: str
    namespaces: frozenset[str]
    namespace_selector: str

    def matches(self, group: Group, of_namespace: NamespaceLabels) -> bool:
        """Whether the term means these pods."""
        namespace, labels = group
        if namespace not in self.namespaces:
            if self.namespace_selector == "null":
                return False
            if not _compiled(self.namespace_selector)(of_namespace(namespace)):
                return False
        return matches(self.selector, labels)


@lru_cache(maxsize=4096)
def matches(selector: str, labels: Labels) -> bool:
    """Whether a label selector, as JSON, takes these labels."""
    return _compiled(selector)(dict(labels))


def term(raw: Mapping[str, Any], namespace: str, labels: Mapping[str, str]) -> Term:
    """A PodAffinityTerm of a pod of this namespace and with these labels."""
    named = frozenset(raw.get("namespaces") or ())
    by_labels = raw.get("namespaceSelector")
    if not named and by_labels is None:
        named = frozenset({namespace})
    selector = with_keys(raw.get("labelSelector"), labels, raw.get("matchLabelKeys") or (), "In")
    selector = with_keys(selector, labels, raw.get("mismatchLabelKeys") or (), "NotIn")
    return Term(raw["topologyKey"], as_text(selector), named, as_text(by_labels))


def with_keys(
    selector: Mapping[str, Any] | None, labels: Mapping[str, str], keys: Iterable[str], operator: str
) -> Mapping[str, Any] | None:
    """`selector` that also asks for (or excludes) the pod's own values of `keys`."""
    more = [{"key": key, "operator": operator, "values": [labels[key]]} for key in keys if key in labels]
    if selector is None or not more:
        return selector
    return {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), *more]}


def as_text(selector: Mapping[str, Any] | None) -> str:
    """A selector as it is kept."""
    return json.dumps(selector, sort_keys=True)


@lru_cache(maxsize=1024)
def _compiled(selector: str) -> Callable[[Mapping[str, str]], bool]:
    return selectors.label_selector(json.loads(selector))
