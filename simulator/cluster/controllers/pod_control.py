"""Pods that a controller makes and deletes, and what it says of that (pkg/controller, RealPodControl)."""

from dataclasses import dataclass

from simulator.cluster import deleting
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.errors import ApiError
from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds import admission
from simulator.cluster.resources import PODS
from simulator.cluster.store import Object, Store


@dataclass(frozen=True)
class PodControl:
    """The pods of one controller's workloads; `by` is what its events come from."""

    store: Store
    events: EventLog
    by: str

    def create(self, owner: Object, pod: Object) -> ApiError | None:
        """Make a pod; the error where it is refused."""
        try:
            made = self.store.create(PODS, admission.admit(PODS, pod))
        except ApiError as error:
            self.events.warning(owner, "FailedCreate", f"Error creating: {error}", by=self.by)
            return error
        self.events.normal(owner, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", by=self.by)
        return None

    def delete(self, owner: Object, pod: Object) -> None:
        """Delete a pod, with its own grace."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        deleting.delete(self.store, PODS, namespace, name, DeleteOptions())
        self.events.normal(owner, "SuccessfulDelete", f"Deleted pod: {name}", by=self.by)
