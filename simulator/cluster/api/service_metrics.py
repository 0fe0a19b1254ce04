"""Services and what stands behind them as metrics, under kube-state-metrics' names and labels. Pure."""

from collections.abc import Iterable

from simulator.cluster.api.workload_metrics import Family, Sample
from simulator.cluster.store import Object

_CONDITIONS = ("ready", "serving", "terminating")


def services(found: Iterable[Object]) -> list[Family]:
    """`kube_service_*`."""
    info: list[Sample] = []
    kinds: list[Sample] = []
    for each in found:
        own, spec = {**_in_namespace(each), "service": each["metadata"]["name"]}, each["spec"]
        elsewhere = {"external_name": spec.get("externalName", ""), "load_balancer_ip": ""}
        info.append(({**own, "cluster_ip": spec.get("clusterIP", ""), **elsewhere}, 1))
        kinds.append(({**own, "type": spec.get("type", "ClusterIP")}, 1))
    return [("kube_service_info", "gauge", info), ("kube_service_spec_type", "gauge", kinds)]


def endpoints(found: Iterable[Object]) -> list[Family]:
    """`kube_endpoint_*`: a Service that nobody stands behind has its info and no address."""
    info: list[Sample] = []
    addresses: list[Sample] = []
    ports: list[Sample] = []
    for each in found:
        own = {**_in_namespace(each), "endpoint": each["metadata"]["name"]}
        info.append((own, 1))
        for subset in each.get("subsets") or ():
            for field, ready in (("addresses", "true"), ("notReadyAddresses", "false")):
                addresses.extend(({**own, "ip": at["ip"], "ready": ready}, 1) for at in subset.get(field) or ())
            ports.extend(({**own, **_port(port)}, 1) for port in subset.get("ports") or ())
    return [
        ("kube_endpoint_info", "gauge", info),
        ("kube_endpoint_address", "gauge", addresses),
        ("kube_endpoint_ports", "gauge", ports),
    ]


def endpoint_slices(found: Iterable[Object]) -> list[Family]:
    """`kube_endpointslice_*`."""
    info: list[Sample] = []
    members: list[Sample] = []
    ports: list[Sample] = []
    for each in found:
        own = {**_in_namespace(each), "endpointslice": each["metadata"]["name"]}
        info.append(({**own, "addresstype": each["addressType"]}, 1))
        for endpoint in each.get("endpoints") or ():
            told = own | _about(endpoint)
            members.extend(({**told, "address": address}, 1) for address in endpoint["addresses"])
        ports.extend(({**own, **_port(port)}, 1) for port in each.get("ports") or ())
    return [
        ("kube_endpointslice_info", "gauge", info),
        ("kube_endpointslice_endpoints", "gauge", members),
        ("kube_endpointslice_ports", "gauge", ports),
    ]


def _about(endpoint: Object) -> dict[str, str]:
    """What is known of an endpoint; what is not said of it is no label."""
    conditions, target = endpoint.get("conditions") or {}, endpoint.get("targetRef") or {}
    told = {name: str(conditions[name]).lower() for name in _CONDITIONS if conditions.get(name) is not None}
    told |= {f"targetref_{name}": target[name] for name in ("kind", "name", "namespace") if target.get(name)}
    elsewhere = {"hostname": endpoint.get("hostname"), "endpoint_nodename": endpoint.get("nodeName")}
    return told | {name: value for name, value in elsewhere.items() if value}


def _port(port: Object) -> dict[str, str]:
    number = {"port_number": str(port.get("port", ""))}
    return {"port_name": port.get("name") or "", "port_protocol": port.get("protocol", "TCP"), **number}


def _in_namespace(obj: Object) -> dict[str, str]:
    return {"namespace": obj["metadata"]["namespace"]}
