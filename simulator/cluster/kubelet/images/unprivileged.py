"""Start a program that refuses to run as root.

Under root it runs as `nobody`, with the one capability to reach files wherever the project and its state folder lie
(such as below a home directory that only root may enter). Without root it simply runs as we do.
"""

import ctypes
import os
import pwd
import signal
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS, _NO_SETUID_FIXUP = 28, 1 << 2
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

_Words = ctypes.c_uint32 * 6  # effective, permitted, inheritable, for the lower and then the upper 32 capabilities


def as_unprivileged(death_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: gives up root where we have it. The child gets `death_signal` when its parent dies."""
    libc = ctypes.CDLL(None, use_errno=True)
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def prepare() -> None:
        if nobody is not None:
            libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
            # Else access(2), by which PostgreSQL looks for its programs, would answer as if we had no capability.
            libc.prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0)
            os.setgroups([])
            os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
            os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
            _keep_reaching_files(libc)
        libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)  # after the change of user, which clears it

    return prepare


def hand_over(path: Path) -> None:
    """Make what `as_unprivileged` starts the owner of `path`; without root it is already."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _keep_reaching_files(libc: ctypes.CDLL) -> None:
    """Best effort: in a container without the capability the folders must be open to others, as is usual there."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    wanted = 1 << _CAP_DAC_OVERRIDE
    if libc.capset(header, _Words(wanted, wanted, wanted, 0, 0, 0)) == 0:
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)
    else:
        libc.capset(header, _Words())
