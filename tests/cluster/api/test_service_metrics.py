"""What alert rules about Services without a working pod read, under kube-state-metrics' names."""

from simulator.cluster.api.service_metrics import endpoint_slices, endpoints, services
from simulator.cluster.api.workload_metrics import Family
from simulator.cluster.store import Object

META = {"namespace": "n", "name": "web"}


def series(families: list[Family]) -> set[str]:
    """Each sample as a name with its labels but the namespace; all of these metrics are 1."""
    assert all(value == 1 and labels["namespace"] == "n" for _, _, samples in families for labels, value in samples)
    return {
        name + "".join(f" {key}={value}" for key, value in labels.items() if key != "namespace")
        for name, _, samples in families
        for labels, _ in samples
    }


def test_a_service_tells_its_address_and_type() -> None:
    found = series(services([{"metadata": META, "spec": {"clusterIP": "127.9.0.1", "type": "ClusterIP"}}]))
    assert "kube_service_spec_type service=web type=ClusterIP" in found
    assert any(each.startswith("kube_service_info service=web cluster_ip=127.9.0.1") for each in found)


def test_endpoints_tell_who_is_ready_and_who_is_not() -> None:
    subset = {
        "addresses": [{"ip": "127.9.1.1"}],
        "notReadyAddresses": [{"ip": "127.9.1.2"}],
        "ports": [{"name": "http", "port": 8000}],
    }
    assert series(endpoints([{"metadata": META, "subsets": [subset]}])) == {
        "kube_endpoint_info endpoint=web",
        "kube_endpoint_address endpoint=web ip=127.9.1.1 ready=true",
        "kube_endpoint_address endpoint=web ip=127.9.1.2 ready=false",
        "kube_endpoint_ports endpoint=web port_name=http port_protocol=TCP port_number=8000",
    }


def test_a_service_that_nobody_stands_behind_has_no_address() -> None:
    assert series(endpoints([{"metadata": META}])) == {"kube_endpoint_info endpoint=web"}


def test_a_slice_tells_each_endpoint_with_its_pod() -> None:
    endpoint: Object = {
        "addresses": ["127.9.1.1"],
        "conditions": {"ready": False, "serving": True, "terminating": True},
        "nodeName": "gameday",
        "targetRef": {"kind": "Pod", "name": "web-0", "namespace": "n"},
    }
    found = series(endpoint_slices([{"metadata": META, "addressType": "IPv4", "endpoints": [endpoint]}]))
    assert found == {
        "kube_endpointslice_info endpointslice=web addresstype=IPv4",
        "kube_endpointslice_endpoints endpointslice=web ready=false serving=true terminating=true"
        " targetref_kind=Pod targetref_name=web-0 targetref_namespace=n endpoint_nodename=gameday address=127.9.1.1",
    }
