"""`valkey-cli` for what engineers type at night: the command line and output of Valkey's own client.

It is run as a file and needs nothing but the standard library: a block of a runbook may call it many times, and within
any pod. Without a command it takes lines from its standard input. A reply that is an error is printed and is no failure
unless `-e` is given, as with Valkey's own.
"""

import argparse
import os
import shlex
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

_MULTI_LINE = ("info", "lolwut", "memory doctor", "memory malloc-stats", "client list", "client info", "cluster nodes")
"""Commands whose answer is a text to read, which is shown as it is on a terminal too."""


class Status(bytes):
    """A simple string, such as OK."""


class ErrorReply(bytes):
    """An error that the server answered with."""


class Connection:
    """One connection to a server. `OSError` when it cannot be reached or goes away."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._replies: BinaryIO = self._socket.makefile("rb")

    def call(self, words: Sequence[str | bytes]) -> object:
        """Send one command; its reply is None, a number, bytes, a Status, an ErrorReply, or a list of such."""
        encoded = [word.encode(errors="surrogateescape") if isinstance(word, str) else word for word in words]
        parts = [b"*%d\r\n" % len(encoded), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)]
        self._socket.sendall(b"".join(parts))
        return _read(self._replies)


def _read(replies: BinaryIO) -> object:
    """One reply of RESP version 2 (Valkey documentation: "Protocol specification")."""
    line = replies.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("Server closed the connection")
    kind, rest = line[:1], line[1:-2]
    if kind == b"+":
        return Status(rest)
    if kind == b"-":
        return ErrorReply(rest)
    if kind == b":":
        return int(rest)
    count = int(rest)
    if count < 0:
        return None
    if kind == b"*":
        return [_read(replies) for _ in range(count)]
    if kind != b"$":
        raise ConnectionError(f"Protocol error, got {kind!r} as reply type byte")
    text = replies.read(count + 2)[:-2]
    if len(text) < count:
        raise ConnectionError("Server closed the connection")
    return text


def raw(reply: object) -> bytes:
    """What a pipe gets: values, one a line."""
    if reply is None:
        return b""
    if isinstance(reply, list):
        return b"\n".join(raw(each) for each in reply)
    if isinstance(reply, ErrorReply):
        return reply + b"\n"
    return reply if isinstance(reply, bytes) else str(reply).encode()


def told(reply: object, indent: str = "") -> str:
    """What a terminal shows: values with their types."""
    if reply is None:
        return "(nil)\n"
    if isinstance(reply, int):
        return f"(integer) {reply}\n"
    if isinstance(reply, ErrorReply):
        return f"(error) {reply.decode(errors='replace')}\n"
    if isinstance(reply, Status):
        return f"{reply.decode(errors='replace')}\n"
    if isinstance(reply, bytes):
        return f"{_quoted(reply)}\n"
    assert isinstance(reply, list)
    width = len(str(len(reply)))
    deeper = indent + " " * (width + 2)
    entries = [f"{indent if n else ''}{n + 1:>{width}}) {told(each, deeper)}" for n, each in enumerate(reply)]
    return "".join(entries) or "(empty array)\n"


def _quoted(text: bytes) -> str:
    escapes = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x07: "\\a", 0x08: "\\b"}
    return '"' + "".join(escapes.get(c) or (chr(c) if 32 <= c < 127 else f"\\x{c:02x}") for c in text) + '"'


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit status."""
    given = _parse(arguments)
    try:
        connection = _connect(given)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error
        print(f"Could not connect to Valkey at {given.host}:{given.port}: {reason}", file=sys.stderr)
        return 1
    show_raw = given.raw if given.raw is not None else not sys.stdout.isatty()
    failed = False
    try:
        if given.scan:
            _print_keys(given, connection)
            return 0
        for words in _commands(given):
            reply = connection.call(words)
            failed = failed or isinstance(reply, ErrorReply)
            _show(words, reply, show_raw)
    except OSError as error:
        if given.command[:1] in (["shutdown"], ["SHUTDOWN"]):
            return 0
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 1 if failed and given.errors else 0


def _show(words: Sequence[str | bytes], reply: object, show_raw: bool) -> None:
    name = " ".join(word for word in words[:2] if isinstance(word, str)).lower()
    if isinstance(reply, bytes) and not isinstance(reply, ErrorReply) and name.startswith(_MULTI_LINE):
        show_raw = True
    sys.stdout.buffer.write(raw(reply) + b"\n" if show_raw else told(reply).encode())
    sys.stdout.flush()


def _commands(given: argparse.Namespace) -> Iterator[Sequence[str | bytes]]:
    if not given.command:
        return _lines(f"{given.host}:{given.port}> " if sys.stdin.isatty() else "")
    last = [sys.stdin.buffer.read()] if given.last_from_stdin else []
    return iter([[*given.command, *last]])


def _lines(prompt: str) -> Iterator[Sequence[str]]:
    while True:
        print(end=prompt, flush=True)
        line = sys.stdin.readline()
        words = shlex.split(line)
        if not line or words in (["exit"], ["quit"]):
            return
        if words:
            yield words


def _print_keys(given: argparse.Namespace, connection: Connection) -> None:
    """The keys that there are, in as many steps as the server likes."""
    options = [*(["MATCH", given.pattern] if given.pattern else []), *(["COUNT", given.count] if given.count else [])]
    cursor = b"0"
    while True:
        reply = connection.call(["SCAN", cursor, *options])
        if not isinstance(reply, list):
            raise ConnectionError(raw(reply).decode(errors="replace").strip())
        cursor, keys = reply
        sys.stdout.buffer.write(b"".join(key + b"\n" for key in keys))
        if cursor == b"0":
            return


def _connect(given: argparse.Namespace) -> Connection:
    connection = Connection(given.host, given.port)
    greetings = []
    if given.password:
        greetings.append(["AUTH", *([given.user] if given.user else []), given.password])
    if given.database:
        greetings.append(["SELECT", given.database])
    for greeting in greetings:
        reply = connection.call(greeting)
        if isinstance(reply, ErrorReply):
            print(f"{greeting[0]} failed: {reply.decode(errors='replace')}", file=sys.stderr)
    return connection


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("valkey-cli", description=__doc__, add_help=False, allow_abbrev=False)
    localhost = os.environ.get("GAMEDAY_POD_IP") or "127.0.0.1"  # which is one for all pods where no gate leads it
    parser.add_argument("-h", dest="host", default=localhost)
    parser.add_argument("-p", dest="port", type=int, default=6379)
    parser.add_argument("-u", dest="uri", help="valkey://[[user]:password@]host[:port][/database]")
    parser.add_argument("-n", dest="database", default="")
    password = os.environ.get("VALKEYCLI_AUTH") or os.environ.get("REDISCLI_AUTH") or ""
    parser.add_argument("-a", "--pass", dest="password", default=password)
    parser.add_argument("--user", default="")
    parser.add_argument("-e", dest="errors", action="store_true", help="an error reply is a failure")
    parser.add_argument("-x", dest="last_from_stdin", action="store_true", help="read the last argument from stdin")
    parser.add_argument("--raw", dest="raw", action="store_true", default=None)
    parser.add_argument("--no-raw", dest="raw", action="store_false")
    parser.add_argument("--no-auth-warning", action="store_true")
    parser.add_argument("--scan", action="store_true", help="list the keys")
    parser.add_argument("--pattern", default="")
    parser.add_argument("--count", default="")
    parser.add_argument("--help", action="help")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    if given.uri:
        uri = urlsplit(given.uri)
        given.host, given.port = uri.hostname or given.host, uri.port or given.port
        given.user = unquote(uri.username or "") or given.user
        given.password = unquote(uri.password or "") or given.password
        given.database = uri.path.lstrip("/") or given.database
    return given


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
