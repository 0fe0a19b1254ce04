"""Who watches which drill."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from scoring.api.feed import Feed
from scoring.errors import ScoringError
from scoring.scorecard import Scorecard
from scoring.timeline import Window

_CARD_PAUSE_S = 0.5
"""At most so often is the scorecard shown anew, however fast events come."""
_log = logging.getLogger(__name__)


class Feeds:
    """The feeds of the drills that somebody watches; `scorecard` gives that of a drill, and is called from a thread."""

    def __init__(self, scorecard: Callable[[str], Scorecard]) -> None:
        self._scorecard = scorecard
        self._feeds: dict[str, Feed] = {}
        self._showing: dict[str, asyncio.Task[None]] = {}
        self.is_closed = False

    @property
    def viewers(self) -> int:
        """How many watch, all drills together."""
        return sum(feed.viewers for feed in self._feeds.values())

    def watched(self, drill_id: str) -> Feed | None:
        """The feed of a drill, if anybody watches it."""
        return self._feeds.get(drill_id)

    def close(self) -> None:
        """Let every viewer go, as the service ends; they come back with where they were when it is up again."""
        self.is_closed = True
        for feed in self._feeds.values():
            feed.wake()

    def scored_anew(self, drill_id: str) -> None:
        """The scorecard of a drill may be another one by now, other than by an event."""
        feed = self._feeds.get(drill_id)
        if feed is not None:
            feed.changed.set()

    def push_windows(self, drill_id: str, windows: Sequence[Window]) -> None:
        """Load windows of a drill were committed."""
        feed = self._feeds.get(drill_id)
        if feed is not None:
            feed.push_windows(windows)

    @contextmanager
    def joined(self, drill_id: str, *, card: bool) -> Iterator[Feed]:
        """The feed of a drill, with one viewer more; it goes with the last one. `card`: it looks at the scorecard."""
        feed = self._feeds.setdefault(drill_id, Feed())
        feed.viewers += 1
        feed.card_viewers += card
        if card and drill_id not in self._showing:
            self._showing[drill_id] = asyncio.create_task(self._show(drill_id, feed))
        try:
            yield feed
        finally:
            feed.viewers -= 1
            feed.card_viewers -= card
            if feed.card_viewers == 0 and (showing := self._showing.pop(drill_id, None)):
                showing.cancel()
            if feed.viewers == 0:
                del self._feeds[drill_id]

    async def _show(self, drill_id: str, feed: Feed) -> None:
        try:
            while not feed.ended:
                feed.changed.clear()
                feed.show_card((await run_in_threadpool(self._scorecard, drill_id)).to_json())
                await asyncio.sleep(_CARD_PAUSE_S)
                await feed.changed.wait()
        except ScoringError as error:
            _log.error("the scorecard of drill %s is not shown any longer: %s", drill_id, error)
