"""Metrics of workloads, by the names of kube-state-metrics."""

from simulator.cluster.api.state_metrics import render
from simulator.cluster.api.workload_metrics import Family, claims, daemon_sets, jobs, stateful_sets
from simulator.cluster.resources import JOBS
from simulator.cluster.store import Object, Store


def values(families: list[Family]) -> dict[tuple[str, str], float]:
    """By name and the labels beside those that say which object it is."""
    own = ("namespace", "statefulset", "daemonset", "job_name")
    return {
        (name, ",".join(value for key, value in labels.items() if key not in own)): number
        for name, _, samples in families
        for labels, number in samples
    }


def obj(spec: Object, status: Object) -> Object:
    return {"metadata": {"namespace": "n", "name": "x", "generation": 3}, "spec": spec, "status": status}


def test_a_stateful_set_and_a_daemon_set_tell_their_counts() -> None:
    status = {"replicas": 2, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b"}
    found = values(stateful_sets([obj({"replicas": 3}, status)]))
    assert found["kube_statefulset_replicas", ""] == 3
    assert found["kube_statefulset_status_replicas_ready", ""] == 1
    assert found["kube_statefulset_status_replicas_updated", ""] == 0
    assert found["kube_statefulset_status_update_revision", "b"] == 1
    daemons = values(daemon_sets([obj({}, {"desiredNumberScheduled": 4, "numberUnavailable": 1})]))
    assert daemons["kube_daemonset_status_desired_number_scheduled", ""] == 4
    assert daemons["kube_daemonset_status_number_unavailable", ""] == 1


def test_a_job_tells_how_it_ended() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}
    status = {"failed": 2, "startTime": "1970-01-01T00:01:00Z", "conditions": [failed]}
    found = values(jobs([obj({"parallelism": 1, "completions": 5}, status)]))
    assert found["kube_job_spec_completions", ""] == 5
    assert found["kube_job_status_start_time", ""] == 60
    assert found["kube_job_status_failed", "DeadlineExceeded"] == 1
    assert found["kube_job_status_failed", "BackoffLimitExceeded"] == 0
    assert found["kube_job_failed", "true"] == 1
    assert not any(name == "kube_job_complete" for name, _ in found)


def test_a_claim_tells_its_size_and_phase() -> None:
    spec = {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "standard"}
    found = values(claims([obj(spec, {"phase": "Bound"})]))
    sizes = [number for (name, _), number in found.items() if name.endswith("_storage_bytes")]
    assert sizes == [float(1 << 30)]
    bound = [labels for (name, labels), number in found.items() if name.endswith("_status_phase") and number]
    assert bound == ["x,Bound"]


def test_instants_and_bytes_are_written_to_the_last_digit() -> None:
    store = Store()
    status = {"startTime": "2026-01-01T00:00:01Z"}
    store.create(JOBS, {"metadata": {"namespace": "n", "name": "x"}, "spec": {"parallelism": 1}, "status": status})
    assert 'kube_job_status_start_time{namespace="n",job_name="x"} 1767225601\n' in render(store)
