"""PodMetrics and NodeMetrics, as metrics-server serves them: made when they are asked for, stored nowhere."""

import math
from collections.abc import Iterator, Mapping

from simulator.cluster.kubelet.processes.metering import Used
from simulator.cluster.kubelet.processes.process_table import ProcessTable
from simulator.cluster.resources import NODE_METRICS, NODES, POD_METRICS, PODS, Resource
from simulator.cluster.store import Object, Store, timestamp


class Usage:
    """What the containers of this machine use now."""

    def __init__(self, store: Store, table: ProcessTable) -> None:
        self._store = store
        self._table = table

    def list(self, resource: Resource, namespace: str | None) -> Iterator[Object]:
        """Those of the pods of a namespace (None: of all), or of all nodes; what was not measured yet is absent."""
        if resource == POD_METRICS:
            used = self._table.used()
            for pod in self._store.list(PODS, namespace):
                if (found := _of_pod(pod, used)) is not None:
                    yield found
        else:
            yield from self._nodes()

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """One of them."""
        return next((each for each in self.list(resource, namespace) if each["metadata"]["name"] == name), None)

    def _nodes(self) -> Iterator[Object]:
        used = self._table.used()
        sums: dict[str, list[Used]] = {}
        for pod in self._store.list(PODS):
            for container in pod["spec"]["containers"]:
                if (one := used.get((pod["metadata"]["uid"], container["name"]))) is not None:
                    sums.setdefault(pod["spec"].get("nodeName", ""), []).append(one)
        for node in self._store.list(NODES):
            is_ready = any(
                c["type"] == "Ready" and c["status"] == "True" for c in node.get("status", {}).get("conditions") or ()
            )
            if is_ready:
                own = sums.get(node["metadata"]["name"], [])
                yield {**_head(NODE_METRICS, node, own), "usage": _amounts(own)}


def _of_pod(pod: Object, used: Mapping[tuple[str, str], Used]) -> Object | None:
    """None where a container that runs has not been measured twice."""
    names = [container["name"] for container in pod["spec"]["containers"]]
    own = {name: used.get((pod["metadata"]["uid"], name)) for name in names}
    running = {s["name"] for s in (pod.get("status") or {}).get("containerStatuses") or () if "running" in s["state"]}
    known = {name: each for name, each in own.items() if each is not None}
    if not running or not running <= set(known):
        return None
    containers = [{"name": name, "usage": _amounts([each])} for name, each in known.items()]
    return {**_head(POD_METRICS, pod, list(known.values())), "containers": containers}


def _head(resource: Resource, of: Object, used: "list[Used]") -> Object:
    meta, now = of["metadata"], timestamp()
    window_s = max((each.window_s for each in used), default=0.0)
    about = {"name": meta["name"], "creationTimestamp": now}
    return {
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "metadata": about | {key: meta[key] for key in ("namespace", "labels") if meta.get(key)},
        "timestamp": now,
        "window": f"{window_s:.3f}s",
    }


def _amounts(used: "list[Used]") -> Object:
    nanocores = round(sum(each.cores for each in used) * 1e9)
    kibibytes = math.ceil(sum(each.memory_bytes for each in used) / 1024)
    return {"cpu": f"{nanocores}n" if nanocores else "0", "memory": f"{kibibytes}Ki"}
