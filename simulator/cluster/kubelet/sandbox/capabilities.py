"""What root may do in a pod: what container runtimes leave to it, and nothing by which it could leave its sandbox.

The set is that of Docker and containerd. Without it, root may look into processes outside its Landlock domain.
"""

import ctypes
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from simulator.cluster.kubelet.sandbox.system_calls import checked

_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_KEPT = {
    0: "CHOWN",
    1: "DAC_OVERRIDE",
    3: "FOWNER",
    4: "FSETID",
    5: "KILL",
    6: "SETGID",
    7: "SETUID",
    8: "SETPCAP",
    10: "NET_BIND_SERVICE",
    13: "NET_RAW",
    18: "SYS_CHROOT",
    27: "MKNOD",
    29: "AUDIT_WRITE",
    31: "SETFCAP",
}


def excess() -> tuple[int, ...]:
    """The capabilities that this process's programs could have and a pod's may not; none without root."""
    if os.geteuid() != 0:
        return ()
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    return tuple(each for each in range(last + 1) if each not in _KEPT and _prctl(_PR_CAPBSET_READ, each))


def drop(numbers: Sequence[int]) -> None:
    """The next program that this process runs, and all after it, are without these capabilities."""
    for number in numbers:
        with suppress(OSError):  # we are root without the right to do so: then there is little to drop
            _prctl(_PR_CAPBSET_DROP, number)


def _prctl(option: int, number: int) -> int:
    return checked("prctl", option, *(ctypes.c_ulong(value) for value in (number, 0, 0, 0)))
