"""History keeps what has ended: after its last event, after its review, and at the start what a crash left out."""

import logging
from collections.abc import Iterator

from scoring.api.boards import Boards
from scoring.errors import ScoringError
from scoring.record.history import History
from scoring.record.store import Store
from scoring.review.items import action_items
from scoring.timeline import Event

_PAGE = 1000
_log = logging.getLogger(__name__)


class Keeper:
    """Puts drills into the history. Called from threads; it waits for the database."""

    def __init__(self, store: Store, boards: Boards, history: History) -> None:
        self._store = store
        self._boards = boards
        self._history = history

    def keep(self, drill_id: str) -> None:
        """Keep a drill if it has ended. What cannot be read is logged: its events are on record all the same."""
        try:
            drill, truth, _ = self._store.drill(drill_id)
            if drill.ended_at is None:
                return
            self._history.keep(drill, truth, self._boards.scorecard(drill_id), action_items(self._events(drill_id)))
        except ScoringError as error:
            _log.error("drill %s is not in the history: %s", drill_id, error)
        except Exception:  # one drill that cannot be kept must not keep the others out
            _log.exception("drill %s is not in the history, by a mistake of ours", drill_id)

    def catch_up(self) -> None:
        """Keep all that has ended and is not kept yet."""
        for drill_id in self._history.unkept():
            self.keep(drill_id)

    def _events(self, drill_id: str) -> Iterator[Event]:
        after = 0
        while page := self._store.events_after(drill_id, after, _PAGE):
            yield from (event for _, event in page)
            after = page[-1][0]
