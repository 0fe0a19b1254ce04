"""What is written to the record, each within a transaction that its caller holds."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from scoring.canonical import write_instant
from scoring.errors import ScoringError
from scoring.record.appending import Append, Chain
from scoring.record.errors import Conflict, NoSuchDrill
from scoring.record.people import id_of
from scoring.record.rows import (
    Stamped,
    Values,
    baseline_digest,
    baseline_text,
    definition_digest,
    definition_of,
    definition_text,
    event_of,
    seal_of,
    window_hash,
    window_text,
)
from scoring.record.tables import DRILL, EVENT, WINDOW
from scoring.timeline import Baseline, Drill, Timeline, Truth, Window
from scoring.timeline.chain import genesis

_AT_ONCE = 10_000  # variables of one statement; SQLite takes 32,766
_OPENING = 7_206_911  # PostgreSQL's advisory lock under which positions are given out
_SHORT = [column for column in DRILL.c if column.name not in {"definition", "playbook_text", "baseline"}]
# Built once, as building a statement takes longer than running it.
_LOCK_DRILL = select(*_SHORT).where(DRILL.c.id == bindparam("drill")).with_for_update()
_EVENTS = select(EVENT).where(EVENT.c.drill_id == bindparam("drill"))
_OF_KEY = _EVENTS.where(EVENT.c.key == bindparam("keys"))
_OF_KEYS = _EVENTS.where(EVENT.c.key.in_(bindparam("keys", expanding=True)))
_INSERT_EVENTS, _INSERT_WINDOWS = insert(EVENT), insert(WINDOW)
_ADVANCE = (
    update(DRILL)
    .where(DRILL.c.id == bindparam("drill"))
    .values({name: bindparam(f"new_{name}") for name in ("events", "head", "ended_at", "seal")})
)


def create(connection: Connection, drill: Drill, truth: Truth, playbook_text: str) -> bool:
    """Open a drill; False if it is there already with the same definition. Raises Conflict otherwise."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _OPENING})
    there = connection.execute(select(DRILL).where(DRILL.c.id == drill.id)).first()
    if there is not None:
        told, known = drill.model_copy(update={"ended_at": None}), definition_of(there)
        if (told, truth) != (known[0].model_copy(update={"ended_at": None}), known[1]) or (
            there.playbook_text != playbook_text
        ):
            raise Conflict(f"drill '{drill.id}' exists with another definition; give the new one another id")
        return False
    definition = definition_text(drill, truth)
    row: Values = {
        "id": drill.id,
        "position": connection.execute(select(func.coalesce(func.max(DRILL.c.position), 0) + 1)).scalar_one(),
        "definition": definition,
        "playbook_text": playbook_text,
        "definition_hash": definition_digest(definition, playbook_text),
        "ended_at": write_instant(drill.ended_at) if drill.ended_at else None,
        "baseline_hash": None,
        "events": 0,
        "head": genesis(drill.id),
        "windows": 0,
        "windows_head": genesis(drill.id),
        "team": id_of(drill.team or "") or None,
        "game_day": drill.game_day,
    }
    connection.execute(insert(DRILL), row | {"seal": seal_of(row)})
    return True


def append_all(connection: Connection, appends: Sequence[Append]) -> list[list[Stamped] | ScoringError]:
    """Each request's stamped events, or what was wrong with it alone."""
    keys: dict[str, set[str]] = {}
    for each in appends:
        keys.setdefault(each.drill_id, set()).update(event.key for event in each.events if event.key)
    # Always locked in the same order, so that no two writers wait for each other.
    chains = {drill_id: _chain(connection, drill_id, keys[drill_id]) for drill_id in sorted(keys)}
    answers = [_append(chains[each.drill_id], each) for each in appends]
    grown = [chain for chain in chains.values() if isinstance(chain, Chain) and chain.rows]
    if grown:
        connection.execute(_INSERT_EVENTS, [row for chain in grown for row in chain.rows])
        connection.execute(_ADVANCE, [_advanced(chain.drill) for chain in grown])
    return answers


def append_windows(connection: Connection, drill_id: str, windows: Sequence[Window]) -> int:
    """How many windows were new. Raises NoSuchDrill, and Conflict for another window at the same instant."""
    drill = lock_drill(connection, drill_id)
    told: dict[str, Window] = {}
    for window in windows:
        if told.setdefault(at := write_instant(window.at), window) != window:
            raise Conflict(f"drill '{drill_id}' has another load window at {at}")
    for at, body in _windows_at(connection, drill_id, list(told)):
        if Window.model_validate_json(body) != told.pop(at):
            raise Conflict(f"drill '{drill_id}' has another load window at {at}")
    rows = []
    for at, window in told.items():
        body = window_text(window)
        head = window_hash(drill["windows_head"], body)
        rows.append({"drill_id": drill_id, "seq": drill["windows"], "at": at, "body": body, "hash": head})
        drill |= {"windows": drill["windows"] + 1, "windows_head": head}
    if rows:
        connection.execute(_INSERT_WINDOWS, rows)
        change(connection, drill, {"windows": drill["windows"], "windows_head": drill["windows_head"]})
    return len(rows)


def set_baseline(connection: Connection, drill_id: str, baseline: Baseline) -> None:
    """Keep the baseline; the same again is fine. Raises NoSuchDrill, and Conflict for another one."""
    drill = lock_drill(connection, drill_id)
    body = baseline_text(baseline)
    stamp = baseline_digest(drill_id, body)
    if drill["baseline_hash"] == stamp:
        return
    if drill["baseline_hash"] is not None:
        raise Conflict(f"drill '{drill_id}' has another baseline already; it is taken once")
    change(connection, drill, {"baseline": body, "baseline_hash": stamp})


def restore(connection: Connection, timeline: Timeline, playbook_text: str, *, goes_on: bool = False) -> bool:
    """Take in a whole drill with its chain as it was; False if all of it is there already.

    If it `goes_on`, of one that is there as far as it went then what came since is taken in. Raises Conflict for any
    other.
    """
    drill_id, events, known = timeline.drill.id, timeline.events, 0
    if timeline.truth is None:
        raise ScoringError(f"drill '{drill_id}' comes without its truth; export it as facilitator")
    if not create(connection, timeline.drill.model_copy(update={"ended_at": None}), timeline.truth, playbook_text):
        there = lock_drill(connection, drill_id)
        known = there["events"]
        is_begun = 0 < known <= len(events) and there["head"] == events[known - 1].hash
        if not is_begun or (known < len(events) and not goes_on):
            raise Conflict(f"drill '{drill_id}' is there already with other events; nothing was taken in")
        if known == len(events):
            return False
    if timeline.baseline is not None:
        set_baseline(connection, drill_id, timeline.baseline)
    append_windows(connection, drill_id, timeline.impact)
    new = events[known:]
    [answer] = append_all(connection, [Append(drill_id, new, received_at=None)])
    if isinstance(answer, ScoringError):
        raise answer
    for stamped, event in zip(answer, new, strict=True):
        if event.hash not in (None, stamped.event.hash):
            raise Conflict(f"event {stamped.seq} of drill '{drill_id}' was changed: its hash is not that of its text")
    if timeline.drill.ended_at is not None:
        change(connection, lock_drill(connection, drill_id), {"ended_at": write_instant(timeline.drill.ended_at)})
    return True


def change(connection: Connection, drill: Values, changed: Values) -> None:
    """Write some columns of a drill that is locked, and seal it anew."""
    seal = seal_of(drill | changed)
    connection.execute(update(DRILL).where(DRILL.c.id == drill["id"]).values({**changed, "seal": seal}))


def lock_drill(connection: Connection, drill_id: str) -> Values:
    """A drill's row without its long texts, nobody else's to write until we are done. Raises NoSuchDrill."""
    found = connection.execute(_LOCK_DRILL, {"drill": drill_id}).first()
    if found is None:
        raise NoSuchDrill(f"there is no drill '{drill_id}'")
    return found._asdict()


def _chain(connection: Connection, drill_id: str, keys: set[str]) -> Chain | ScoringError:
    try:
        return Chain(lock_drill(connection, drill_id), dict(_keyed(connection, drill_id, keys)))
    except ScoringError as error:
        return error


def _append(chain: Chain | ScoringError, request: Append) -> list[Stamped] | ScoringError:
    if isinstance(chain, ScoringError):
        return chain
    try:
        return chain.append(request)
    except ScoringError as error:
        return error


def _advanced(drill: Values) -> Values:
    return {
        "drill": drill["id"],
        **{f"new_{name}": drill[name] for name in ("events", "head", "ended_at")},
        "new_seal": seal_of(drill),
    }


def _keyed(connection: Connection, drill_id: str, keys: set[str]) -> Iterator[tuple[str, Stamped]]:
    for some in _portions(sorted(keys)):
        chosen, given = (_OF_KEYS, some) if len(some) > 1 else (_OF_KEY, some[0])
        for row in connection.execute(chosen, {"drill": drill_id, "keys": given}):
            yield row.key, Stamped(row.seq, event_of(row), is_new=False)


def _windows_at(connection: Connection, drill_id: str, starts: list[str]) -> Iterator[tuple[str, str]]:
    for some in _portions(starts):
        chosen = select(WINDOW.c.at, WINDOW.c.body).where(WINDOW.c.drill_id == drill_id, WINDOW.c.at.in_(some))
        yield from ((row.at, row.body) for row in connection.execute(chosen))


def _portions(texts: list[str]) -> Iterator[list[str]]:
    """So many at a time that one statement can hold them; texts that no database can hold are in none."""
    fit: list[Any] = [each for each in texts if "\0" not in each]
    for first in range(0, len(fit), _AT_ONCE):
        yield fit[first : first + _AT_ONCE]
