"""The newest events of a drill for all who watch it: encoded once, read by each at its own pace.

A viewer has nothing but a position, so a slow one costs no memory: when the newest events no longer reach back to where
it is, it reads on from the record.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any

import orjson
from fastapi.sse import format_sse_event

from scoring.api.withheld import shown_while_running
from scoring.record.store import Stamped
from scoring.timeline import Event, Window

_MOST_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 128 * 1024
_MOST_WINDOWS = 120
"""Batches of load windows that are kept for those who are slow to take them."""
_LONGEST_BATCH = 100
"""Load windows in one go that are passed on; whoever looks reads longer ones from the record."""
_MISSED = format_sse_event(data_str='{"missed":true}', event="window")
_SHOWN_OF_WINDOW = {"at", "seconds", "requests", "failures", "p50_ms", "p95_ms", "p99_ms"}
_ENDS = frozenset({"drill.ended", "drill.aborted"})

_Encoded = tuple[int, bytes, bytes]
"""seq, what the facilitator gets, what all others get (nothing for a withheld event)."""


class Feed:
    """The newest events of one drill, `ended` once its end was among them, and its `card` for those who may see it.

    `changed` is set when the card may be another one by now.
    """

    def __init__(self) -> None:
        self.viewers = 0
        self.card_viewers = 0
        self.ended = False
        self.card = b""
        self.batches = 0
        """Of load windows so far."""
        self.changed = asyncio.Event()
        self._windows: deque[bytes] = deque(maxlen=_MOST_WINDOWS)
        self._newest: deque[_Encoded] = deque()
        self._bytes = 0
        self._news = asyncio.Event()

    def push(self, stamped: Sequence[Stamped]) -> None:
        """Take in events that were committed, in their order; repeats are passed over."""
        for each in stamped:
            if self._newest and each.seq <= self._newest[-1][0]:
                continue
            if self._newest and each.seq != self._newest[-1][0] + 1:
                self._forget_all()
            self.ended = self.ended or each.event.kind in _ENDS
            full = encoded(each.seq, each.event)
            shown = shown_while_running(each.event)
            others = full if shown is each.event else encoded(each.seq, shown) if shown else b""
            self._newest.append((each.seq, full, others))
            self._bytes += len(full)
        while self._bytes > _MOST_BYTES and len(self._newest) > 1:
            self._bytes -= len(self._newest.popleft()[1])
        self.changed.set()
        self.wake()

    def after(self, position: int, *, truth: bool) -> tuple[bytes, int] | None:
        """What a viewer at `position` is to be sent, and where it is then; None where only the record reaches back."""
        if not self._newest or self._newest[-1][0] <= position:
            return b"", position
        first = self._newest[0][0]
        if first > position + 1:
            return None
        chunks, size = [], 0
        for at in range(position + 1 - first, len(self._newest)):
            position, full, others = self._newest[at]
            chunks.append(full if truth else others)
            size += len(chunks[-1])
            if size > _CHUNK_BYTES:
                break
        return b"".join(chunks), position

    def push_windows(self, windows: Sequence[Window]) -> None:
        """Take in load windows that were committed."""
        self._windows.append(shown_windows(windows) if len(windows) <= _LONGEST_BATCH else _MISSED)
        self.batches += 1
        self.wake()

    def windows_after(self, batches: int) -> bytes:
        """The load windows since so many batches; to whoever is too far behind, that some were missed."""
        behind = self.batches - batches
        if behind > len(self._windows):
            return _MISSED
        return b"".join(islice(self._windows, len(self._windows) - behind, None))

    def show_card(self, card: str) -> None:
        """The scorecard as it is now, for those who may see it."""
        self.card = shown_card(card)
        self.wake()

    @property
    def news(self) -> asyncio.Event:
        """Set with the next change; take it before looking, so that none is missed."""
        return self._news

    def wake(self) -> None:
        """Let every viewer look again."""
        self._news, last = asyncio.Event(), self._news
        last.set()

    def _forget_all(self) -> None:
        self._newest.clear()
        self._bytes = 0


def encoded(seq: int, event: Event) -> bytes:
    """An event as server-sent event with its seq as id."""
    told: dict[str, Any] = {"seq": seq, **event.model_dump(mode="json")}
    return format_sse_event(data_str=orjson.dumps(told).decode(), id=str(seq))


def shown_windows(windows: Sequence[Window]) -> bytes:
    """Load windows as one server-sent event; without an id, as they are not in the order of events."""
    told = [window.model_dump(mode="json", include=_SHOWN_OF_WINDOW) for window in windows]
    return format_sse_event(data_str=orjson.dumps({"windows": told}).decode(), event="window")


def shown_card(card: str) -> bytes:
    """A scorecard as server-sent event; without an id, so that it moves nobody's position."""
    return format_sse_event(data_str=card, event="scorecard")
