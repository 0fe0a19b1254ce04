"""The plug-ins DefaultStorageClass and PersistentVolumeClaimResize."""

from simulator.cluster import errors
from simulator.cluster.kinds.storage_classes import is_default
from simulator.cluster.objects import quantities
from simulator.cluster.resources import PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES, Resource
from simulator.cluster.store import Object, Store

_NO_RESIZE = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


def default_class(store: Store) -> str | None:
    """The name of the default class; of several the newest."""
    found = [each for each in store.list(STORAGE_CLASSES) if is_default(each)]
    newest = max(found, key=lambda each: str(each["metadata"]["creationTimestamp"]), default=None)
    return None if newest is None else str(newest["metadata"]["name"])


class DefaultStorageClass:
    """Looks classes up in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def admit(self, resource: Resource, obj: Object) -> None:
        """A new claim that names no class gets the default one; `""` is a name and means none."""
        if resource == PERSISTENT_VOLUME_CLAIMS and obj["spec"].get("storageClassName") is None:
            name = default_class(self._store)
            if name is not None:
                obj["spec"]["storageClassName"] = name


def check_resize(store: Store, new: Object, old: Object) -> None:
    """`ApiError` 403 where a claim asks for more than its class lets it."""
    wanted, had = (quantities.parse(obj["spec"]["resources"]["requests"]["storage"]) for obj in (new, old))
    if wanted <= had:
        return
    found = store.find(STORAGE_CLASSES, "", old["spec"].get("storageClassName") or "")
    if found is None or not found.get("allowVolumeExpansion"):
        raise errors.forbidden("persistentvolumeclaims", old["metadata"]["name"], _NO_RESIZE)
