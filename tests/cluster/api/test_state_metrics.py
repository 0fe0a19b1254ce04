"""What alert rules about nodes, quotas, pods and containers read, under kube-state-metrics' names."""

from simulator.cluster.api.state_metrics import render
from simulator.cluster.kinds import admission
from simulator.cluster.resources import NODES, PODS, RESOURCE_QUOTAS
from simulator.cluster.store import Object, Store


def test_nodes_tell_their_taints_and_size() -> None:
    store = Store()
    node = {
        "metadata": {"name": "n"},
        "spec": {"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]},
        "status": {
            "allocatable": {"cpu": "500m", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "Unknown"}],
        },
    }
    store.create(NODES, admission.admit(NODES, node))
    text = render(store)
    assert 'kube_node_spec_taint{node="n",key="node.kubernetes.io/unreachable",value="",effect="NoExecute"} 1' in text
    assert 'kube_node_status_allocatable{node="n",resource="cpu",unit="core"} 0.5' in text
    assert 'kube_node_status_condition{node="n",condition="Ready",status="unknown"} 1' in text


def test_quotas_tell_what_is_allowed_and_used() -> None:
    store = Store()
    quota = {"metadata": {"name": "q", "namespace": "ns"}, "spec": {"hard": {"pods": "4"}}}
    store.create(RESOURCE_QUOTAS, admission.admit(RESOURCE_QUOTAS, quota))

    def count(draft: dict) -> None:
        draft["status"] = {"hard": {"pods": "4"}, "used": {"pods": "3"}}

    store.modify(RESOURCE_QUOTAS, "ns", "q", count)
    assert 'kube_resourcequota{namespace="ns",resourcequota="q",resource="pods",type="used"} 3' in render(store)


def pod(status: Object, name: str = "p") -> Object:
    spec = {"containers": [{"name": "c", "image": "nowhere:1"}]}
    return {"metadata": {"namespace": "ns", "name": name, "uid": name}, "spec": spec, "status": status}


def of_container(state: Object, last: Object) -> Object:
    about = {"name": "c", "image": "nowhere:1", "ready": False, "restartCount": 3}
    return {"phase": "Running", "containerStatuses": [{**about, "state": state, "lastState": last}]}


def rendered(*pods: Object) -> str:
    store = Store()
    for each in pods:
        store.create(PODS, each)
    return render(store)


def test_a_container_tells_why_it_waits_and_how_it_ended_last() -> None:
    ended = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "1970-01-01T00:01:00Z"}
    text = rendered(pod(of_container({"waiting": {"reason": "CrashLoopBackOff"}}, {"terminated": ended})))
    own = 'namespace="ns",pod="p",uid="p",container="c"'
    for name, value in {
        f'waiting_reason{{{own},reason="CrashLoopBackOff"}}': 1,
        f"restarts_total{{{own}}}": 3,
        f'last_terminated_reason{{{own},reason="OOMKilled"}}': 1,
        f"last_terminated_exitcode{{{own}}}": 137,
        f"last_terminated_timestamp{{{own}}}": 60,
    }.items():
        assert f"kube_pod_container_status_{name} {value}\n" in text


def test_a_running_container_tells_since_when() -> None:
    text = rendered(pod(of_container({"running": {"startedAt": "1970-01-01T00:02:00Z"}}, {})))
    assert 'kube_pod_container_state_started{namespace="ns",pod="p",uid="p",container="c"} 120\n' in text
    assert "kube_pod_container_status_last_terminated_reason{" not in text


def test_a_pod_tells_that_it_was_evicted_or_fits_nowhere() -> None:
    lost = {"phase": "Failed", "reason": "Evicted"}
    stuck = {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
    }
    text = rendered(pod(lost, "lost"), pod(stuck, "stuck"))
    assert 'kube_pod_status_reason{namespace="ns",pod="lost",uid="lost",reason="Evicted"} 1\n' in text
    assert 'kube_pod_status_reason{namespace="ns",pod="stuck",uid="stuck",reason="Evicted"} 0\n' in text
    assert 'kube_pod_status_unschedulable{namespace="ns",pod="stuck",uid="stuck"} 1\n' in text
    assert 'kube_pod_status_unschedulable{namespace="ns",pod="lost"' not in text


def test_containers_with_a_cpu_limit_tell_how_often_they_had_to_wait() -> None:
    store = Store()
    store.create(PODS, pod({}))
    text = render(store, {("p", "c"): (20, 7), ("gone", "c"): (1, 1)})
    assert 'container_cpu_cfs_periods_total{namespace="ns",pod="p",container="c"} 20\n' in text
    assert 'container_cpu_cfs_throttled_periods_total{namespace="ns",pod="p",container="c"} 7\n' in text
    assert "gone" not in text
    assert "cfs_periods_total{" not in render(store)
