"""What follows a commit: who watches sees it, the scorecard takes it in, people are told, history keeps what ended."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from scoring.api.boards import Boards
from scoring.api.feeds import Feeds
from scoring.api.keeping import Keeper
from scoring.api.known import KnownDrills
from scoring.playbook import Playbook
from scoring.record.appending import END_KINDS
from scoring.record.rows import Stamped
from scoring.timeline import Drill, Event

_KEPT_KINDS = END_KINDS | {"review.filed"}


class Notifier(Protocol):
    """Tells people of what happens in a drill; never waits and never raises."""

    def offer(self, drill: Drill, playbook: Playbook, event: Event) -> None:
        """Notify of an event, if it calls for that."""


class Committed:
    """Called by the writer after each commit, on the loop; what takes longer waits for `run`."""

    def __init__(
        self, known: KnownDrills, feeds: Feeds, boards: Boards, keeper: Keeper, notifier: Notifier | None
    ) -> None:
        self._known = known
        self._feeds = feeds
        self._boards = boards
        self._keeper = keeper
        self._notifier = notifier
        self._to_keep: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, drill_id: str, stamped: Sequence[Stamped]) -> None:
        self._boards.take(drill_id, stamped)
        feed = self._feeds.watched(drill_id)
        if feed is not None:
            feed.push(stamped)
        if any(each.event.kind in _KEPT_KINDS for each in stamped):
            self._to_keep.put_nowait(drill_id)
        known = self._known.peek(drill_id) if self._notifier is not None else None
        if self._notifier is not None and known is not None:
            for each in stamped:
                self._notifier.offer(known.drill, known.playbook, each.event)

    async def run(self) -> None:
        """Keep what ended in the history until cancelled, at first what was left out before."""
        await run_in_threadpool(self._keeper.catch_up)
        while True:
            drill_id = await self._to_keep.get()
            await run_in_threadpool(self._keeper.keep, drill_id)
            self._to_keep.task_done()

    async def settled(self, within_s: float) -> None:
        """Wait, for so long at most, until all is kept that has ended; the next start does the rest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._to_keep.join()
