"""What a node tells the API server of itself: it registers, renews its lease, posts its status.

A kubelet registers its Node once, when it starts. If somebody deletes the Node, it stays deleted until the kubelet
starts again, as on a real cluster.
"""

import uuid
from datetime import UTC, datetime

from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds import admission
from simulator.cluster.kubelet.images.catalogue import Image
from simulator.cluster.kubelet.nodes import node
from simulator.cluster.kubelet.nodes.node import Machine
from simulator.cluster.kubelet.nodes.times import NodeTimes
from simulator.cluster.resources import LEASES, NODES
from simulator.cluster.store import Object, Store

LEASE_NAMESPACE = "kube-node-lease"
_BY = "kubelet"


class Reporting:
    """One node's reports. Instants are seconds of any monotonic clock."""

    def __init__(
        self, store: Store, machine: Machine, images: dict[str, Image], times: NodeTimes, events: EventLog
    ) -> None:
        self.machine = machine
        self._store = store
        self._images = images
        self._times = times
        self._events = events
        self._lease_due = self._status_due = 0.0
        self._boot_id = ""

    def start(self, now: float) -> None:
        """The kubelet starts: the Node is registered, or says again that it is ready."""
        name = self.machine.name
        self._boot_id = str(uuid.uuid4())
        found = self._store.find(NODES, "", name)
        if found is None:
            draft = node.node_object(self.machine, self._images, self._boot_id)
            found = self._store.create(NODES, admission.admit(NODES, draft))
        else:
            found = self._post()
        self._events.normal(found, "Starting", "Starting kubelet.", by=_BY)
        self._events.normal(found, "NodeReady", f"Node {name} status is now: NodeReady", by=_BY)
        self._status_due = now + self._times.status_s
        self._lease_due = now
        self.beat(now)

    def beat(self, now: float) -> None:
        """Renew the lease and post the status where they are due."""
        if self._store.find(NODES, "", self.machine.name) is None:
            return
        if now >= self._lease_due:
            self._lease_due = now + self._times.renewal_s
            self._renew()
        if now >= self._status_due:
            self._status_due = now + self._times.status_s
            self._post()

    def _renew(self) -> None:
        name = self.machine.name
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if self._store.find(LEASES, LEASE_NAMESPACE, name) is None:
            owner = self._store.get(NODES, "", name)["metadata"]["uid"]
            reference = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": owner}
            meta = {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [reference]}
            seconds = max(1, round(self._times.lease_s))
            spec = {"holderIdentity": name, "leaseDurationSeconds": seconds, "renewTime": at}
            self._store.create(LEASES, {"metadata": meta, "spec": spec})
            return

        def renew(lease: Object) -> None:
            lease["spec"]["renewTime"] = at

        self._store.modify(LEASES, LEASE_NAMESPACE, name, renew)

    def _post(self) -> Object:
        def write(draft: Object) -> None:
            draft["status"] = node.status(self.machine, self._images, draft.get("status") or {}, self._boot_id)

        return self._store.modify(NODES, "", self.machine.name, write)
