"""PersistentVolumeClaims find or are given a volume, and volumes end with their claims.

As persistentvolume-controller and an external provisioner do it together (pkg/controller/volume/persistentvolume). A
volume's place is made with the volume and removed with it.
"""

from collections.abc import Callable, Iterable

from simulator.cluster import deleting
from simulator.cluster.controllers import volume_matching
from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds import admission, persistent_volume_claims, persistent_volumes
from simulator.cluster.kinds.persistent_volumes import DRIVER
from simulator.cluster.kubelet import amounts, volumes
from simulator.cluster.kubelet.persistent_places import PersistentPlaces
from simulator.cluster.objects import quantities, states
from simulator.cluster.plugins.storage_class import default_class
from simulator.cluster.resources import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES, Resource
from simulator.cluster.scheduler.volume_binding import SELECTED
from simulator.cluster.store import Change, Object, Store

_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
_BY = "persistentvolume-controller"


class VolumeClaims:
    """Observe, decide, act. Keys are claims, and volumes with namespace ""."""

    def __init__(self, store: Store, events: EventLog, places: PersistentPlaces) -> None:
        self._store = store
        self._events = events
        self._places = places

    async def run(self) -> None:
        """Until cancelled."""
        sources = [
            (PERSISTENT_VOLUMES, own_key),
            (PERSISTENT_VOLUME_CLAIMS, self._claim),
            (STORAGE_CLASSES, self._waiting),
            (PERSISTENT_VOLUMES, self._waiting),
            (PODS, self._used),
        ]
        await drive(self._store, sources, self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> None:
        """Take one claim or one volume a step further."""
        if not key[0]:
            volume = self._store.find(PERSISTENT_VOLUMES, *key)
            if volume is not None:
                self._keep(volume)
            return
        claim = self._store.find(PERSISTENT_VOLUME_CLAIMS, *key)
        if claim is None:
            return
        if states.is_marked(claim):
            self._release(claim)
        elif claim["spec"].get("volumeName"):
            self._follow(claim)
        else:
            self._find_volume(claim)

    def _find_volume(self, claim: Object) -> None:
        name = claim["spec"].get("storageClassName")
        if name is None:
            if (default := default_class(self._store)) is not None:
                self._change(PERSISTENT_VOLUME_CLAIMS, claim, lambda obj: obj["spec"].update(storageClassName=default))
            return
        found = volume_matching.best(claim, self._store.list(PERSISTENT_VOLUMES))
        annotations = claim["metadata"].get("annotations") or {}
        storage_class = self._store.find(STORAGE_CLASSES, "", name) if name else None
        waits = storage_class is not None and storage_class["volumeBindingMode"] == "WaitForFirstConsumer"
        if waits and SELECTED not in annotations:
            words = "waiting for first consumer to be created before binding"
            self._events.normal(claim, "WaitForFirstConsumer", words, by=_BY)
        elif found is not None:
            self._bind(claim, found)
        elif not name:
            words = "no persistent volumes available for this claim and no storage class is set"
            self._events.normal(claim, "FailedBinding", words, by=_BY)
        elif storage_class is None:
            words = f'storageclass.storage.k8s.io "{name}" not found'
            self._events.warning(claim, "ProvisioningFailed", words, by=_BY)
        else:
            self._provision(claim, storage_class)

    def _provision(self, claim: Object, storage_class: Object) -> None:
        provisioner = storage_class["provisioner"]
        if provisioner != DRIVER:
            words = (
                f"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by "
                "the system administrator. If volume creation is delayed, please verify that the provisioner is "
                "running and correctly registered."
            )
            self._events.normal(claim, "ExternalProvisioning", words, by=_BY)
            return
        if claim["spec"].get("selector"):
            words = "failed to provision volume: claim Selector is not supported"
            self._events.warning(claim, "ProvisioningFailed", words, by=DRIVER)
            return
        draft = volume_matching.new_volume(claim, storage_class)
        volume = self._store.find(PERSISTENT_VOLUMES, "", draft["metadata"]["name"])
        if volume is None:
            volume = self._store.create(PERSISTENT_VOLUMES, admission.admit(PERSISTENT_VOLUMES, draft))
        words = f"Successfully provisioned volume {volume['metadata']['name']}"
        self._events.normal(claim, "ProvisioningSucceeded", words, by=DRIVER)
        self._bind(claim, volume)

    def _bind(self, claim: Object, volume: Object) -> None:
        def take(obj: Object) -> None:
            obj["spec"]["claimRef"] = volume_matching.reference(claim)
            obj["status"] = {"phase": "Bound"}

        def given(obj: Object) -> None:
            obj["spec"]["volumeName"] = volume["metadata"]["name"]
            annotations = obj["metadata"].setdefault("annotations", {})
            annotations.update(
                {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
            )
            if "pv.kubernetes.io/provisioned-by" in (volume["metadata"].get("annotations") or {}):
                annotations[_PROVISIONER] = DRIVER
            obj["status"] = volume_matching.bound(volume)

        self._places.provide(
            volume["spec"]["csi"]["volumeHandle"], amounts.whole(volume["spec"]["capacity"]["storage"])
        )
        self._change(PERSISTENT_VOLUMES, volume, take)
        self._change(PERSISTENT_VOLUME_CLAIMS, claim, given)

    def _follow(self, claim: Object) -> None:
        """A claim with a volume: it is bound to it, grows with what it asks for, or has lost it."""
        volume = self._store.find(PERSISTENT_VOLUMES, "", claim["spec"]["volumeName"])
        phase = (claim.get("status") or {}).get("phase")
        if volume is None:
            if phase == "Bound":
                words = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
                self._events.warning(claim, "ClaimLost", words, by=_BY)
                self._change(PERSISTENT_VOLUME_CLAIMS, claim, lambda obj: obj.update(status={"phase": "Lost"}))
            return
        if phase != "Bound":
            if volume_matching.is_free_for(claim, volume):
                self._bind(claim, volume)
            return
        wanted = claim["spec"]["resources"]["requests"]["storage"]
        if quantities.parse(wanted) > quantities.parse(volume["spec"]["capacity"]["storage"]):
            self._change(PERSISTENT_VOLUMES, volume, lambda obj: obj["spec"]["capacity"].update(storage=wanted))
            self._change(PERSISTENT_VOLUME_CLAIMS, claim, lambda obj: obj["status"]["capacity"].update(storage=wanted))

    def _release(self, claim: Object) -> None:
        """A claim that is being deleted stays for as long as a pod uses it."""
        namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
        users = (pod for pod in self._store.list(PODS, namespace) if name in volumes.claims(pod))
        if not all(map(states.is_over, users)):
            return
        deleting.drop_finalizer(self._store, PERSISTENT_VOLUME_CLAIMS, claim, persistent_volume_claims.PROTECTION)

    def _keep(self, volume: Object) -> None:
        """What becomes of a volume when its claim is gone."""
        held: Object = volume["spec"].get("claimRef") or {}
        claim = self._store.find(PERSISTENT_VOLUME_CLAIMS, held.get("namespace", ""), held.get("name", ""))
        is_claimed = claim is not None and held.get("uid") == claim["metadata"]["uid"]
        phase = "Bound" if is_claimed else "Released" if held.get("uid") else "Available"
        if states.is_marked(volume):
            if not is_claimed:
                self._places.remove(volume["spec"]["csi"]["volumeHandle"])
                deleting.drop_finalizer(self._store, PERSISTENT_VOLUMES, volume, persistent_volumes.PROTECTION)
            return
        if (volume.get("status") or {}).get("phase") != phase:
            self._change(PERSISTENT_VOLUMES, volume, lambda obj: obj.update(status={"phase": phase}))
        if phase == "Released" and volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete":
            deleting.delete(self._store, PERSISTENT_VOLUMES, "", volume["metadata"]["name"], DeleteOptions())

    def _change(self, resource: Resource, obj: Object, change: Callable[[Object], None]) -> None:
        self._store.modify(resource, obj["metadata"].get("namespace", ""), obj["metadata"]["name"], change)

    def _claim(self, change: Change) -> Iterable[Key]:
        yield from own_key(change)
        if volume := change.object["spec"].get("volumeName"):
            yield "", volume

    def _waiting(self, _change: Change) -> Iterable[Key]:
        for claim in self._store.list(PERSISTENT_VOLUME_CLAIMS):
            if not claim["spec"].get("volumeName"):
                yield claim["metadata"]["namespace"], claim["metadata"]["name"]

    def _used(self, change: Change) -> Iterable[Key]:
        """A pod has ended: its claims may be wanted by nobody any more."""
        if change.type == "DELETED" or states.is_over(change.object):
            for name in volumes.claims(change.object):
                yield change.object["metadata"]["namespace"], name
