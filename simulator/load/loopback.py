"""Load stays on this machine: addresses that are checked, and a guard over what a user's own code connects to."""

import ipaddress
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

from simulator.errors import BadInput


def loopback_host(text: str, option: str = "--host") -> str:
    """`text` as `http://address[:port]` if that is on the loopback network; raises BadInput otherwise."""
    try:
        parts = urlsplit(text)
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise BadInput(f"{option} {text!r} is no address: {error}; write for example http://127.0.0.1:8080") from None
    if parts.scheme != "http" or not host or parts.path not in ("", "/") or parts.query or parts.username:
        raise BadInput(f"{option} {text!r} is no plain http address; write for example http://127.0.0.1:8080")
    if not is_loopback(host):
        raise BadInput(
            f"{option} {text!r} is not on the loopback network; "
            "load is only ever offered to 127.0.0.0/8, [::1] or localhost"
        )
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """Whether a name or address can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def stay_on_this_machine() -> None:
    """From here on this process connects to the loopback network alone; anything else is an OSError.

    For good: an audit hook (PEP 578) cannot be taken away, not by a locustfile either.
    """
    sys.addaudithook(_refuse_elsewhere)


def _refuse_elsewhere(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or arguments[0].family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = arguments[1][0]
    if not is_loopback(host):
        raise OSError(f"load is only ever offered to this machine, not to {host}")
