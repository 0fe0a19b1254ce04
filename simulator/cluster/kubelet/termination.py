"""The message that a container leaves as it ends (Kubernetes documentation "Determine the Reason for Pod Failure")."""

import os
import posixpath
import stat
from contextlib import suppress
from pathlib import Path

from simulator.cluster.kubelet import container_log
from simulator.cluster.store import Object

LONGEST = 4096
"""Bytes of a message, as the kubelet has it."""
_USUAL = "/dev/termination-log"
_LINES, _LOG_BYTES = 80, 2048


def message(container: Object, root: Path, log: Path, code: int) -> str:
    """What the container wrote to its terminationMessagePath below `root`.

    The end of its log where it wrote nothing, ended badly and asks for that (FallbackToLogsOnError).
    """
    written = _read(root, _path(container))
    if written or not code or container.get("terminationMessagePolicy") != "FallbackToLogsOnError":
        return written
    return container_log.tail(log, _LINES, _LOG_BYTES)


def clear(container: Object, root: Path) -> None:
    """Before it starts: an empty file, and no message of the instance before it."""
    place = root / _path(container)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.touch()


def _path(container: Object) -> str:
    """Relative to the pod's root."""
    return posixpath.normpath(f"/{container.get('terminationMessagePath') or _USUAL}").lstrip("/")


def _read(root: Path, path: str) -> str:
    """Step by step and through no link, for the pod could have put one there that leads out of its folder."""
    *folders, name = path.split("/")
    opened: list[int] = []
    try:
        opened.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY))
        for folder in folders:
            opened.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened[-1]))
        opened.append(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=opened[-1]))
        if not stat.S_ISREG(os.fstat(opened[-1]).st_mode):
            return ""
        return os.read(opened[-1], LONGEST).decode(errors="replace")
    except OSError:
        return ""
    finally:
        for fd in opened:
            os.close(fd)
