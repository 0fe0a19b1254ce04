"""The record on disk: SQLite in WAL mode with synchronous=FULL, so that what was acknowledged is there after any crash.

Events and load windows are append-only chains per drill; the drill's row keeps the head of each, so that a row that was
changed, swapped or cut off at the end is noticed when it is read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

import orjson
from sqlalchemy import Engine, func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from scoring.canonical import canonical_json, digest, write_instant
from scoring.chain import genesis, link, verify
from scoring.errors import RecordError, ScoringError
from scoring.record.tables import DrillRow, EventRow, WindowRow
from scoring.timeline import Baseline, Drill, Event, Timeline, Truth, Window


class NoSuchDrill(ScoringError):
    """There is no drill of that id."""


class Conflict(ScoringError):
    """The same id or key was used before for something else."""


class Store:
    """The record. Writes are one transaction each and on disk when the call returns; safe to call from threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = Lock()

    def create(self, drill: Drill, truth: Truth, playbook_text: str) -> bool:
        """Open a drill; False if it is there already with the same definition. Raises Conflict otherwise."""
        definition = canonical_json(
            {"drill": drill.model_dump(mode="json", exclude={"ended_at"}), "truth": truth.model_dump(mode="json")}
        )
        definition_hash = digest(definition, b"\0", playbook_text.encode())
        with self._write() as session:
            row = session.get(DrillRow, drill.id)
            if row is not None:
                if row.definition_hash != definition_hash:
                    raise Conflict(f"drill '{drill.id}' exists with another definition; give the new one another id")
                return False
            session.add(
                DrillRow(
                    id=drill.id,
                    position=session.exec(select(func.count()).select_from(DrillRow)).one(),
                    definition=definition.decode(),
                    playbook_text=playbook_text,
                    definition_hash=definition_hash,
                    ended_at=write_instant(drill.ended_at) if drill.ended_at else None,
                    head=genesis(drill.id),
                    windows_head=genesis(drill.id),
                )
            )
        return True

    def append(
        self, drill_id: str, events: Sequence[Event], received_at: datetime, *, first_stands: bool = False
    ) -> list[tuple[int, str]]:
        """Put events at the end of a drill's chain, all or none; (seq, hash) of each.

        An event whose key is there already with the same content is answered as it was then, so a retry is safe.
        Raises NoSuchDrill, and Conflict for a key used for something else, unless the `first_stands`.
        """
        with self._write() as session:
            drill = _drill_row(session, drill_id)
            return [self._append_one(session, drill, event, received_at, first_stands) for event in events]

    def append_windows(self, drill_id: str, windows: Sequence[Window]) -> int:
        """Put load windows at the end of a drill's record; how many were new. Raises NoSuchDrill and Conflict."""
        with self._write() as session:
            drill = _drill_row(session, drill_id)
            starts = [write_instant(window.at) for window in windows]
            known = _bodies(session, drill_id, starts)
            before = drill.windows
            for at, window in zip(starts, windows, strict=True):
                body = canonical_json(window.model_dump(mode="json")).decode()
                if (other := known.setdefault(at, body)) != body:
                    raise Conflict(f"drill '{drill_id}' has another load window at {at}")
                if other is body:
                    drill.windows_head = digest(drill.windows_head.encode(), b"\0", body.encode())
                    row = WindowRow(drill_id=drill_id, seq=drill.windows, at=at, body=body, hash=drill.windows_head)
                    drill.windows += 1
                    session.add(row)
            return drill.windows - before

    def set_baseline(self, drill_id: str, baseline: Baseline) -> None:
        """Keep the baseline; the same again is fine. Raises NoSuchDrill, and Conflict for another one."""
        body = canonical_json(baseline.model_dump(mode="json")).decode()
        with self._write() as session:
            drill = _drill_row(session, drill_id)
            if drill.baseline not in (None, body):
                raise Conflict(f"drill '{drill_id}' has another baseline already; it is taken once")
            drill.baseline = body
            drill.baseline_hash = digest(genesis(drill_id).encode(), body.encode())

    def end(self, drill_id: str, ended_at: datetime) -> None:
        """Say when a drill ended; the first word stands. Raises NoSuchDrill."""
        with self._write() as session:
            drill = _drill_row(session, drill_id)
            drill.ended_at = drill.ended_at or write_instant(ended_at)

    def drills(self) -> list[tuple[Drill, Truth, int]]:
        """All drills, oldest first, with their truth and number of events."""
        with Session(self._engine) as session:
            rows = session.exec(select(DrillRow).order_by("position")).all()
            return [(*_definition(row), row.events) for row in rows]

    def running(self) -> list[Drill]:
        """The drills that have not ended. Raises RecordError."""
        with Session(self._engine) as session:
            rows = session.exec(select(DrillRow).where(DrillRow.ended_at == None)).all()  # noqa: E711
            return [_definition(row)[0] for row in rows]

    def drill(self, drill_id: str) -> tuple[Drill, Truth, int]:
        """One drill with its truth and number of events. Raises NoSuchDrill and RecordError."""
        with Session(self._engine) as session:
            row = _drill_row(session, drill_id)
            return (*_definition(row), row.events)

    def playbook_text(self, drill_id: str) -> str:
        """The playbook as it was when the drill was created, as YAML. Raises NoSuchDrill."""
        with Session(self._engine) as session:
            return _drill_row(session, drill_id).playbook_text

    def events_after(self, drill_id: str, after: int, limit: int) -> list[tuple[int, Event]]:
        """(seq, event) of events with a seq above `after`, in the order of arrival. Raises NoSuchDrill."""
        with Session(self._engine) as session:
            _drill_row(session, drill_id)
            rows = session.exec(
                select(EventRow).where(EventRow.drill_id == drill_id, EventRow.seq > after).order_by("seq").limit(limit)
            )
            return [(row.seq, _event(row)) for row in rows]

    def timeline(self, drill_id: str, *, prove_events: bool = True) -> Timeline:
        """A whole drill, proven on the way; `prove_events=False` leaves the events' own chain to the caller.

        Raises NoSuchDrill, and RecordError that names what was bent.
        """
        with Session(self._engine) as session:
            row = _drill_row(session, drill_id)
            drill, truth = _definition(row)
            events = session.exec(select(EventRow).where(EventRow.drill_id == drill_id).order_by("seq")).all()
            windows = session.exec(select(WindowRow).where(WindowRow.drill_id == drill_id).order_by("seq")).all()
            _prove_windows(row, windows)
            if prove_events:
                _prove_events(row, events)
            return Timeline(
                drill=drill,
                truth=truth,
                baseline=_baseline(row),
                events=tuple(_event(each) for each in events),
                impact=tuple(Window.model_validate_json(each.body) for each in windows),
            )

    def _append_one(
        self, session: Session, drill: DrillRow, event: Event, received_at: datetime, first_stands: bool
    ) -> tuple[int, str]:
        if event.key is not None:
            found = session.exec(
                select(EventRow).where(EventRow.drill_id == drill.id, EventRow.key == event.key)
            ).first()
            if found is not None:
                if not first_stands and not _says_the_same(found, event):
                    raise Conflict(f"key '{event.key}' of drill '{drill.id}' was used for another event")
                return found.seq, found.hash
        stamped = link(event.model_copy(update={"received_at": received_at}), drill.head)
        seq, stamp = drill.events + 1, stamped.hash or ""
        session.add(
            EventRow(
                drill_id=drill.id,
                seq=seq,
                kind=stamped.kind,
                occurred_at=write_instant(stamped.occurred_at),
                received_at=write_instant(received_at),
                source=stamped.source,
                data=canonical_json(stamped.data).decode(),
                key=stamped.key,
                previous_hash=drill.head,
                hash=stamp,
            )
        )
        drill.events, drill.head = seq, stamp
        if event.kind in {"drill.ended", "drill.aborted"} and drill.ended_at is None:
            drill.ended_at = write_instant(event.occurred_at)
        return seq, stamp

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._writing, Session(self._engine) as session:
            try:
                yield session
                session.commit()
            except IntegrityError as error:
                raise Conflict(f"somebody else wrote the same at the same time: {error.orig}; try again") from None


def _drill_row(session: Session, drill_id: str) -> DrillRow:
    row = session.get(DrillRow, drill_id)
    if row is None:
        raise NoSuchDrill(f"there is no drill '{drill_id}'")
    return row


def _definition(row: DrillRow) -> tuple[Drill, Truth]:
    if digest(row.definition.encode(), b"\0", row.playbook_text.encode()) != row.definition_hash:
        raise RecordError(f"the definition, truth or playbook of drill {row.id} was changed after it began")
    said = orjson.loads(row.definition)
    return Drill.model_validate({**said["drill"], "ended_at": row.ended_at}), Truth.model_validate(said["truth"])


def _baseline(row: DrillRow) -> Baseline | None:
    if row.baseline is None:
        return None
    if digest(genesis(row.id).encode(), row.baseline.encode()) != row.baseline_hash:
        raise RecordError(f"the baseline of drill {row.id} was changed after it was taken")
    return Baseline.model_validate_json(row.baseline)


def _bodies(session: Session, drill_id: str, starts: list[str]) -> dict[str, str]:
    rows = session.exec(select(WindowRow).where(WindowRow.drill_id == drill_id, WindowRow.at.in_(starts)))  # type: ignore[attr-defined]
    return {row.at: row.body for row in rows}


def _event(row: EventRow) -> Event:
    return Event.model_validate({**row.model_dump(exclude={"drill_id", "seq"}), "data": orjson.loads(row.data)})


def _says_the_same(row: EventRow, event: Event) -> bool:
    said = (row.kind, row.occurred_at, row.source, row.data)
    return said == (event.kind, write_instant(event.occurred_at), event.source, canonical_json(event.data).decode())


def _prove_events(row: DrillRow, events: Sequence[EventRow]) -> None:
    verify(row.id, [_event(each) for each in events])
    last = events[-1].hash if events else genesis(row.id)
    if len(events) != row.events or last != row.head:
        raise RecordError(f"drill {row.id} holds {len(events)} events, but {row.events} were acknowledged")


def _prove_windows(row: DrillRow, windows: Sequence[WindowRow]) -> None:
    head = genesis(row.id)
    for each in windows:
        head = digest(head.encode(), b"\0", each.body.encode())
        if head != each.hash:
            raise RecordError(f"the load window at {each.at} of drill {row.id} was changed")
    if len(windows) != row.windows or head != row.windows_head:
        raise RecordError(f"drill {row.id} holds {len(windows)} load windows, but {row.windows} were acknowledged")
