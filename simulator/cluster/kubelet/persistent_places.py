"""What stands behind persistent volumes: a folder for each, and a small one has its size.

Up to `MOST_IN_MEMORY` bytes a volume is a file system in memory that the cluster mounts over its folder, so that a
program that fills it meets ENOSPC. A larger one is a folder on the machine's disk, which no limit holds for.
"""

import errno
import logging
from pathlib import Path

from simulator.cluster.kubelet import volumes
from simulator.cluster.kubelet.sandbox import mount_namespace

_log = logging.getLogger(__name__)

MOST_IN_MEMORY = 1 << 30


class PersistentPlaces:
    """Those of one cluster. `unlimited` is why nothing can be mounted here (see `Confinement`), None if it can."""

    def __init__(self, folder: Path, unlimited: str | None) -> None:
        self._folder = folder
        self._unlimited = unlimited
        self._mounted: set[str] = set()

    def provide(self, handle: str, size_bytes: int) -> None:
        """Make the place of the volume `handle`; one that is there stays as it is. `OSError` if a mount is refused."""
        volumes.provide(self._folder / handle)
        if size_bytes > MOST_IN_MEMORY or handle in self._mounted:
            return
        if self._unlimited is not None:
            _log.warning("no limit holds for the volume %s: %s", handle, self._unlimited)
            return
        mount_namespace.mount_memory(self._folder / handle, size_bytes)
        self._mounted.add(handle)

    def remove(self, handle: str) -> None:
        """Take it away with its contents."""
        if handle in self._mounted:
            try:
                mount_namespace.unmount(self._folder / handle)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOENT):  # it is not there any more
                    raise
            self._mounted.discard(handle)
        volumes.remove(self._folder / handle)
