"""What a client says of a deletion, in the body or the query. Pure."""

from collections.abc import Mapping

from simulator.cluster import errors
from simulator.cluster.api import requests
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.store import Object

_POLICIES = ("Background", "Foreground", "Orphan")


def read(body: Object, query: Mapping[str, str]) -> DeleteOptions:
    """`DeleteOptions` from the body, else from the query; `ApiError` 422 for values that do not exist."""
    grace = body.get("gracePeriodSeconds", requests.number(query, "gracePeriodSeconds"))
    policy = body.get("propagationPolicy") or query.get("propagationPolicy") or "Background"
    if policy not in _POLICIES:
        known = ", ".join(f'"{name}"' for name in (*_POLICIES, "nil"))
        message = f'Unsupported value: "{policy}": supported values: {known}'
        raise errors.invalid("DeleteOptions", "", "propagationPolicy", message, "meta.k8s.io")
    if grace is not None and (not isinstance(grace, int) or grace < 0):
        message = f"Invalid value: {grace}: must be greater than or equal to 0"
        raise errors.invalid("DeleteOptions", "", "gracePeriodSeconds", message, "meta.k8s.io")
    conditions = body.get("preconditions") or {}
    if body.get("orphanDependents") or requests.flag(query, "orphanDependents"):
        policy = "Orphan"
    return DeleteOptions(
        grace,
        policy == "Orphan",
        conditions.get("uid"),
        conditions.get("resourceVersion"),
        requests.is_dry_run(query, body),
    )
