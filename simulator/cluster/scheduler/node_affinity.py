"""Node selectors and node affinity (k8s.io/component-helpers, scheduling/corev1/nodeaffinity). Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.cluster.scheduler.node_info import NodeInfo


def fits(spec: Mapping[str, Any], node: NodeInfo) -> bool:
    """Whether the node has what nodeSelector and required node affinity ask for."""
    if any(node.labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(_term(each, node) for each in required.get("nodeSelectorTerms") or ())


def preference(spec: Mapping[str, Any], node: NodeInfo) -> int:
    """The weights of the preferred terms that the node meets."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return sum(each["weight"] for each in preferred if _term(each["preference"], node))


def _term(term: Mapping[str, Any], node: NodeInfo) -> bool:
    """All requirements; a term without any takes no node."""
    labels, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not labels and not fields:
        return False
    own = {"metadata.name": node.name}
    return all(_meets(each, node.labels) for each in labels) and all(_meets(each, own) for each in fields)


def _meets(requirement: Mapping[str, Any], have: Mapping[str, str]) -> bool:
    key: str = requirement["key"]
    values: Sequence[str] = requirement.get("values") or []
    match requirement["operator"]:
        case "In":
            return have.get(key) in values
        case "NotIn":
            return key not in have or have[key] not in values
        case "Exists":
            return key in have
        case "DoesNotExist":
            return key not in have
        case "Gt" | "Lt" as operator:
            try:
                number, limit = int(have[key]), int(values[0])
            except (KeyError, ValueError, IndexError):
                return False
            return number > limit if operator == "Gt" else number < limit
    return False
