"""StatefulSets, DaemonSets, Jobs and their volumes as metrics, under kube-state-metrics' names and labels. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.cluster.objects import quantities, states
from simulator.cluster.store import Object

Sample = tuple[Mapping[str, str], float]
Family = tuple[str, str, list[Sample]]

_STATEFUL = {
    "status_replicas": "replicas",
    "status_replicas_available": "availableReplicas",
    "status_replicas_current": "currentReplicas",
    "status_replicas_ready": "readyReplicas",
    "status_replicas_updated": "updatedReplicas",
    "status_observed_generation": "observedGeneration",
}
_DAEMON = {
    "status_current_number_scheduled": "currentNumberScheduled",
    "status_desired_number_scheduled": "desiredNumberScheduled",
    "status_number_available": "numberAvailable",
    "status_number_misscheduled": "numberMisscheduled",
    "status_number_ready": "numberReady",
    "status_number_unavailable": "numberUnavailable",
    "status_updated_number_scheduled": "updatedNumberScheduled",
    "status_observed_generation": "observedGeneration",
}
_JOB = {"status_active": "active", "status_succeeded": "succeeded"}
_REASONS = ("BackoffLimitExceeded", "DeadlineExceeded", "Evicted")


def stateful_sets(found: Iterable[Object]) -> list[Family]:
    """`kube_statefulset_*`."""
    families = _Families("kube_statefulset")
    for each in found:
        own, status = _own(each, "statefulset"), each.get("status") or {}
        families.add("replicas", own, each["spec"].get("replicas", 1))
        families.add("metadata_generation", own, each["metadata"].get("generation", 0))
        families.add_counts(_STATEFUL, own, status)
        for which in ("current", "update"):
            revision = {"revision": status.get(f"{which}Revision", "")}
            families.add(f"status_{which}_revision", {**own, **revision}, 1)
    return families.all()


def daemon_sets(found: Iterable[Object]) -> list[Family]:
    """`kube_daemonset_*`."""
    families = _Families("kube_daemonset")
    for each in found:
        own = _own(each, "daemonset")
        families.add("metadata_generation", own, each["metadata"].get("generation", 0))
        families.add_counts(_DAEMON, own, each.get("status") or {})
    return families.all()


def jobs(found: Iterable[Object]) -> list[Family]:
    """`kube_job_*`; instants are seconds since 1970."""
    families = _Families("kube_job")
    for each in found:
        own, spec, status = _own(each, "job_name"), each["spec"], each.get("status") or {}
        families.add("info", own, 1)
        for name, field in (
            ("spec_parallelism", "parallelism"),
            ("spec_completions", "completions"),
            ("spec_active_deadline_seconds", "activeDeadlineSeconds"),
        ):
            if spec.get(field) is not None:
                families.add(name, own, spec[field])
        families.add_counts(_JOB, own, status)
        _failures(families, own, status)
        for name, field in (("status_start_time", "startTime"), ("status_completion_time", "completionTime")):
            if status.get(field):
                families.add(name, own, states.instant(status[field]).timestamp())
        for name, kind in (("complete", "Complete"), ("failed", "Failed")):
            for entry in (entry for entry in status.get("conditions") or () if entry["type"] == kind):
                for word in ("True", "False", "Unknown"):
                    families.add(name, {**own, "condition": word.lower()}, float(entry["status"] == word))
    return families.all()


def claims(found: Iterable[Object]) -> list[Family]:
    """`kube_persistentvolumeclaim_*`."""
    families = _Families("kube_persistentvolumeclaim")
    for each in found:
        own, spec = _own(each, "persistentvolumeclaim"), each["spec"]
        info = {"storageclass": spec.get("storageClassName", ""), "volumename": spec.get("volumeName", "")}
        families.add("info", {**own, **info, "volumemode": spec.get("volumeMode", "")}, 1)
        asked = spec["resources"]["requests"]["storage"]
        families.add("resource_requests_storage_bytes", own, float(quantities.parse(asked)))
        for phase in ("Lost", "Bound", "Pending"):
            is_so = (each.get("status") or {}).get("phase") == phase
            families.add("status_phase", {**own, "phase": phase}, float(is_so))
    return families.all()


def volumes(found: Iterable[Object]) -> list[Family]:
    """`kube_persistentvolume_*`."""
    families = _Families("kube_persistentvolume")
    for each in found:
        own = {"persistentvolume": each["metadata"]["name"]}
        families.add("capacity_bytes", own, float(quantities.parse(each["spec"]["capacity"]["storage"])))
        for phase in ("Pending", "Available", "Bound", "Released", "Failed"):
            is_so = (each.get("status") or {}).get("phase") == phase
            families.add("status_phase", {**own, "phase": phase}, float(is_so))
    return families.all()


def _failures(families: "_Families", own: Mapping[str, str], status: Mapping[str, Any]) -> None:
    failed = status.get("failed", 0)
    reasons = [entry.get("reason") for entry in status.get("conditions") or () if entry["type"] == "Failed"]
    if not failed or not set(reasons) & set(_REASONS):
        families.add("status_failed", own, failed)
        return
    for reason in _REASONS:
        families.add("status_failed", {**own, "reason": reason}, float(reason in reasons))


class _Families:
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._samples: dict[str, list[Sample]] = {}

    def add(self, name: str, labels: Mapping[str, str], value: float) -> None:
        self._samples.setdefault(f"{self._prefix}_{name}", []).append((labels, value))

    def add_counts(self, fields: Mapping[str, str], labels: Mapping[str, str], status: Mapping[str, Any]) -> None:
        for name, field in fields.items():
            self.add(name, labels, status.get(field, 0))

    def all(self) -> list[Family]:
        return [(name, "gauge", samples) for name, samples in self._samples.items()]


def _own(obj: Object, label: str) -> dict[str, str]:
    return {"namespace": obj["metadata"]["namespace"], label: obj["metadata"]["name"]}
