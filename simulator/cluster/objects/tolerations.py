"""Which taints a pod's tolerations cover, and for how long (k8s.io/component-helpers, scheduling/corev1). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Taint = Mapping[str, Any]
Toleration = Mapping[str, Any]


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """An empty key with `Exists` takes every taint, an empty effect all effects."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    match toleration.get("operator") or "Equal":
        case "Exists":
            return True
        case "Equal":
            return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")
        case "Lt" | "Gt" as operator:
            return _compares(operator, toleration.get("value", ""), taint.get("value", ""))
    return False


def untolerated(tolerations: Sequence[Toleration], taints: Iterable[Taint], *effects: str) -> Taint | None:
    """The first taint of these effects that none of the tolerations covers."""
    wanted = (taint for taint in taints if taint["effect"] in effects)
    return next((taint for taint in wanted if not any(tolerates(each, taint) for each in tolerations)), None)


def stay_s(tolerations: Sequence[Toleration], taints: Sequence[Taint]) -> float | None:
    """Seconds of Kubernetes' time for which a pod may stay under NoExecute `taints`; None without end."""
    evicting = [taint for taint in taints if taint["effect"] == "NoExecute"]
    if untolerated(tolerations, evicting, "NoExecute"):
        return 0.0
    used = [each for each in tolerations if any(tolerates(each, taint) for taint in evicting)]
    limits = [max(0.0, float(each["tolerationSeconds"])) for each in used if each.get("tolerationSeconds") is not None]
    return min(limits, default=None)


def _compares(operator: str, wanted: str, have: str) -> bool:
    try:
        return int(have) < int(wanted) if operator == "Lt" else int(have) > int(wanted)
    except ValueError:
        return False
