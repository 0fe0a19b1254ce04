"""What of a drill never changes, kept in memory, so that an event needs no reading before it is written."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from starlette.concurrency import run_in_threadpool

from scoring.playbook import Playbook
from scoring.playbook.file import parse_playbook
from scoring.record.store import Store
from scoring.timeline import Drill

_MOST = 1024


@dataclass(frozen=True, slots=True)
class Known:
    """A drill as it was opened, and its playbook as it was then. `drill.ended_at` is not to be believed."""

    drill: Drill
    playbook: Playbook
    levels: frozenset[str]


class KnownDrills:
    """Drills that were asked for lately."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def get(self, drill_id: str) -> Known:
        """What is known of a drill. Raises NoSuchDrill and RecordError."""
        known = self._known.get(drill_id)
        if known is None:
            known = await run_in_threadpool(self._read, drill_id)
            self._known[drill_id] = known
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return known

    def peek(self, drill_id: str) -> Known | None:
        """What is in memory of a drill."""
        return self._known.get(drill_id)

    def _read(self, drill_id: str) -> Known:
        drill = self._store.drill(drill_id)[0]
        book = read_playbook(self._store.playbook_text(drill_id))
        return Known(drill, book, frozenset(level.id for level in book.levels))


@lru_cache(maxsize=32)
def read_playbook(text: str) -> Playbook:
    """A playbook as a drill keeps it, parsed once."""
    return parse_playbook(text, "the drill's playbook")
