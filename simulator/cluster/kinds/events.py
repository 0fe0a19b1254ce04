"""Event. Pure."""

from collections.abc import Iterator
from datetime import datetime

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import Column, at, of
from simulator.cluster.printing.durations import age
from simulator.cluster.resources import EVENTS
from simulator.cluster.store import Object


def _involved(obj: Object) -> str:
    involved = obj["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _last_seen(obj: Object, now: datetime) -> str:
    first, last = obj.get("firstTimestamp") or obj.get("eventTime"), obj.get("lastTimestamp")
    if obj.get("count", 1) > 1:
        return f"{age(last or first, now)} (x{obj['count']} over {age(first, now)})"
    return age(last or first, now)


def _source(obj: Object) -> str:
    source = obj.get("source") or {}
    parts = [source.get("component") or obj.get("reportingComponent", ""), source.get("host", "")]
    return ", ".join(part for part in parts if part)


def _causes(obj: Object) -> Iterator[Cause]:
    namespace, place = obj["involvedObject"].get("namespace", ""), obj["metadata"].get("namespace", "")
    if namespace and namespace != place:
        words = "does not match event.namespace"
        yield Cause("involvedObject.namespace", f'Invalid value: "{namespace}": {words}')
    elif not namespace and place not in ("default", "kube-system", ""):
        yield Cause("involvedObject.namespace", 'Invalid value: "": does not match event.namespace')


KIND = Kind(
    EVENTS,
    causes=_causes,
    columns=(
        Column("Last Seen", _last_seen),
        Column("Type", at("type", absent="")),
        Column("Reason", at("reason", absent="")),
        Column("Object", of(_involved)),
        Column("Subobject", at("involvedObject", "fieldPath", absent=""), wide=True),
        Column("Source", of(_source), wide=True),
        Column("Message", of(lambda obj: obj.get("message", "").strip())),
        Column("First Seen", lambda obj, now: age(obj.get("firstTimestamp") or obj.get("eventTime"), now), wide=True),
        Column("Count", at("count", absent=1), wide=True),
        Column("Name", at("metadata", "name"), wide=True),
    ),
    selectable=(
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
)
