"""Events in the shape of events.k8s.io/v1: the same objects as core Events, under other names. Pure."""

from simulator.cluster.store import Object

_SAME = ("metadata", "action", "reason", "related", "type", "series", "reportingInstance")
_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}


def as_v1(event: Object) -> Object:
    """A core Event as events.k8s.io shows it. Its eventTime is that of its first sight where it has none of its own."""
    seen = event.get("eventTime") or event.get("firstTimestamp") or event["metadata"].get("creationTimestamp")
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        **{key: event[key] for key in _SAME if event.get(key) is not None},
        "eventTime": seen if not seen or "." in seen else seen.replace("Z", ".000000Z"),
        **{new: event[old] for old, new in _RENAMED.items() if event.get(old) is not None},
    }


def core_fields(selector: str) -> str:
    """A field selector about events.k8s.io as one about core Events."""
    return selector.replace("regarding.", "involvedObject.").replace("reportingController", "reportingComponent")
