"""When to stop: asked by a signal, or because the one who started us is gone."""

import os
import stat
import sys
from select import POLLERR, POLLHUP, POLLNVAL, POLLRDHUP, poll


class Owner:
    """The process that started this one, seen through its process id and the other end of our stdin."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        # Stdin says something only if it is a pipe that is held open: pipelines often start with none.
        self._stdin = _open_pipe()

    def is_gone(self) -> bool:
        """Whether the parent has ended, or has closed the pipe that it held open on our standard input."""
        return os.getppid() != self._parent or (self._stdin is not None and _is_hung_up(self._stdin))


def _open_pipe() -> int | None:
    try:
        fd = sys.stdin.fileno()
        mode = os.fstat(fd).st_mode
    except (AttributeError, OSError, ValueError):
        return None
    is_pipe = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return fd if is_pipe and not _is_hung_up(fd) else None


def _is_hung_up(fd: int) -> bool:
    # The kernel's own poll, taken by name before Locust is imported: gevent puts one in its place that
    # does not tell of a hang-up.
    poller = poll()
    poller.register(fd, POLLRDHUP)
    return any(event & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL) for _, event in poller.poll(0))
