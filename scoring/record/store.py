"""The record: drills, and for each an append-only chain of events and one of load windows.

What a call wrote is on disk when it returns. The drill's row keeps the heads of both chains under a seal, so that a row
that was changed, moved, put in or cut off is noticed when it is read; see `proof`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, Table, select

from scoring.canonical import write_instant
from scoring.errors import ScoringError
from scoring.record import writes
from scoring.record.appending import Append
from scoring.record.errors import Conflict, NoSuchDrill, NotWritten
from scoring.record.people import id_of
from scoring.record.proof import Proof, prove_seal, proven_events, proven_windows
from scoring.record.rows import Stamped, baseline_of, definition_of, event_of
from scoring.record.tables import DRILL, EVENT, WINDOW
from scoring.record.transactions import reading, writing
from scoring.timeline import Baseline, Drill, Event, Kind, Timeline, Truth, Window

__all__ = ["Append", "Conflict", "Listed", "NoSuchDrill", "NotWritten", "Proof", "Stamped", "Store"]

_ROWS_AT_ONCE = 200


@dataclass(frozen=True)
class Listed:
    """A drill in a list; `position` is the cursor for what follows it, `events` how many it has."""

    position: int
    drill: Drill
    truth: Truth
    events: int


class Store:
    """The record. Safe to call from threads; whatever writes raises NotWritten where the database takes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, drill: Drill, truth: Truth, playbook_text: str) -> bool:
        """Open a drill; False if it is there already with the same definition. Raises Conflict otherwise."""
        with writing(self._engine) as connection:
            return writes.create(connection, drill, truth, playbook_text)

    def append(
        self, drill_id: str, events: Sequence[Event], received_at: datetime, *, first_stands: bool = False
    ) -> list[Stamped]:
        """Put events at the end of a drill's chain, all or none; what became of each.

        An event whose key is there already with the same content is answered as it was then, so a retry is safe.
        Raises NoSuchDrill, and Conflict for a key used for something else, unless the `first_stands`.
        """
        [answer] = self.append_all([Append(drill_id, events, received_at, first_stands)])
        if isinstance(answer, ScoringError):
            raise answer
        return answer

    def append_all(self, appends: Sequence[Append]) -> list[list[Stamped] | ScoringError]:
        """Many requests in one transaction; each its stamped events, or what was wrong with it alone."""
        with writing(self._engine) as connection:
            return writes.append_all(connection, appends)

    def append_windows(self, drill_id: str, windows: Sequence[Window]) -> int:
        """Put load windows at the end of a drill's record; how many were new. Raises NoSuchDrill and Conflict."""
        with writing(self._engine) as connection:
            return writes.append_windows(connection, drill_id, windows)

    def set_baseline(self, drill_id: str, baseline: Baseline) -> None:
        """Keep the baseline; the same again is fine. Raises NoSuchDrill, and Conflict for another one."""
        with writing(self._engine) as connection:
            writes.set_baseline(connection, drill_id, baseline)

    def end(self, drill_id: str, ended_at: datetime) -> None:
        """Say when a drill ended; the first word stands. Raises NoSuchDrill."""
        with writing(self._engine) as connection:
            drill = writes.lock_drill(connection, drill_id)
            if drill["ended_at"] is None:
                writes.change(connection, drill, {"ended_at": write_instant(ended_at)})

    def restore(self, timeline: Timeline, playbook_text: str, *, goes_on: bool = False) -> bool:
        """Take in a whole drill with its chain as it was, such as from an archive; False if all of it is there already.

        If it `goes_on`, of one that is there as far as it went then what came since is taken in, such as a review.
        Raises Conflict where another drill of that id is there, or an event does not get the hash that it carries.
        """
        with writing(self._engine) as connection:
            return writes.restore(connection, timeline, playbook_text, goes_on=goes_on)

    def drills(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        team: str | None = None,
        game_day: str | None = None,
        running: bool | None = None,
    ) -> list[Listed]:
        """Drills with a position above `after`, oldest first, at most `limit`. Raises RecordError."""
        chosen = select(DRILL).where(DRILL.c.position > after).order_by(DRILL.c.position).limit(limit)
        if team is not None:
            chosen = chosen.where(DRILL.c.team == id_of(team))
        if game_day is not None:
            chosen = chosen.where(DRILL.c.game_day == game_day)
        if running is not None:
            chosen = chosen.where(DRILL.c.ended_at.is_(None) if running else DRILL.c.ended_at.is_not(None))
        with reading(self._engine) as connection:
            return [Listed(row.position, *definition_of(row), row.events) for row in connection.execute(chosen)]

    def running(self) -> list[Drill]:
        """The drills that have not ended, oldest first. Raises RecordError."""
        chosen = select(DRILL).where(DRILL.c.ended_at.is_(None)).order_by(DRILL.c.position)
        with reading(self._engine) as connection:
            return [definition_of(row)[0] for row in connection.execute(chosen)]

    def drill(self, drill_id: str) -> tuple[Drill, Truth, int]:
        """One drill with its truth and number of events. Raises NoSuchDrill and RecordError."""
        with reading(self._engine) as connection:
            row = _drill_row(connection, drill_id)
            return (*definition_of(row), row.events)

    def playbook_text(self, drill_id: str) -> str:
        """The playbook as it was when the drill was created, as YAML. Raises NoSuchDrill."""
        with reading(self._engine) as connection:
            return str(_drill_row(connection, drill_id).playbook_text)

    def events_after(self, drill_id: str, after: int, limit: int) -> list[tuple[int, Event]]:
        """(seq, event) of events with a seq above `after`, in the order of arrival. Raises NoSuchDrill."""
        with reading(self._engine) as connection:
            _drill_row(connection, drill_id)
            rows = connection.execute(_chain(EVENT, drill_id).where(EVENT.c.seq > after).limit(limit))
            return [(row.seq, event_of(row)) for row in rows]

    def events_of(self, drill_id: str, kind: Kind) -> list[Event]:
        """Events of one kind, in the order of arrival. Raises NoSuchDrill."""
        with reading(self._engine) as connection:
            _drill_row(connection, drill_id)
            return [event_of(row) for row in connection.execute(_chain(EVENT, drill_id).where(EVENT.c.kind == kind))]

    def windows_after(self, drill_id: str, after: int, limit: int) -> list[Window]:
        """Load windows in the order of arrival, without the first `after` of them. Raises NoSuchDrill."""
        with reading(self._engine) as connection:
            _drill_row(connection, drill_id)
            rows = connection.execute(_chain(WINDOW, drill_id).where(WINDOW.c.seq >= after).limit(limit))
            return [Window.model_validate_json(row.body) for row in rows]

    def timeline(self, drill_id: str, *, prove_events: bool = True) -> Timeline:
        """A whole drill, proven on the way; `prove_events=False` leaves the events' own chain to the caller.

        Raises NoSuchDrill, and RecordError that names what was bent.
        """
        with reading(self._engine) as connection:
            row = _drill_row(connection, drill_id)
            drill, truth = definition_of(row)
            baseline = baseline_of(row)
            events = _rows(connection, EVENT, drill_id)
            told = tuple(event_of(each) for each in (proven_events(row, events) if prove_events else events))
            windows = proven_windows(row, _rows(connection, WINDOW, drill_id))
            impact = tuple(Window.model_validate_json(each.body) for each in windows)
            prove_seal(row)
        return Timeline(drill=drill, truth=truth, baseline=baseline, events=told, impact=impact)

    def verify(self, drill_id: str) -> Proof:
        """Prove a drill whole in bounded memory. Raises NoSuchDrill, and RecordError naming the first bent event."""
        with reading(self._engine) as connection:
            row = _drill_row(connection, drill_id)
            definition_of(row)
            baseline_of(row)
            for _ in proven_events(row, _rows(connection, EVENT, drill_id)):
                pass
            for _ in proven_windows(row, _rows(connection, WINDOW, drill_id)):
                pass
            prove_seal(row)
        return Proof(row.events, row.windows, row.head)


def _drill_row(connection: Connection, drill_id: str) -> Row[Any]:
    row = connection.execute(select(DRILL).where(DRILL.c.id == drill_id)).first()
    if row is None:
        raise NoSuchDrill(f"there is no drill '{drill_id}'")
    return row


def _chain(table: Table, drill_id: str) -> Select[Any]:
    return select(table).where(table.c.drill_id == drill_id).order_by(table.c.seq)


def _rows(connection: Connection, table: Table, drill_id: str) -> Iterator[Row[Any]]:
    yield from connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(_chain(table, drill_id))
