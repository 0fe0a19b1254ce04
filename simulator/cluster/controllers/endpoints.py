"""Endpoints and EndpointSlices: which pods stand behind a Service."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from simulator.cluster.controllers import ownership
from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.objects import states
from simulator.cluster.resources import ENDPOINT_SLICES, ENDPOINTS, PODS, SERVICES
from simulator.cluster.store import Change, Object, Store

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_BY = "endpointslice-controller.k8s.io"

Ports = tuple[tuple[str, int, str], ...]
"""(name, number, protocol) as resolved on one pod."""


def selected(service: Object, pods: Iterable[Object]) -> list[Object]:
    """Pure: the pods with an address that the selector takes, in order of address; none without a selector."""
    wanted = (service["spec"].get("selector") or {}).items()
    found = [
        pod
        for pod in pods
        if wanted
        and wanted <= ownership.labels_of(pod).items()
        and (pod.get("status") or {}).get("podIP")
        and not states.is_over(pod)
    ]
    return sorted(found, key=lambda pod: tuple(int(part) for part in pod["status"]["podIP"].split(".")))


def resolved_ports(service: Object, pod: Object) -> Ports:
    """Pure: the Service's ports on this pod; a named targetPort that the pod does not have is left out."""
    found = []
    for port in service["spec"].get("ports") or ():
        target = port.get("targetPort") or port["port"]
        protocol = port.get("protocol", "TCP")
        number = target if isinstance(target, int) else _named(pod, target, protocol)
        if number:
            found.append((port.get("name", ""), number, protocol))
    return tuple(found)


def subsets(service: Object, pods: Sequence[Object]) -> list[Object]:
    """Pure: `Endpoints.subsets`. Pods that are ending are not in it."""
    groups: dict[Ports, dict[str, list[Object]]] = defaultdict(lambda: defaultdict(list))
    for pod in pods:
        if states.is_marked(pod):
            continue
        field = "addresses" if _counts_as_ready(service, pod) else "notReadyAddresses"
        groups[resolved_ports(service, pod)][field].append(_address(service, pod))
    return [{**dict(group), "ports": _port_list(ports)} for ports, group in sorted(groups.items())]


def slices(service: Object, pods: Sequence[Object]) -> dict[Ports, list[Object]]:
    """Pure: endpoints by their ports, for one EndpointSlice each."""
    groups: dict[Ports, list[Object]] = defaultdict(list)
    for pod in pods:
        is_ending = states.is_marked(pod)
        is_serving = states.is_ready(pod)
        address = _address(service, pod)
        groups[resolved_ports(service, pod)].append(
            {
                "addresses": [address["ip"]],
                "conditions": {
                    "ready": _counts_as_ready(service, pod) and not is_ending,
                    "serving": is_serving,
                    "terminating": is_ending,
                },
                **({"hostname": address["hostname"]} if "hostname" in address else {}),
                "nodeName": address["nodeName"],
                "targetRef": address["targetRef"],
            }
        )
    return dict(groups) if groups else {(): []}


class EndpointsOfServices:
    """Observe, decide, act."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        """Until cancelled."""
        sources = [(SERVICES, own_key), (PODS, self._services_of), (ENDPOINT_SLICES, _of_slice)]
        await drive(self._store, sources, self.reconcile, name="endpoints-controller")

    def reconcile(self, key: Key) -> None:
        """Write the Endpoints and EndpointSlices of one Service."""
        service = self._store.find(SERVICES, *key)
        if service is None:
            if self._store.find(ENDPOINTS, *key) is not None:
                self._store.remove(ENDPOINTS, *key)
            return
        if not service["spec"].get("selector"):
            return  # whoever made such a Service writes its endpoints too
        pods = selected(service, self._store.list(PODS, key[0]))
        self._write_endpoints(key, service, pods)
        self._write_slices(key, service, pods)

    def _write_endpoints(self, key: Key, service: Object, pods: Sequence[Object]) -> None:
        wanted = subsets(service, pods)
        if self._store.find(ENDPOINTS, *key) is None:
            labels = dict(ownership.labels_of(service))
            meta = {"namespace": key[0], "name": key[1], **({"labels": labels} if labels else {})}
            self._store.create(ENDPOINTS, {"metadata": meta, "subsets": wanted})
            return

        def write(draft: Object) -> None:
            draft["subsets"] = wanted

        self._store.modify(ENDPOINTS, *key, write)

    def _write_slices(self, key: Key, service: Object, pods: Sequence[Object]) -> None:
        wanted = slices(service, pods)
        have = [
            each
            for each in self._store.list(ENDPOINT_SLICES, key[0])
            if ownership.labels_of(each).get(SERVICE_NAME) == key[1]
            and ownership.labels_of(each).get(MANAGED_BY) == _BY
        ]
        spare = {_slice_ports(each): each for each in have}
        unused = [each for each in have if _slice_ports(each) not in wanted]
        for ports, endpoints in wanted.items():
            found = spare.get(ports) or (unused.pop() if unused else None)
            if found is None:
                self._create_slice(key, service, ports, endpoints)
                continue

            def write(draft: Object, ports: Ports = ports, endpoints: list[Object] = endpoints) -> None:
                draft["endpoints"], draft["ports"] = endpoints, _port_list(ports)

            self._store.modify(ENDPOINT_SLICES, key[0], found["metadata"]["name"], write)
        for each in unused:
            self._store.remove(ENDPOINT_SLICES, key[0], each["metadata"]["name"])

    def _create_slice(self, key: Key, service: Object, ports: Ports, endpoints: list[Object]) -> None:
        self._store.create(
            ENDPOINT_SLICES,
            {
                "metadata": {
                    "generateName": f"{key[1]}-",
                    "namespace": key[0],
                    "labels": {**ownership.labels_of(service), SERVICE_NAME: key[1], MANAGED_BY: _BY},
                    "ownerReferences": [ownership.reference(service)],
                },
                "addressType": "IPv4",
                "endpoints": endpoints,
                "ports": _port_list(ports),
            },
        )

    def _services_of(self, change: Change) -> Iterable[Key]:
        """Services that take the pod now or took it before."""
        namespace = change.object["metadata"]["namespace"]
        label_sets = [ownership.labels_of(obj).items() for obj in (change.object, change.previous) if obj]
        for service in self._store.list(SERVICES, namespace):
            wanted = (service["spec"].get("selector") or {}).items()
            if wanted and any(wanted <= have for have in label_sets):
                yield namespace, service["metadata"]["name"]


def _of_slice(change: Change) -> Iterable[Key]:
    """A slice that somebody changed or deleted is put right."""
    labels = ownership.labels_of(change.object)
    if labels.get(MANAGED_BY) == _BY and SERVICE_NAME in labels:
        return [(change.object["metadata"]["namespace"], labels[SERVICE_NAME])]
    return []


def _counts_as_ready(service: Object, pod: Object) -> bool:
    return states.is_ready(pod) or bool(service["spec"].get("publishNotReadyAddresses"))


def _address(service: Object, pod: Object) -> dict[str, Any]:
    meta, spec = pod["metadata"], pod["spec"]
    target = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    is_named = spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]
    return {
        "ip": pod["status"]["podIP"],
        **({"hostname": spec["hostname"]} if is_named else {}),
        "nodeName": spec.get("nodeName", ""),
        "targetRef": target,
    }


def _port_list(ports: Ports) -> list[Object]:
    return [{"name": name, "port": number, "protocol": protocol} for name, number, protocol in ports]


def _slice_ports(each: Object) -> Ports:
    return tuple((port.get("name", ""), port["port"], port.get("protocol", "TCP")) for port in each.get("ports") or ())


def _named(pod: Object, name: str, protocol: str) -> int:
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                return int(port["containerPort"])
    return 0
