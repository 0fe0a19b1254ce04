"""Volumes of `medium: Memory`: file systems in memory, each of a size that a program cannot exceed (ENOSPC).

The size is the kubelet's (pkg/volume/emptydir, SizeMemoryBackedVolumes): the smallest of `sizeLimit`, the pod's memory
limit where all its containers have one, and what the node has.
"""

import errno
from collections.abc import Mapping
from pathlib import Path

from simulator.cluster.kubelet import amounts
from simulator.cluster.kubelet.sandbox import mount_namespace
from simulator.cluster.scheduler import pod_requests
from simulator.cluster.store import Object

MEMORY = "Memory"


def has_any(pod: Object) -> bool:
    """Whether the pod has such a volume. Pure."""
    return any((each.get("emptyDir") or {}).get("medium") == MEMORY for each in pod["spec"].get("volumes") or ())


def sizes(pod: Object, allocatable_bytes: int) -> dict[str, int]:
    """Bytes of each volume in memory, by its name. Pure."""
    spec = pod["spec"]
    is_limited = all(amounts.memory_limit(each) for each in [*spec["containers"], *(spec.get("initContainers") or ())])
    of_pod = pod_requests.limits(spec)["memory"] if is_limited else allocatable_bytes
    found = {}
    for volume in spec.get("volumes") or ():
        source = volume.get("emptyDir") or {}
        if source.get("medium") == MEMORY:
            own = amounts.whole(source.get("sizeLimit") or "0")
            found[volume["name"]] = min(size for size in (own, of_pod, allocatable_bytes) if size > 0)
    return found


class MemoryVolumes:
    """Those of one pod, from `mount` to `unmount`; `places` is the folder with a folder for each volume."""

    def __init__(self, places: Path) -> None:
        self._places = places
        self._mounted: list[Path] = []

    def mount(self, wanted: Mapping[str, int]) -> None:
        """Those that are not mounted yet. `OSError` where the machine refuses."""
        for name, size_bytes in wanted.items():
            if (place := self._places / name) not in self._mounted:
                mount_namespace.mount_memory(place, size_bytes)
                self._mounted.append(place)

    def unmount(self) -> None:
        """All, with their contents."""
        while self._mounted:
            try:
                mount_namespace.unmount(self._mounted.pop())
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOENT):  # it is not there any more
                    raise
