"""Calls of a process that wait for another one's decision: seccomp user notification (seccomp_unotify(2)).

A filter hands connect(), bind(), and sendto() with an address, to whoever holds its listener; every descendant
inherits it.
io_uring is refused, as container runtimes' own profiles do, because it would connect without these calls. So are
programs of a foreign ABI (32-bit ones), whose calls have other numbers.
"""

import ctypes
import errno
import socket
import struct
from dataclasses import dataclass

from simulator.cluster.kubelet.sandbox.system_calls import Numbers, call, checked, numbers

_SET_MODE_FILTER, _NEW_LISTENER = 1, 1 << 3
_RECEIVE, _SEND, _ID_VALID = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE = 1
_ALLOW, _NOTIFY, _ERRNO = 0x7FFF0000, 0x7FC00000, 0x00050000
_LOAD, _IS, _IS_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCH, _ARGUMENT_4 = 0, 4, 16 + 4 * 8  # offsets in struct seccomp_data
_X32 = 0x40000000

_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")


@dataclass(frozen=True)
class Notification:
    """A call that waits. `task` is the calling thread; `arguments` are as the kernel got them."""

    id: int
    task: int
    number: int
    arguments: tuple[int, ...]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class Filter:
    """Made once, installed in many: `install` runs between fork and exec, where little should happen."""

    def __init__(self) -> None:
        code = _program(numbers())
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = _Program(len(code) // 8, ctypes.cast(self._code, ctypes.c_char_p))

    def install(self) -> int:
        """Filter this process from now on: the listener. `OSError` EBUSY under another one's listener."""
        return call(numbers().seccomp, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(self._program))


def hand_over(filter_: Filter, to: socket.socket) -> None:
    """In the new process: connect through a gate from now on, whose owner reads the other end of `to`."""
    socket.send_fds(to, [b"."], [filter_.install()])


def taken_over(ours: socket.socket) -> int | None:
    """The listener of a process that was started; None if it was not."""
    ours.setblocking(False)
    try:
        _, listeners, _, _ = socket.recv_fds(ours, 1, 1)
    except BlockingIOError:
        return None
    return listeners[0] if listeners else None


def receive(listener: int) -> Notification:
    """The call that waits on a readable listener. `OSError` ENOENT if its process was killed meanwhile."""
    buffer = ctypes.create_string_buffer(_NOTIFICATION.size)
    checked("ioctl", listener, ctypes.c_ulong(_RECEIVE), buffer)
    id_, task, _, number, _, _, *arguments = _NOTIFICATION.unpack(buffer.raw)
    return Notification(id_, task, number, tuple(arguments))


def is_waiting(listener: int, notification: Notification) -> bool:
    """Whether the call still waits: only then does its thread id name the process that made it."""
    try:
        checked("ioctl", listener, ctypes.c_ulong(_ID_VALID), ctypes.byref(ctypes.c_uint64(notification.id)))
    except OSError:
        return False
    return True


def let_pass(listener: int, notification: Notification) -> None:
    """Let the kernel carry the call out as it was made."""
    _answer(listener, _RESPONSE.pack(notification.id, 0, 0, _CONTINUE))


def answer(listener: int, notification: Notification, *, value: int = 0, error: int = 0) -> None:
    """The call is over: it gave `value`, or failed with the errno `error`."""
    _answer(listener, _RESPONSE.pack(notification.id, 0 if error else value, -error, 0))


def _answer(listener: int, response: bytes) -> None:
    try:
        checked("ioctl", listener, ctypes.c_ulong(_SEND), ctypes.create_string_buffer(response, len(response)))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EINPROGRESS):  # killed, called away by a signal, or answered
            raise


def _program(calls: Numbers) -> bytes:
    """The filter in classic BPF; jumps count the instructions that they skip."""
    rows = [
        (_LOAD, 0, 0, _ARCH),
        (_IS, 0, 13, calls.audit_arch),
        (_LOAD, 0, 0, _NUMBER),
        (_IS_AT_LEAST, 11, 0, _X32),
        (_IS, 9, 0, calls.connect),
        (_IS, 8, 0, calls.bind),
        (_IS, 2, 0, calls.sendto),
        (_IS, 8, 0, calls.io_uring_setup),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _ARGUMENT_4),
        (_IS, 0, 3, 0),
        (_LOAD, 0, 0, _ARGUMENT_4 + 4),
        (_IS, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOTIFY),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *row) for row in rows)
