"""SPDY/3.1 frames: from bytes in pieces of any size to frames, and back. Pure.

What kubectl's port-forward needs of it: streams that are opened, answered, filled, ended and reset, pings and a
goodbye. SETTINGS and WINDOW_UPDATE are read over, as Kubernetes' own implementation does: it has no flow control but
the connection's.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from simulator.cluster.api.streams.spdy_dictionary import DICTIONARY

LARGEST_CONTROL = 64 * 1024
"""Bytes of a control frame, and of the header block in it once decompressed."""
REFUSED_STREAM = 3
"""Status of a RST_STREAM for a stream that the server did not begin."""

_VERSION = 3
_FIN = 0x01
_STREAM = 0x7FFFFFFF
_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING, _GOAWAY, _HEADERS = 1, 2, 3, 6, 7, 8
_HEAD = struct.Struct(">II")
_WORD = struct.Struct(">I")


class SpdyError(Exception):
    """The peer sent what is no SPDY/3.1; the connection cannot go on."""


@dataclass(frozen=True)
class SynStream:
    """A new stream."""

    stream: int
    headers: Mapping[str, str] = field(default_factory=dict)
    is_last: bool = False


@dataclass(frozen=True)
class SynReply:
    """A stream is accepted."""

    stream: int
    headers: Mapping[str, str] = field(default_factory=dict)
    is_last: bool = False


@dataclass(frozen=True)
class Headers:
    """More headers of a stream."""

    stream: int
    headers: Mapping[str, str] = field(default_factory=dict)
    is_last: bool = False


@dataclass(frozen=True)
class RstStream:
    """A stream is given up, by either side."""

    stream: int
    status: int


@dataclass(frozen=True)
class Ping:
    """To be sent back as it is."""

    number: int


@dataclass(frozen=True)
class GoAway:
    """No new streams."""

    last_stream: int
    status: int = 0


@dataclass(frozen=True)
class Data:
    """A piece of a stream; the side that sends `is_last` sends no more. A frame may arrive as several of these."""

    stream: int
    data: bytes
    is_last: bool = False


Frame = SynStream | SynReply | Headers | RstStream | Ping | GoAway | Data
_WITH_HEADERS: dict[int, type[SynStream | SynReply | Headers]] = {
    _SYN_STREAM: SynStream,
    _SYN_REPLY: SynReply,
    _HEADERS: Headers,
}


class Decoder:
    """One direction of a connection, read."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._data: tuple[int, int, int] | None = None  # stream, flags and bytes left of a data frame

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes, and data as it comes. `SpdyError` where it is none."""
        self._buffer += data
        while True:
            if self._data is None:
                frame = self._control() if len(self._buffer) >= _HEAD.size else None
                if self._data is not None:
                    continue
            else:
                frame = self._piece(self._data)
            if frame is None:
                return
            if not isinstance(frame, _Ignored):
                yield frame

    def _control(self) -> "Frame | _Ignored | None":
        """The next control frame once it is whole; a data frame's head moves us into its data."""
        first, second = _HEAD.unpack_from(self._buffer)
        flags, length = second >> 24, second & 0xFFFFFF
        if not first >> 31:
            del self._buffer[: _HEAD.size]
            self._data = (first, flags, length)
            return None
        version, kind = first >> 16 & 0x7FFF, first & 0xFFFF
        if version != _VERSION:
            raise SpdyError(f"version {version} is not SPDY/3")
        if length > LARGEST_CONTROL:
            raise SpdyError(f"a control frame of {length} bytes is too large")
        if len(self._buffer) < _HEAD.size + length:
            return None
        payload = bytes(self._buffer[_HEAD.size : _HEAD.size + length])
        del self._buffer[: _HEAD.size + length]
        try:
            return self._parse(kind, flags, payload)
        except (struct.error, zlib.error, UnicodeDecodeError) as error:
            raise SpdyError(f"a control frame of type {kind} does not parse: {error}") from None

    def _piece(self, about: tuple[int, int, int]) -> Data | None:
        stream, flags, left = about
        if left and not self._buffer:
            return None
        piece = bytes(self._buffer[:left])
        del self._buffer[:left]
        left -= len(piece)
        self._data = (stream, flags, left) if left else None
        return Data(stream, piece, is_last=not left and bool(flags & _FIN))

    def _parse(self, kind: int, flags: int, payload: bytes) -> "Frame | _Ignored":
        if kind == _RST_STREAM:
            stream, status = _HEAD.unpack(payload)
            return RstStream(stream & _STREAM, status)
        if kind == _PING:
            return Ping(*_WORD.unpack(payload))
        if kind == _GOAWAY:
            stream, status = _HEAD.unpack(payload)
            return GoAway(stream & _STREAM, status)
        made = _WITH_HEADERS.get(kind)
        if made is None:
            return _Ignored()
        (stream,) = _WORD.unpack_from(payload)
        block = payload[10:] if kind == _SYN_STREAM else payload[4:]
        return made(stream & _STREAM, self._headers(block), bool(flags & _FIN))

    def _headers(self, block: bytes) -> dict[str, str]:
        text = self._inflate.decompress(block, LARGEST_CONTROL)
        if self._inflate.unconsumed_tail:
            raise SpdyError(f"headers of more than {LARGEST_CONTROL} bytes")
        (count,), at = _WORD.unpack_from(text), _WORD.size
        headers = {}
        for _ in range(count):
            name, at = _counted(text, at)
            headers[name], at = _counted(text, at)
        return headers


class Encoder:
    """One direction of a connection, written. Frames must be sent in the order in which they were encoded."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def encode(self, frame: Frame) -> bytes:
        """A frame's bytes; a data frame holds at most 16 MiB."""
        match frame:
            case Data(stream, data, is_last):
                return _HEAD.pack(stream, _flags(is_last) | len(data)) + data
            case RstStream(stream, status):
                return _framed(_RST_STREAM, _HEAD.pack(stream, status))
            case Ping(number):
                return _framed(_PING, _WORD.pack(number))
            case GoAway(last_stream, status):
                return _framed(_GOAWAY, _HEAD.pack(last_stream, status))
            case SynStream(stream, headers, is_last):
                payload = _HEAD.pack(stream, 0) + b"\0\0" + self._block(headers)
                return _framed(_SYN_STREAM, payload, is_last)
            case SynReply(stream, headers, is_last):
                return _framed(_SYN_REPLY, _WORD.pack(stream) + self._block(headers), is_last)
            case Headers(stream, headers, is_last):
                return _framed(_HEADERS, _WORD.pack(stream) + self._block(headers), is_last)

    def _block(self, headers: Mapping[str, str]) -> bytes:
        text = _WORD.pack(len(headers))
        for name, value in headers.items():
            for word in (name.lower().encode(), value.encode()):
                text += _WORD.pack(len(word)) + word
        return self._deflate.compress(text) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


class _Ignored:
    """A frame of a type that is read over."""


def _framed(kind: int, payload: bytes, is_last: bool = False) -> bytes:
    return _HEAD.pack(1 << 31 | _VERSION << 16 | kind, _flags(is_last) | len(payload)) + payload


def _flags(is_last: bool) -> int:
    return _FIN << 24 if is_last else 0


def _counted(text: bytes, at: int) -> tuple[str, int]:
    (length,) = _WORD.unpack_from(text, at)
    start = at + _WORD.size
    if start + length > len(text):
        raise SpdyError("a header is longer than its block")
    return text[start : start + length].decode(), start + length
