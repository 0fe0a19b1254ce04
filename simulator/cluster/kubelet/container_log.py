"""Container logs in the CRI format: `<RFC3339Nano> stdout|stderr F <line>`, a file per container instance."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

LONGEST_LINE = 16 * 1024
LARGEST_FILE = 10 * 1024 * 1024
"""Bytes; a larger log is turned over once, so at most twice as much is kept, as kubelet's containerLogMaxSize."""


class ContainerLog:
    """The log of one instance of a container, while it is written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.is_closed = False
        self._file: BinaryIO = path.open("ab", buffering=0)
        self._rest = {"stdout": b"", "stderr": b""}
        self._grown = asyncio.Event()

    def write(self, stream: str, data: bytes) -> None:
        """Output as it comes, in pieces of any size; once closed, nothing is kept."""
        if self.is_closed:
            return
        *lines, rest = (self._rest[stream] + data).split(b"\n")
        out = [self._entry(stream, b"F", line) for line in lines]
        while len(rest) >= LONGEST_LINE:
            out.append(self._entry(stream, b"P", rest[:LONGEST_LINE]))
            rest = rest[LONGEST_LINE:]
        self._rest[stream] = rest
        if out:
            self._file.write(b"".join(out))
            if self._file.tell() > LARGEST_FILE:
                self._turn_over()
            self._wake()

    def close(self) -> None:
        """The container ended: what is left of a line is written, followers are released."""
        if self.is_closed:
            return
        for stream, rest in self._rest.items():
            if rest:
                self._file.write(self._entry(stream, b"F", rest))
        self._file.close()
        self.is_closed = True
        self._wake()

    async def grown(self) -> None:
        """Wait for more, or for the end."""
        if not self.is_closed:
            await self._grown.wait()

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()

    def _turn_over(self) -> None:
        self._file.close()
        self.path.replace(older(self.path))
        self._file = self.path.open("ab", buffering=0)

    @staticmethod
    def _entry(stream: str, tag: bytes, line: bytes) -> bytes:
        return b"%s %s %s %s\n" % (_now().encode(), stream.encode(), tag, line)


def older(path: Path) -> Path:
    """Where the first part of a log that was turned over lies."""
    return path.with_suffix(".log.1")


def exists(path: Path) -> bool:
    """Was anything ever logged there?"""
    return path.exists()


def tail(path: Path, lines: int, limit_bytes: int) -> str:
    """The last lines of a log as text, for a termination message."""
    texts = [line for _, line in _entries(path)][-lines:]
    return b"".join(texts)[-limit_bytes:].decode(errors="replace").rstrip("\n")


async def read(
    path: Path,
    live: ContainerLog | None,
    *,
    follow: bool,
    tail_lines: int | None,
    since_s: float | None,
    timestamps: bool,
    limit_bytes: int | None,
) -> AsyncGenerator[bytes, None]:
    """Lines of a log file; with `follow` until `live` is closed."""
    earliest = _stamp(time.time() - since_s) if since_s is not None else ""
    left = limit_bytes
    position = _size(path)
    entries = [entry for entry in _entries(path) if entry[0] >= earliest]
    if tail_lines is not None:
        entries = entries[len(entries) - tail_lines :] if tail_lines < len(entries) else entries
    while True:
        for stamp, line in entries:
            text = stamp.encode() + b" " + line if timestamps else line
            if left is not None:
                text = text[:left]
                left -= len(text)
            if text:
                yield text
            if left == 0:
                return
        if not follow or live is None:
            return
        size = _size(path)
        if size == position:
            if live.is_closed:
                return
            await live.grown()
            size = _size(path)
        if size < position:
            position = 0
        entries = list(_read_from(path, position))
        position = size if not entries else _size(path)


def _entries(path: Path) -> Iterator[tuple[str, bytes]]:
    yield from _read_from(older(path), 0)
    yield from _read_from(path, 0)


def _read_from(path: Path, position: int) -> Iterator[tuple[str, bytes]]:
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(position)
        for raw in file:
            stamp, _, rest = raw.partition(b" ")
            _, _, rest = rest.partition(b" ")
            tag, _, line = rest.partition(b" ")
            yield stamp.decode(), line if tag == b"F" else line.removesuffix(b"\n")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _now() -> str:
    return _stamp(time.time())


def _stamp(seconds: float) -> str:
    whole, part = divmod(int(seconds * 1e9), 1_000_000_000)
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{part:09d}Z"
