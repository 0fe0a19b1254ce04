"""Where the service listens: the loopback interface, unless somebody says that others may come."""

import errno
import socket
from ipaddress import ip_address

from scoring.errors import ServiceError

USUAL = ("127.0.0.1", 8460)


def listen(address: str | None, *, are_others_let_in: bool = False) -> socket.socket:
    """A listening socket, so that clients can connect from the moment its address is known.

    `address` is HOST:PORT, port 0 for a free one; without, 127.0.0.1:8460, or a free port where that is taken.
    Raises ServiceError, also for an address beyond the loopback interface unless `are_others_let_in`.
    """
    if address is None:
        try:
            return _open(*USUAL)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ServiceError(f"{USUAL[0]}:{USUAL[1]}: {error.strerror}; give --listen HOST:PORT") from None
            return _open(USUAL[0], 0)
    host, port = parse_address(address)
    if not (are_others_let_in or is_loopback(host)):
        raise ServiceError(
            f"--listen {address}: tokens and drills would go in clear text to whoever reaches this machine; let a "
            "reverse proxy with TLS talk to 127.0.0.1, or add --allow-remote"
        )
    try:
        return _open(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ServiceError(f"--listen {address}: {reason}; choose another port, or 0 for a free one") from None


def parse_address(address: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8460` or `[::1]:8460`. Raises ServiceError."""
    host, _, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ServiceError(f"--listen {address}: give HOST:PORT, such as 127.0.0.1:8460 or [::1]:0")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url_of(door: socket.socket) -> str:
    """The address of a listening socket as a URL."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _open(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=256)
