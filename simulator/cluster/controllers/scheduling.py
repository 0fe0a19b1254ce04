"""The scheduler: binds pods to the first node that takes them."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.event_log import EventLog
from simulator.cluster.resources import NODES, PODS
from simulator.cluster.store import Change, Object, Store, timestamp

_BY = "default-scheduler"


def refusal(pod: Object, node: Object) -> str | None:
    """Pure: why the node does not take the pod, in the scheduler's words; None if it does."""
    spec = pod["spec"]
    if node["spec"].get("unschedulable") and not _tolerates(spec, _CORDON):
        return "were unschedulable"
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] in ("NoSchedule", "NoExecute") and not _tolerates(spec, taint):
            return f"had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return "didn't match Pod's node affinity/selector"
    return None


class Scheduling:
    """Observe, decide, act."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self._store = store
        self._events = events

    async def run(self) -> None:
        """Until cancelled."""
        await drive(self._store, [(PODS, own_key), (NODES, self._pending)], self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> None:
        """Bind one pod, or say why it stays pending; a pod deleted before it was bound goes at once."""
        pod = self._store.find(PODS, *key)
        if pod is None or pod["spec"].get("nodeName"):
            return
        if pod["metadata"].get("deletionTimestamp"):
            self._store.remove(PODS, *key)
            return
        nodes = list(self._store.list(NODES))
        refusals = [refusal(pod, node) for node in nodes]
        chosen = next((node for node, why in zip(nodes, refusals, strict=True) if why is None), None)
        if chosen is not None:
            self._bind(key, pod, chosen["metadata"]["name"])
        else:
            self._explain(key, pod, [why for why in refusals if why is not None])

    def _bind(self, key: Key, pod: Object, node: str) -> None:
        def write(draft: Object) -> None:
            draft["spec"]["nodeName"] = node
            _set_scheduled(draft, {"status": "True"})

        bound = self._store.modify(PODS, *key, write)
        self._events.normal(bound, "Scheduled", f"Successfully assigned {'/'.join(key)} to {node}", by=_BY)

    def _explain(self, key: Key, pod: Object, refusals: list[str]) -> None:
        counted = ", ".join(f"{refusals.count(why)} node(s) {why}" for why in sorted(set(refusals)))
        message = f"0/{len(refusals)} nodes are available: {counted or 'no nodes'}."
        new = {"status": "False", "reason": "Unschedulable", "message": message}
        written = self._store.modify(PODS, *key, lambda draft: _set_scheduled(draft, new))
        if written is not pod:  # said once, not again for the change that saying it made
            self._events.warning(pod, "FailedScheduling", message, by=_BY)

    def _pending(self, _: Change) -> Iterable[Key]:
        for pod in self._store.list(PODS):
            if not pod["spec"].get("nodeName"):
                yield pod["metadata"]["namespace"], pod["metadata"]["name"]


_CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def _tolerates(spec: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    return any(
        entry.get("effect") in (None, "", taint["effect"])
        and entry.get("key") in (None, "", taint["key"])
        and (entry.get("operator") == "Exists" or entry.get("value", "") == taint.get("value", ""))
        for entry in spec.get("tolerations") or ()
    )


def _set_scheduled(pod: Object, new: Mapping[str, Any]) -> None:
    status = pod.setdefault("status", {})
    status.setdefault("phase", "Pending")
    conditions = status.setdefault("conditions", [])
    old = next((entry for entry in conditions if entry["type"] == "PodScheduled"), None)
    is_same = old is not None and old["status"] == new["status"]
    at = old["lastTransitionTime"] if is_same and old is not None else timestamp()
    entry = {"type": "PodScheduled", "lastProbeTime": None, "lastTransitionTime": at, **new}
    status["conditions"] = [each for each in conditions if each["type"] != "PodScheduled"] + [entry]
