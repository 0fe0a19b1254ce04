"""Pseudo-terminals: made, sized, and taken by a process as the terminal that controls its session."""

import fcntl
import os
import struct
import termios
from contextlib import suppress

_FIRST_SIZE = (80, 24)


def open_terminal() -> tuple[int, int]:
    """(master, slave) of a new terminal of 80 by 24; neither is inherited."""
    master, slave = os.openpty()
    resize(master, *_FIRST_SIZE)
    return master, slave


def resize(fd: int, columns: int, rows: int) -> None:
    """Set the size; the kernel tells the foreground process group (SIGWINCH)."""
    with suppress(OSError):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def take() -> None:
    """For `preexec_fn`, in a new session whose standard input is a terminal: it controls the session from here on."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
