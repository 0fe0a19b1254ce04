"""Container logs in the CRI format: `<RFC3339Nano> stdout|stderr F <line>`, a file per container instance."""

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

LONGEST_LINE = 16 * 1024
LARGEST_FILE = 10 * 1024 * 1024
"""Bytes; a larger log is turned over once, so at most twice as much is kept, as kubelet's containerLogMaxSize."""
_AT_ONCE = 1000
_PIECE = 64 * 1024
_TAIL = 256 * 1024


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
        whole, end, rest = (self._rest[stream] + data).rpartition(b"\n")
        head = b"%s %s F " % (_now().encode(), stream.encode())
        out = [head, whole.replace(b"\n", b"\n" + head), end] if end else []  # a program may write 30,000 lines at once
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
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        texts = [line for _, line in map(_parsed, file.read().splitlines(keepends=True)[-lines:])]
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
    """Lines of a log file, many at once; with `follow` until `live` is closed."""
    earliest = _stamp(time.time() - since_s) if since_s is not None else ""
    last = deque[bytes](maxlen=tail_lines) if tail_lines is not None else None
    ready, size, left = list[bytes](), 0, limit_bytes
    async with aclosing(_entries(path, live if follow else None)) as entries:
        async for entry in entries:
            if entry is not None and entry[0] >= earliest:
                text = entry[0].encode() + b" " + entry[1] if timestamps else entry[1]
                (ready if last is None else last).append(text)
                size += len(text)
            if entry is None and last is not None:
                ready, last = list(last), None
            if ready and (entry is None or size >= _PIECE):
                piece = b"".join(ready)[:left]
                ready, size, left = [], 0, None if left is None else left - len(piece)
                yield piece
                if left == 0:
                    return


async def _entries(path: Path, live: ContainerLog | None) -> AsyncGenerator[tuple[str, bytes] | None, None]:
    """Instants and lines, never so many at a time that others wait; None where there are no more for now."""
    with suppress(FileNotFoundError), older(path).open("rb") as file:
        async for entry in _unhurried(file):
            yield entry
    is_last = False
    while not is_last:
        with suppress(FileNotFoundError), path.open("rb") as file:
            is_turned_over = False
            while not (is_turned_over or is_last):
                is_last = live is None or live.is_closed
                is_turned_over = not os.path.samestat(os.fstat(file.fileno()), path.stat())
                async for entry in _unhurried(file):
                    yield entry
                yield None
                if live is not None and not (is_turned_over or is_last):
                    await live.grown()
            continue
        return  # gone with its pod


async def _unhurried(file: BinaryIO) -> AsyncGenerator[tuple[str, bytes], None]:
    for number, raw in enumerate(file, 1):
        yield _parsed(raw)
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


def _parsed(raw: bytes) -> tuple[str, bytes]:
    stamp, _, rest = raw.partition(b" ")
    _, _, rest = rest.partition(b" ")
    tag, _, line = rest.partition(b" ")
    return stamp.decode(), line if tag == b"F" else line.removesuffix(b"\n")


def _now() -> str:
    return _stamp(time.time())


def _stamp(seconds: float) -> str:
    whole, part = divmod(int(seconds * 1e9), 1_000_000_000)
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{part:09d}Z"
