"""Scorecards of the drills that somebody looks at, kept up to date event by event instead of scored anew."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from threading import Lock
from typing import TypeVar

from scoring.api.known import read_playbook
from scoring.record.appending import END_KINDS
from scoring.record.rows import Stamped
from scoring.record.store import Store
from scoring.scorecard import Scorecard
from scoring.scorecard.live import LiveScore
from scoring.timeline import Window

_Each = TypeVar("_Each")
_MOST_BOARDS, _MOST_EVENTS = 32, 400_000
"""Boards that are kept, and events of all of them together; whoever was not asked for longest goes first."""
_MOST_WAITING = 20_000
"""Events and windows that wait for a board nobody looks at; beyond it is made anew from the record when asked for."""


class _Board:
    """What waits is put there by the loop and taken by whoever has the `turn`."""

    def __init__(self) -> None:
        self.turn = Lock()
        self.live: LiveScore | None = None
        self.seen = 0
        self.events: deque[Stamped] = deque()
        self.windows: deque[Window] = deque()


class Boards:
    """Made from the record when first asked for, so a restart changes nothing; `scorecard` is for threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._boards: OrderedDict[str, _Board] = OrderedDict()
        self._registering = Lock()

    def take(self, drill_id: str, stamped: Sequence[Stamped]) -> None:
        """Events that were committed. The end of a drill lets its board go: the record says how it ended."""
        board = self._boards.get(drill_id)
        if board is None:
            return
        if any(each.event.kind in END_KINDS for each in stamped) or len(board.events) > _MOST_WAITING:
            self.forget(drill_id)
        else:
            board.events.extend(stamped)

    def add_windows(self, drill_id: str, windows: Sequence[Window]) -> None:
        """Load windows that were committed."""
        board = self._boards.get(drill_id)
        if board is not None:
            board.windows.extend(windows)
            if len(board.windows) > _MOST_WAITING:
                self.forget(drill_id)

    def forget(self, drill_id: str) -> None:
        """Make this drill's board anew when it is next asked for."""
        self._boards.pop(drill_id, None)

    def scorecard(self, drill_id: str) -> Scorecard:
        """The scorecard as of now. Raises NoSuchDrill and RecordError."""
        board = self._board(drill_id)
        with board.turn:
            if board.live is None:
                try:
                    board.live, board.seen = self._read(drill_id)
                except BaseException:
                    self.forget(drill_id)
                    raise
            news = [each for each in _taken(board.events) if each.seq > board.seen]
            board.live.add([each.event for each in news])
            board.live.add_windows(_taken(board.windows))
            board.seen = max([board.seen, *(each.seq for each in news)])
            return board.live.scorecard()

    def _board(self, drill_id: str) -> _Board:
        with self._registering:
            board = self._boards.setdefault(drill_id, _Board())
            self._boards.move_to_end(drill_id)
            while len(self._boards) > 1 and (len(self._boards) > _MOST_BOARDS or self._events() > _MOST_EVENTS):
                self._boards.popitem(last=False)
        return board

    def _events(self) -> int:
        return sum(board.seen + len(board.events) for board in list(self._boards.values()))

    def _read(self, drill_id: str) -> tuple[LiveScore, int]:
        """From the record, after the board was registered: what is committed meanwhile waits there too."""
        timeline = self._store.timeline(drill_id)
        assert timeline.truth is not None
        live = LiveScore(
            timeline.drill, timeline.truth, read_playbook(self._store.playbook_text(drill_id)), timeline.baseline
        )
        live.add(timeline.events)
        live.add_windows(timeline.impact)
        return live, len(timeline.events)


def _taken(waiting: deque[_Each]) -> list[_Each]:
    """All that waits, and nothing lost of what is added meanwhile."""
    return [waiting.popleft() for _ in range(len(waiting))]
