"""A place from which no answer ever comes, for connections that a firewall would drop.

A listening socket whose queue is full ignores further attempts: whoever connects to it retries and hangs until its own
timeout, or the kernel's, exactly as if packets were dropped on the way.
"""

import socket
from contextlib import ExitStack

_FULL = 2
"""A queue of length 0 has room for one; another one is kept waiting, to be sure."""


class BlackHole:
    """One for TCP, which swallows connections, and one for UDP, which swallows datagrams."""

    def __init__(self, address: str) -> None:
        """`OSError` where `address` cannot be bound."""
        with ExitStack() as stack:
            listener = stack.enter_context(socket.socket())
            self.tcp = fill(listener, address, 0, stack)
            datagrams = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
            datagrams.bind((address, 0))
            self.udp: tuple[str, int] = datagrams.getsockname()
            self._open = stack.pop_all()

    def close(self) -> None:
        """What waits in it is refused."""
        self._open.close()


def fill(listener: socket.socket, address: str, port: int, stack: ExitStack) -> tuple[str, int]:
    """Make `listener` a black hole at an address and port (0: any); `stack` holds what fills it."""
    listener.bind((address, port))
    listener.listen(0)
    place: tuple[str, int] = listener.getsockname()
    for _ in range(_FULL):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(place)
    return place
