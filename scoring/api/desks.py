"""What is on record of the drills that people sit at, read on from where it was, so that a look costs what is new."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from scoring.api.known import read_playbook
from scoring.desk import Desk
from scoring.desk.looking import look
from scoring.playbook import Playbook
from scoring.record.store import Store
from scoring.timeline import TRUTH_KINDS, Drill, Event, Truth, Window

_MOST_DRILLS = 32
_PAGE = 1000
_CHECKED = "oracle.checked"


@dataclass(frozen=True)
class OnRecord:
    """A drill as far as it is on disk. `events` are all but the oracle's looks, of which `check` is the last one.

    Both are in the order of arrival; `seq` is the place of the last event, `shown_seq` of the last that all may see.
    """

    drill: Drill
    truth: Truth
    playbook: Playbook
    events: tuple[Event, ...]
    keys: frozenset[str]
    windows: tuple[Window, ...]
    check: Event | None
    seq: int
    shown_seq: int

    def desk(self, now: datetime) -> Desk:
        """What a responder may know at an instant."""
        return look(self.drill, self.playbook, self.events, now, self.shown_seq)


@dataclass
class _Reading:
    turn: Lock = field(default_factory=Lock)
    events: list[Event] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    check: Event | None = None
    seq: int = 0
    shown_seq: int = 0


class Desks:
    """`read` is for threads, and reads what other processes wrote, too. `turn` is for the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._readings: OrderedDict[str, _Reading] = OrderedDict()
        self._registering = Lock()
        self._turns: OrderedDict[str, asyncio.Lock] = OrderedDict()

    def read(self, drill_id: str) -> OnRecord:
        """A drill as it is now. Raises NoSuchDrill and RecordError."""
        drill, truth, _ = self._store.drill(drill_id)
        playbook = read_playbook(self._store.playbook_text(drill_id))
        reading = self._reading(drill_id)
        with reading.turn:
            self._catch_up(drill_id, reading)
            return OnRecord(
                drill=drill,
                truth=truth,
                playbook=playbook,
                events=tuple(reading.events),
                keys=frozenset(reading.keys),
                windows=tuple(reading.windows),
                check=reading.check,
                seq=reading.seq,
                shown_seq=reading.seq if drill.ended_at else reading.shown_seq,
            )

    def turn(self, drill_id: str) -> asyncio.Lock:
        """Whose turn it is to decide by what is on record, and to write."""
        turn = self._turns.setdefault(drill_id, asyncio.Lock())
        self._turns.move_to_end(drill_id)
        while len(self._turns) > _MOST_DRILLS and not next(iter(self._turns.values())).locked():
            self._turns.popitem(last=False)
        return turn

    def _reading(self, drill_id: str) -> _Reading:
        with self._registering:
            reading = self._readings.setdefault(drill_id, _Reading())
            self._readings.move_to_end(drill_id)
            while len(self._readings) > _MOST_DRILLS:
                self._readings.popitem(last=False)
        return reading

    def _catch_up(self, drill_id: str, reading: _Reading) -> None:
        while found := self._store.events_after(drill_id, reading.seq, _PAGE):
            for seq, event in found:
                reading.seq = seq
                if event.kind not in TRUTH_KINDS:
                    reading.shown_seq = seq
                if event.key:
                    reading.keys.add(event.key)
                if event.kind == _CHECKED:
                    reading.check = event
                else:
                    reading.events.append(event)
            if len(found) < _PAGE:
                break
        while windows := self._store.windows_after(drill_id, len(reading.windows), _PAGE):
            reading.windows += windows
            if len(windows) < _PAGE:
                break
