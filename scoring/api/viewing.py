"""One viewer of a drill: from the record up to now, then on with the feed, with a sign of life when nothing happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import orjson
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.types import Send

from scoring.api.feed import encoded, shown_card
from scoring.api.parts import Parts
from scoring.api.withheld import shown_while_running
from scoring.canonical import write_instant
from scoring.errors import ScoringError

HEARTBEAT_S = 15.0
_RETRY_MS = 1_000
_PAGE = 500


class Viewing(EventSourceResponse):
    """An event stream whose source is closed as soon as its viewer is gone."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):  # type: ignore[type-var]
            await super().stream_response(send)


class Viewer:
    """Somebody who watches a drill, with the `truth` or without, as long as the `token` is good."""

    def __init__(self, service: Parts, drill_id: str, *, truth: bool, token: str) -> None:
        self._service = service
        self._drill_id = drill_id
        self._truth = truth
        self._token = token
        self._ended_at: str | None = None

    async def see(self, position: int) -> AsyncIterator[bytes]:
        """The stream after `position`, to the drill's end."""
        yield format_sse_event(retry=_RETRY_MS)
        with self._service.feeds.joined(self._drill_id, card=self._truth) as feed:
            card, reads_record, batches = b"", True, feed.batches
            while not self._service.feeds.is_closed:
                news = feed.news
                if reads_record:
                    chunk, position, reads_record = await run_in_threadpool(self._from_record, position)
                elif (newest := feed.after(position, truth=self._truth)) is not None:
                    chunk, position = newest
                else:
                    reads_record = True
                    continue
                if chunk:
                    yield chunk
                if feed.batches != batches:
                    fresh, batches = feed.windows_after(batches), feed.batches
                    yield fresh
                if self._truth and feed.card is not card:
                    card = feed.card
                    yield card
                if chunk or reads_record:
                    continue
                if feed.ended or self._ended_at:
                    yield await run_in_threadpool(self._end)
                    return
                if not await _came(news, HEARTBEAT_S):
                    if await self._service.doorkeeper.asker(self._token) is None:
                        return
                    yield KEEPALIVE_COMMENT
                    reads_record = True  # another process may have written to the record

    def _from_record(self, position: int) -> tuple[bytes, int, bool]:
        """What the record has after `position`, where that leads, and whether there is more."""
        store = self._service.store
        drill = store.drill(self._drill_id)[0]
        found = store.events_after(self._drill_id, position, _PAGE)
        chunks = []
        for seq, event in found:
            shown = event if self._truth or drill.ended_at else shown_while_running(event)
            if shown is not None:
                chunks.append(encoded(seq, shown))
        self._ended_at = write_instant(drill.ended_at) if drill.ended_at else None
        return b"".join(chunks), found[-1][0] if found else position, len(found) == _PAGE

    def _end(self) -> bytes:
        ended_at = self._service.store.drill(self._drill_id)[0].ended_at
        told = {"drill": self._drill_id, "ended_at": write_instant(ended_at) if ended_at else None}
        last = format_sse_event(data_str=orjson.dumps(told).decode(), event="end")
        if not self._truth:
            return last
        try:
            return shown_card(self._service.boards.scorecard(self._drill_id).to_json()) + last
        except ScoringError:  # the record was bent; whoever asks for the scorecard is told where
            return last


async def _came(news: asyncio.Event, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await news.wait()
    except TimeoutError:
        return False
    return True
