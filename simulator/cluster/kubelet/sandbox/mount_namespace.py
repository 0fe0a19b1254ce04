"""File systems that only this cluster and its pods see: mounts in a namespace of their own (mount_namespaces(7)).

The server moves into it before it starts anything, and whatever it starts is in it too. The machine sees none of these
mounts, and however the cluster ends they are gone with its last process. Without root the namespace belongs to a user
namespace in which we are nobody but ourselves: programs that a pod runs gain nothing there.
"""

import ctypes
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from simulator.cluster.kubelet.sandbox.system_calls import checked

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_NO_SUID, _NO_DEVICES, _RECURSIVE, _SLAVE = 1 << 1, 1 << 2, 1 << 14, 1 << 19
_DETACH, _NO_FOLLOW = 1 << 1, 1 << 3


def why_not() -> str | None:
    """None if this machine lets us mount so; else the reason. Tried with a process of our own. Forks."""
    if sys.platform != "linux":
        return f"{sys.platform} has no mount namespaces"
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _try(theirs)
    os.close(theirs)
    with open(ours, "rb") as said:
        number = int(said.read() or b"-1")
    os.waitpid(child, 0)
    if number == 0:
        return None
    return f"a mount namespace is refused: {os.strerror(number) if number > 0 else 'the process ended'}"


def enter() -> None:
    """Move this process, which must have no other thread, into a namespace of its own.

    Mounts of the machine still appear in it. `OSError` where that is refused.
    """
    if os.geteuid() == 0:
        checked("unshare", _NEW_MOUNTS)
    else:
        user, group = os.geteuid(), os.getegid()
        checked("unshare", _NEW_USERS | _NEW_MOUNTS)
        with suppress(FileNotFoundError):  # a kernel before groups had to be given up
            Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    checked("mount", b"none", b"/", None, ctypes.c_ulong(_RECURSIVE | _SLAVE), None)


def mount_memory(at: Path, size_bytes: int) -> None:
    """A file system in memory that everybody may write to, over the folder `at`; what exceeds its size is ENOSPC."""
    options = f"size={size_bytes},mode=777".encode()
    checked("mount", b"tmpfs", os.fsencode(at), b"tmpfs", ctypes.c_ulong(_NO_SUID | _NO_DEVICES), options)


def unmount(at: Path) -> None:
    """Take it off; its contents go with the last process that has a file of it open."""
    checked("umount2", os.fsencode(at), _DETACH | _NO_FOLLOW)


def _try(report: int) -> None:
    """The forked process, to its end: writes the errno of what failed, or 0."""
    number = 0
    try:
        enter()
        mount_memory(Path(tempfile.gettempdir()), os.sysconf("SC_PAGE_SIZE"))
    except OSError as error:
        number = error.errno or -1
    finally:
        os.write(report, str(number).encode())
        os._exit(0)
