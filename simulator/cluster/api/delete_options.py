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
    policy = body.get("propagationPolicy") or query.get("propagationPolicy") or None
    if policy is not None and policy not in _POLICIES:
        known = ", ".join(f'"{name}"' for name in (*_POLICIES, "nil"))
        message = f'Unsupported value: "{policy}": supported values: {known}'
        raise errors.invalid("DeleteOptions", "", "propagationPolicy", message, "meta.k8s.io")
    if grace is not None and (not isinstance(grace, int) or grace < 0):
        message = f"Invalid value: {grace}: must be greater than or equal to 0"
        raise errors.invalid("DeleteOptions", "", "gracePeriodSeconds", message, "meta.k8s.io")
    conditions = body.get("preconditions") or {}
    orphans = body.get("orphanDependents", query.get("orphanDependents"))
    if orphans is not None and policy is not None:
        message = f"Invalid value: {str(orphans).lower()}: orphanDependents and deletionPropagation cannot be both set"
        raise errors.invalid("DeleteOptions", "", "propagationPolicy", message, "meta.k8s.io")
    if orphans is not None:
        policy = "Orphan" if str(orphans).lower() in ("true", "1") else "Background"
    return DeleteOptions(
        grace,
        policy,
        conditions.get("uid"),
        conditions.get("resourceVersion"),
        requests.is_dry_run(query, body),
    )
