"""What alert rules about nodes and quotas read, under kube-state-metrics' names."""

from simulator.cluster.api.state_metrics import render
from simulator.cluster.kinds import admission
from simulator.cluster.resources import NODES, RESOURCE_QUOTAS
from simulator.cluster.store import Store


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
