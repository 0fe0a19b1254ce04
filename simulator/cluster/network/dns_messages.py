"""DNS messages (RFC 1035) as far as a cluster's names need them: one question, records of five types. Pure."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

A, PTR, AAAA, SRV, OPT, ANY = 1, 12, 28, 33, 41, 255
NO_ERROR, SERVER_FAILURE, NAME_ERROR, NOT_IMPLEMENTED = 0, 2, 3, 4
_INTERNET = 1
_RESPONSE, _AUTHORITATIVE, _TRUNCATED, _RECURSION_ASKED, _RECURSION = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080
_OPCODE = 0x7800
_HEADER = struct.Struct("!6H")
_LEAST_SIZE = 512
_LONGEST_NAME = 255

Name = tuple[str, ...]
"""Labels in lower case, without the root: `("web", "shop", "svc", "cluster", "local")`."""


@dataclass(frozen=True)
class Query:
    """One question. `raw` is the question section as it was asked; `size` is what the client takes by UDP, in bytes."""

    id: int
    name: Name
    type: int
    raw: bytes
    wants_recursion: bool
    size: int
    has_options: bool


@dataclass(frozen=True)
class Record:
    """An answer about `name`; None means the name that was asked for. `data` is an address, name, or SRV triple."""

    type: int
    data: str | Name | tuple[int, Name]
    """A: an IPv4 address. PTR: a name. SRV: port and target."""


@dataclass(frozen=True)
class Reply:
    """What is known: records, and the code for their absence. `extra` are addresses of named targets."""

    code: int = NO_ERROR
    records: tuple[Record, ...] = ()
    extra: tuple[tuple[Name, str], ...] = ()


def parse(message: bytes) -> Query | None:
    """The question of a query; None for what is none (such as a response), or cannot be read."""
    if len(message) < _HEADER.size:
        return None
    id_, flags, questions, answers, authorities, others = _HEADER.unpack_from(message)
    if flags & _RESPONSE or flags & _OPCODE or questions != 1 or answers or authorities:
        return None
    try:
        name, end = _read_name(message, _HEADER.size)
        kind, class_ = struct.unpack_from("!2H", message, end)
        raw = message[_HEADER.size : end + 4]
        has_options = others > 0 and message[end + 4 : end + 7] == b"\0" + struct.pack("!H", OPT)
        size = max(_LEAST_SIZE, struct.unpack_from("!H", message, end + 7)[0]) if has_options else _LEAST_SIZE
    except (struct.error, ValueError):
        return None
    if class_ not in (_INTERNET, ANY):
        return None
    return Query(id_, name, kind, raw, bool(flags & _RECURSION_ASKED), size, has_options)


def respond(query: Query, reply: Reply, *, ttl_s: int, size: int) -> bytes:
    """The response, in `size` bytes at most: what does not fit is left out, and the client told to ask by TCP."""
    flags = _RESPONSE | _AUTHORITATIVE | _RECURSION | (_RECURSION_ASKED if query.wants_recursion else 0) | reply.code
    answers = [_record(b"\xc0\x0c", record.type, _data(record), ttl_s) for record in reply.records]
    extra = [_record(_packed(name), A, IPv4Address(address).packed, ttl_s) for name, address in reply.extra]
    options = [b"\0" + struct.pack("!HHIH", OPT, 1232, 0, 0)] if query.has_options else []
    fixed = _HEADER.size + len(query.raw) + sum(map(len, options))
    if fixed + sum(map(len, answers)) > size:
        answers, flags = [], flags | _TRUNCATED
    if fixed + sum(map(len, answers + extra)) > size:
        extra = []
    header = _HEADER.pack(query.id, flags, 1, len(answers), 0, len(extra) + len(options))
    return b"".join([header, query.raw, *answers, *extra, *options])


def refuse(message: bytes, code: int) -> bytes:
    """A response with nothing but a code, to any message with a header."""
    id_, flags, *_ = _HEADER.unpack_from(message)
    query = parse(message)
    answered = _RESPONSE | _RECURSION | (flags & _RECURSION_ASKED) | code
    return _HEADER.pack(id_, answered, int(query is not None), 0, 0, 0) + (query.raw if query else b"")


def is_truncated(message: bytes) -> bool:
    """Whether a response says that there is more to be had by TCP."""
    return len(message) >= _HEADER.size and bool(_HEADER.unpack_from(message)[1] & _TRUNCATED)


def _read_name(message: bytes, at: int) -> tuple[Name, int]:
    """A name of the question, which has nothing before it to be compressed into."""
    labels: list[str] = []
    begin = at
    while True:
        if at >= len(message) or at - begin > _LONGEST_NAME:
            raise ValueError("a name without an end")
        length = message[at]
        at += 1
        if length == 0:
            return tuple(labels), at
        if length > 63:
            raise ValueError("a compressed name")
        labels.append(message[at : at + length].decode("latin-1").lower())
        at += length


def _packed(name: Name) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in name) + b"\0"


def _record(owner: bytes, kind: int, data: bytes, ttl_s: int) -> bytes:
    return owner + struct.pack("!HHIH", kind, _INTERNET, ttl_s, len(data)) + data


def _data(record: Record) -> bytes:
    match record.data:
        case str(address):
            return IPv4Address(address).packed
        case (int(port), target):
            return struct.pack("!3H", 0, 100, port) + _packed(target)  # type: ignore[arg-type]
    return _packed(record.data)
