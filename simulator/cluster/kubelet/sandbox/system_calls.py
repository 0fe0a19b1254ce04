"""Linux system calls that Python has no function for, by number, through the C library.

The interpreter's lock is kept during a call (`PyDLL`): none of these waits, and the thread that answers pods' connects
would otherwise queue for the lock after each of them whenever the event loop is busy.
"""

import ctypes
import errno
import os
import platform
import sys
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS = 38


@dataclass(frozen=True)
class Numbers:
    """What differs between machines: the audit architecture and the numbers of the calls that matter here."""

    audit_arch: int
    bind: int
    connect: int
    sendto: int
    seccomp: int
    # These came late and have one number everywhere.
    io_uring_setup: int = 425
    pidfd_open: int = 434
    pidfd_getfd: int = 438
    landlock_create_ruleset: int = 444
    landlock_add_rule: int = 445
    landlock_restrict_self: int = 446


_MACHINES = {
    "x86_64": Numbers(0xC000003E, bind=49, connect=42, sendto=44, seccomp=317),
    "aarch64": Numbers(0xC00000B7, bind=200, connect=203, sendto=206, seccomp=277),
}


class _Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def _load() -> ctypes.PyDLL | None:
    return ctypes.PyDLL(None, use_errno=True) if sys.platform == "linux" else None


_LIBC = _load()


def numbers() -> Numbers:
    """Those of this machine. `OSError` ENOSYS where they are not known."""
    found = _MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    if found is None:
        raise OSError(errno.ENOSYS, f"no system call numbers for {sys.platform} on {platform.machine()}")
    return found


def call(number: int, *arguments: object) -> int:
    """A system call; `OSError` where it fails."""
    return checked("syscall", ctypes.c_long(number), *(_word(each) for each in arguments))


def checked(name: str, *arguments: object) -> int:
    """A function of the C library that gives -1 where it fails: then `OSError`."""
    if _LIBC is None:
        raise OSError(errno.ENOSYS, f"no {name} on {sys.platform}")
    result = int(getattr(_LIBC, name)(*arguments))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def give_up_new_privileges() -> None:
    """For this process and its descendants no program gains privileges by being run; filters require it."""
    checked("prctl", _PR_SET_NO_NEW_PRIVS, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0)))


def read_memory(pid: int, address: int, length: int) -> bytes:
    """Bytes of another process. `OSError` where it has none there, or is gone, or may not be read."""
    content = ctypes.create_string_buffer(length)
    local = _Piece(ctypes.cast(content, ctypes.c_void_p), length)
    remote = _Piece(address, length)
    one, none = ctypes.c_ulong(1), ctypes.c_ulong(0)
    got = checked("process_vm_readv", pid, ctypes.byref(local), one, ctypes.byref(remote), one, none)
    return content.raw[:got]


def take_descriptor(task: int, descriptor: int) -> int:
    """A duplicate of a descriptor of the process that the thread `task` belongs to, closed on exec."""
    try:
        process = call(numbers().pidfd_open, task, 0)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOENT):
            raise
        process = call(numbers().pidfd_open, _thread_group(task), 0)  # only its first thread names a process
    try:
        return call(numbers().pidfd_getfd, process, descriptor, 0)
    finally:
        checked("close", process)


def _thread_group(task: int) -> int:
    with open(f"/proc/{task}/status", encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Tgid:"))


def _word(value: object) -> object:
    return ctypes.c_ulong(value or 0) if value is None or isinstance(value, int) else value
