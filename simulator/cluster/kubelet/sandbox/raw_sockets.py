"""Sockets of other processes, known by a descriptor only; no call here waits."""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv6Address

from simulator.cluster.kubelet.sandbox.system_calls import checked

_IP_BIND_ADDRESS_NO_PORT = 24
_IPPROTO_MPTCP = 262
_LONGEST = 128
_PROTOCOLS: dict[tuple[int, int], str] = {
    (socket.SOCK_STREAM, socket.IPPROTO_TCP): "TCP",
    (socket.SOCK_STREAM, _IPPROTO_MPTCP): "TCP",
    (socket.SOCK_DGRAM, socket.IPPROTO_UDP): "UDP",
}


@dataclass(frozen=True)
class Endpoint:
    """An address and port. `is_wide` if it is written as IPv6, which an IPv4 address can be, too."""

    is_wide: bool
    address: str
    port: int
    rest: bytes = bytes(8)
    """Flow label and scope of an IPv6 address."""

    @classmethod
    def parse(cls, raw: bytes) -> "Endpoint | None":
        """A struct sockaddr; None for other families and for what is too short."""
        family = struct.unpack_from("=H", raw)[0] if len(raw) >= 2 else socket.AF_UNSPEC
        if family == socket.AF_INET and len(raw) >= 8:
            return cls(False, socket.inet_ntop(socket.AF_INET, raw[4:8]), struct.unpack_from("!H", raw, 2)[0])
        if family == socket.AF_INET6 and len(raw) >= 24:
            port = struct.unpack_from("!H", raw, 2)[0]
            mapped = IPv6Address(raw[8:24]).ipv4_mapped
            if mapped is not None:
                return cls(True, str(mapped), port)
            rest = raw[4:8] + raw[24:28].ljust(4, b"\0")
            return cls(True, socket.inet_ntop(socket.AF_INET6, raw[8:24]), port, rest)
        return None

    @property
    def place(self) -> tuple[str, int]:
        """Address and port."""
        return self.address, self.port

    @property
    def is_wildcard(self) -> bool:
        """Whether it means every address of the machine."""
        return self.address in ("0.0.0.0", "::")

    def at(self, address: str, port: int) -> "Endpoint":
        """Another place, written for the same socket."""
        return self if (address, port) == self.place else Endpoint(self.is_wide, address, port)

    def packed(self) -> bytes:
        """As a struct sockaddr."""
        port = struct.pack("!H", self.port)
        if not self.is_wide:
            return struct.pack("=H", socket.AF_INET) + port + socket.inet_pton(socket.AF_INET, self.address) + bytes(8)
        text = self.address if ":" in self.address else f"::ffff:{self.address}"
        address = socket.inet_pton(socket.AF_INET6, text)
        return struct.pack("=H", socket.AF_INET6) + port + self.rest[:4] + address + self.rest[4:]


def protocol(descriptor: int) -> str | None:
    """TCP or UDP; None for what is neither, and for what is no socket."""
    try:
        kind = _option(descriptor, socket.SO_TYPE), _option(descriptor, socket.SO_PROTOCOL)
    except OSError:
        return None
    return _PROTOCOLS.get(kind)


def is_ipv6_only(descriptor: int, own: Endpoint) -> bool:
    """Whether a socket can have no IPv4 address."""
    return own.is_wide and bool(_option(descriptor, socket.IPV6_V6ONLY, socket.IPPROTO_IPV6))


def bind_if_free(descriptor: int, source: str, *, is_wide: bool) -> None:
    """Give a socket the address `source`, unless its program chose one."""
    buffer, size = ctypes.create_string_buffer(_LONGEST), ctypes.c_uint32(_LONGEST)
    checked("getsockname", descriptor, buffer, ctypes.byref(size))
    own = Endpoint.parse(buffer.raw[: size.value])
    if own is None or own.port or not own.is_wildcard:
        return
    # The port is chosen at connect: so there are as many as there are for each destination, not for all together.
    one = ctypes.byref(ctypes.c_int(1))
    checked("setsockopt", descriptor, socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, one, 4)
    bind(descriptor, Endpoint(is_wide, source, 0))


def bind(descriptor: int, own: Endpoint) -> None:
    """Give a socket an address and port. `OSError` where it cannot have them."""
    packed = own.packed()
    checked("bind", descriptor, packed, len(packed))


def begin_connect(descriptor: int, target: Endpoint) -> tuple[int, bool]:
    """Connect without waiting: the errno (0 if it is connected), and whether its owner's calls may wait."""
    packed = target.packed()
    flags = checked("fcntl", descriptor, fcntl.F_GETFL)
    is_blocking = not flags & os.O_NONBLOCK
    if is_blocking:
        checked("fcntl", descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        checked("connect", descriptor, packed, len(packed))
    except OSError as error:
        return error.errno or errno.EIO, is_blocking
    finally:
        if is_blocking:
            checked("fcntl", descriptor, fcntl.F_SETFL, flags)
    return 0, is_blocking


def send(descriptor: int, data: bytes, target: Endpoint) -> int:
    """A datagram, without waiting: how much of it was sent. `OSError` EAGAIN where there is no room for it."""
    packed = target.packed()
    return checked("sendto", descriptor, data, len(data), socket.MSG_DONTWAIT, packed, len(packed))


def _option(descriptor: int, option: int, level: int = socket.SOL_SOCKET) -> int:
    value, size = ctypes.c_int(), ctypes.c_uint32(4)
    checked("getsockopt", descriptor, level, option, ctypes.byref(value), ctypes.byref(size))
    return value.value
