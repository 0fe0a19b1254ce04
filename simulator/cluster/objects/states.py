"""What metadata and status say of an object: going, over, active, ready, available. Pure."""

from datetime import UTC, datetime
from typing import Any

from simulator.cluster.store import Object


def is_marked(obj: Object) -> bool:
    """Whether the object is being deleted."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def phase(pod: Object) -> str:
    """The pod's phase; a pod without status is Pending."""
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_over(pod: Object) -> bool:
    """Whether all its containers have ended for good."""
    return phase(pod) in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    """Neither over nor being deleted."""
    return not is_marked(pod) and not is_over(pod)


def is_terminating(pod: Object) -> bool:
    """Being deleted, and not over yet."""
    return is_marked(pod) and not is_over(pod)


def condition(obj: Object, kind: str) -> dict[str, Any] | None:
    """A condition by its type."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((entry for entry in conditions if entry["type"] == kind), None)


def put_condition(status: Object, new: dict[str, Any]) -> None:
    """Make `new` the last condition of a status, and the only one of its type. In place."""
    others = [entry for entry in status.get("conditions") or () if entry["type"] != new["type"]]
    status["conditions"] = [*others, new]


def truths(obj: Object) -> dict[str, str]:
    """The status of each condition, by its type."""
    return {entry["type"]: entry["status"] for entry in (obj.get("status") or {}).get("conditions") or ()}


def is_ready(pod: Object) -> bool:
    """Condition Ready is True."""
    found = condition(pod, "Ready")
    return found is not None and found["status"] == "True"


def available_in_s(pod: Object, min_ready_s: float, now: datetime) -> float | None:
    """Seconds until a ready pod is available, 0 if it is; None while it is not ready."""
    found = condition(pod, "Ready")
    if found is None or found["status"] != "True":
        return None
    if min_ready_s <= 0:
        return 0.0
    return max(0.0, min_ready_s - (now - instant(found["lastTransitionTime"])).total_seconds())


def instant(text: str) -> datetime:
    """An RFC 3339 instant as the API writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)
