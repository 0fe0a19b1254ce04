"""What files a pod's processes may touch (Landlock, landlock(7)): a list of what is allowed, never left again.

Everything of the machine may be read, except what lies in the cluster's state folder, where the kubeconfig with its
token, the audit log and other pods are. As rules only allow and reach all below, that is said by allowing the
neighbours of each folder on the way to it. Names can be listed everywhere, contents cannot be read.

Nor may they signal what is not theirs (Linux 6.12): a `kill` in a container meets its own descendants only.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from simulator.cluster.kubelet.sandbox.system_calls import call, numbers

_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL = (1 << 14) - 1
"""All rights of version 2."""
_TRUNCATE = 1 << 14
_SIGNALS = 1 << 1
"""Version 6: signals reach only processes that were started under the same restriction, or below it."""
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _EXECUTE | _READ_FILE | _READ_DIR

WRITABLE = ("/tmp", "/var/tmp", "/dev")
"""Besides its own folders."""


LEAST = 2
"""The first version with which a file can move between folders."""


def version() -> int:
    """Which version of Landlock the kernel has; 0 for none."""
    try:
        return call(numbers().landlock_create_ruleset, None, 0, _VERSION)
    except OSError:
        return 0


def ruleset(hidden: Path, readable: Iterable[Path], writable: Iterable[Path]) -> int:
    """A ruleset to `restrict` processes with: all may be read but `hidden`, where `readable` and `writable` may.

    It is a descriptor, and stays as it is: what comes to lie beside the way to `hidden` later is not allowed.
    """
    rights = _ALL | (_TRUNCATE if version() >= 3 else 0)
    held = [rights, 0, _SIGNALS] if version() >= 6 else [rights]
    attributes = struct.pack(f"={len(held)}Q", *held)
    descriptor = call(numbers().landlock_create_ruleset, _buffer(attributes), len(attributes), 0)
    try:
        _allow(descriptor, "/", _READ_DIR)
        for path in [*neighbours(hidden), *map(str, readable)]:
            _allow(descriptor, path, _READ)
        for place in [*map(Path, WRITABLE), *writable]:
            for path in _parts(place.resolve(), hidden):
                _allow(descriptor, path, rights)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def restrict(descriptor: int) -> None:
    """Hold this process and its descendants to a ruleset; it may gain no new privileges."""
    call(numbers().landlock_restrict_self, descriptor, 0)


def neighbours(hidden: Path) -> Iterator[str]:
    """What lies beside each folder on the way from the root to `hidden`."""
    for folder, step in zip(reversed(hidden.parents), hidden.parts[1:], strict=True):
        with suppress(OSError):
            yield from (os.path.join(folder, name) for name in os.listdir(folder) if name != step)


def _parts(place: Path, hidden: Path) -> Iterator[str]:
    """`place`, or what is in it beside the way to `hidden` where that lies in it."""
    if place in hidden.parents:
        yield from (path for path in neighbours(hidden) if path.startswith(f"{place}/"))
    else:
        yield str(place)


def _allow(ruleset_: int, path: str, rights: int) -> None:
    """What does not exist (any more) needs no rule. Nor does a link: a rule for where it leads would follow it."""
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        mode = os.fstat(beneath).st_mode
        if not stat.S_ISLNK(mode):
            given = rights if stat.S_ISDIR(mode) else rights & _OF_FILES
            call(numbers().landlock_add_rule, ruleset_, _PATH_BENEATH, _buffer(struct.pack("=Qi", given, beneath)), 0)
    finally:
        os.close(beneath)


def _buffer(content: bytes) -> "ctypes.Array[ctypes.c_char]":
    return ctypes.create_string_buffer(content, len(content))
