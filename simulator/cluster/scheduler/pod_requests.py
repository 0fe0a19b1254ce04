"""What a pod asks of a node (k8s.io/component-helpers, resource.PodRequests). Pure."""

import math
from collections.abc import Mapping
from typing import Any

from simulator.cluster.objects import quantities

Amounts = dict[str, int]
"""By resource: cpu in millicores, everything else in its own unit (bytes, pieces), rounded up."""

UNSAID = {"cpu": 100, "memory": 200 * 1024 * 1024}
"""What scoring takes a container to use that requests nothing (millicores, bytes)."""


def amounts(texts: Mapping[str, str] | None) -> Amounts:
    """A list of quantities as whole numbers."""
    return {name: _whole(name, text) for name, text in (texts or {}).items()}


def requests(spec: Mapping[str, Any], unsaid: Mapping[str, int] | None = None) -> Amounts:
    """All containers together, or the largest init container if that is more; sidecars count from where they start.

    `unsaid` stands in where a container does not request one of its resources.
    """
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _of(container, unsaid))
    sidecars: Amounts = {}
    peaks: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = _of(container, unsaid)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, own)
            own = sidecars
        else:
            own = {name: own.get(name, 0) + sidecars.get(name, 0) for name in {*own, *sidecars}}
        _raise(peaks, own)
    _add(total, sidecars)
    _raise(total, peaks)
    _add(total, amounts(spec.get("overhead")))
    return total


def limits(spec: Mapping[str, Any]) -> Amounts:
    """The same for limits."""
    as_requests = {
        part: [
            {**container, "resources": {"requests": (container.get("resources") or {}).get("limits") or {}}}
            for container in spec.get(part) or ()
        ]
        for part in ("containers", "initContainers")
    }
    return requests(as_requests)


def _of(container: Mapping[str, Any], unsaid: Mapping[str, int] | None) -> Amounts:
    return {**(unsaid or {}), **amounts((container.get("resources") or {}).get("requests"))}


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _raise(total: Amounts, least: Mapping[str, int]) -> None:
    for name, amount in least.items():
        total[name] = max(total.get(name, 0), amount)


def _whole(name: str, text: str) -> int:
    return math.ceil(quantities.parse(text) * (1000 if name == "cpu" else 1))
