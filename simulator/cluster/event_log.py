"""Events as Kubernetes' components write them: repeats raise a count."""

from collections import OrderedDict, deque

from simulator.cluster.errors import ApiError
from simulator.cluster.resources import EVENTS
from simulator.cluster.store import Object, Store, timestamp

LIMIT = 4000
"""Events kept; the oldest go first (Kubernetes forgets them after an hour)."""


class EventLog:
    """Writes Events about objects into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names: OrderedDict[tuple[str, ...], tuple[str, str]] = OrderedDict()
        self._written: deque[tuple[str, str]] = deque()
        self._serial = 0

    def normal(self, about: Object, reason: str, message: str, *, by: str, field: str = "") -> None:
        """An ordinary step. `by` is the component, `field` the container's field path."""
        self._record("Normal", about, reason, message, by, field)

    def warning(self, about: Object, reason: str, message: str, *, by: str, field: str = "") -> None:
        """Something that a person may have to look at."""
        self._record("Warning", about, reason, message, by, field)

    def _record(self, kind: str, about: Object, reason: str, message: str, by: str, field: str) -> None:
        meta = about["metadata"]
        key = (meta.get("uid", ""), kind, reason, message, by, field)
        known = self._names.get(key)
        if known is not None and self._count_up(known):
            return
        namespace = meta.get("namespace") or "default"
        self._serial += 1
        name = f"{meta['name']}.{self._serial:016x}"
        now = timestamp()
        involved = {
            "kind": about["kind"],
            "apiVersion": about["apiVersion"],
            "name": meta["name"],
            "uid": meta.get("uid", ""),
            "resourceVersion": meta.get("resourceVersion", ""),
        }
        if meta.get("namespace"):
            involved["namespace"] = meta["namespace"]
        if field:
            involved["fieldPath"] = field
        try:
            self._store.create(
                EVENTS,
                {
                    "metadata": {"name": name, "namespace": namespace},
                    "involvedObject": involved,
                    "type": kind,
                    "reason": reason,
                    "message": message,
                    "source": {"component": by},
                    "reportingComponent": by,
                    "reportingInstance": "",
                    "firstTimestamp": now,
                    "lastTimestamp": now,
                    "eventTime": None,
                    "count": 1,
                },
            )
        except ApiError:
            return  # an event is never worth more than what it tells of
        self._names[key] = (namespace, name)
        self._written.append((namespace, name))
        self._forget_oldest()

    def _count_up(self, known: tuple[str, str]) -> bool:
        def again(event: Object) -> None:
            event["count"] = event.get("count", 1) + 1
            event["lastTimestamp"] = timestamp()

        if self._store.find(EVENTS, *known) is None:
            return False
        self._store.modify(EVENTS, *known, again)
        return True

    def _forget_oldest(self) -> None:
        while len(self._written) > LIMIT:
            oldest = self._written.popleft()
            if self._store.find(EVENTS, *oldest) is not None:
                self._store.remove(EVENTS, *oldest)
        while len(self._names) > LIMIT:
            self._names.popitem(last=False)
