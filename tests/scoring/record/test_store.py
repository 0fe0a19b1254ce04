"""The record's promises, on both databases."""

import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from scoring.errors import RecordError, ScoringError
from scoring.record.engine import open_engine
from scoring.record.rows import hash_of, said_by
from scoring.record.store import Append, Conflict, NoSuchDrill, Store
from scoring.timeline import Event, chain

from .conftest import PLAYBOOK, START, baseline, drill, event, truth, window


def test_a_retry_is_answered_as_the_first_time(store: Store) -> None:
    [first] = store.append("d", [event(key="k", n=1)], START)
    late = event(key="k", n=1).model_copy(update={"sent_at": START + timedelta(minutes=1)})
    [again] = store.append("d", [late], START + timedelta(minutes=1))
    assert (again.seq, again.event, again.is_new) == (first.seq, first.event, False)
    assert store.verify("d").events == 1


def test_a_key_means_one_thing(store: Store) -> None:
    store.append("d", [event(key="k", n=1)], START)
    with pytest.raises(Conflict, match="key 'k' of drill 'd'"):
        store.append("d", [event(n=0), event(key="k", n=2)], START)
    with pytest.raises(Conflict, match="key 'x'"):
        store.append("d", [event(key="x", n=1), event(key="x", n=2)], START)
    [stands] = store.append("d", [event(key="k", n=2)], START, first_stands=True)
    assert stands.event.data == {"n": 1}
    assert store.verify("d").events == 1


def test_many_requests_share_a_transaction_and_not_their_mistakes(store: Store) -> None:
    store.create(drill("e"), truth(), PLAYBOOK)
    asked = [
        Append("d", [event(key="k", n=1)], START),
        Append("nobody", [event()], START),
        Append("d", [event(n=2), event(key="k", n=3)], START),
        Append("e", [event(n=4), event(key="k", n=5)], START),
        Append("d", [event(key="k", n=1)], START),
        Append("d", [event(n="\ud800")], START),
        Append("d", [event(key="nul\0", n=6)], START),
        Append("d", [event(n=7)], START),
    ]
    told = store.append_all(asked)
    kinds = [type(each) for each in told]
    assert kinds == [list, NoSuchDrill, Conflict, list, list, ScoringError, ScoringError, list]
    seqs = [[stamped.seq for stamped in each] for each in told if isinstance(each, list)]
    assert seqs == [[1], [1, 2], [1], [2]]
    assert [kept.data["n"] for _, kept in store.events_after("d", 0, 9)] == [1, 7]
    assert (store.verify("d").events, store.verify("e").events) == (2, 2)


def test_two_services_cannot_fork_a_chain(database: str, store: Store) -> None:
    engines = [open_engine(database) for _ in range(2)]

    def write(number: int) -> None:
        for i in range(25):
            Store(engines[number % 2]).append("d", [event(key=f"{number}/{i}")], START)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    for engine in engines:
        engine.dispose()
    assert store.verify("d").events == 100


def test_a_large_batch_is_one_chain(store: Store) -> None:
    events = [event(key=str(i), n=i) for i in range(1200)]
    store.append("d", events, START)
    again = store.append("d", [*events[1000:], event(n=-1)], START)
    assert [each.is_new for each in again] == [False] * 200 + [True]
    assert store.verify("d").events == 1201


def test_what_was_written_is_never_changed(engine: Engine, store: Store) -> None:
    store.append("d", [event(), event("drill.ended")], START)
    store.append_windows("d", [window(0)])
    store.set_baseline("d", baseline())
    refused = [
        *[f"{verb} {table}" for table in ("event", "load_window") for verb in ("DELETE FROM", "UPDATE")],
        "DELETE FROM drill",
        *[f"UPDATE drill SET {name} = 'x'" for name in ("definition", "playbook_text", "baseline", "ended_at", "team")],
        *(["TRUNCATE event", "TRUNCATE drill"] if engine.dialect.name == "postgresql" else []),
    ]
    for statement in refused:
        told = f"{statement} SET hash = 'x'" if statement in ("UPDATE event", "UPDATE load_window") else statement
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(told))
    assert store.verify("d").events == 2


def test_drills_are_listed_from_a_cursor_and_by_what_they_belong_to(store: Store) -> None:
    store.create(drill("e", team="Team Blue", game_day="spring"), truth(), PLAYBOOK)
    store.create(drill("f", team="team blue"), truth(), PLAYBOOK)
    store.append("e", [event("drill.ended", after_s=60)], START)
    assert [(each.position, each.drill.id) for each in store.drills()] == [(1, "d"), (2, "e"), (3, "f")]
    assert [each.drill.id for each in store.drills(after=1, limit=1)] == ["e"]
    for team in ("team-blue", "Team Blue"):
        assert [each.drill.id for each in store.drills(team=team)] == ["e", "f"]
    assert [each.drill.id for each in store.drills(game_day="spring")] == ["e"]
    assert [each.drill.id for each in store.drills(running=False)] == ["e"]
    assert [each.drill.id for each in store.drills(running=True, team="team-blue")] == ["f"]
    assert [each.id for each in store.running()] == ["d", "f"]


def test_the_same_drill_may_be_opened_again_and_no_other_of_its_name(store: Store) -> None:
    store.append("d", [event("drill.ended", after_s=60)], START)
    assert store.create(drill(), truth(), PLAYBOOK) is False
    for changed in (
        (drill(clock=1), truth(), PLAYBOOK),
        (drill(), truth(control=True), PLAYBOOK),
        (drill(), truth(), ""),
    ):
        with pytest.raises(Conflict, match="give the new one another id"):
            store.create(*changed)


def test_windows_and_baseline_are_taken_once(store: Store) -> None:
    assert store.append_windows("d", [window(0), window(1), window(1)]) == 2
    assert store.append_windows("d", [window(1), window(2)]) == 1
    with pytest.raises(Conflict, match="another load window at"):
        store.append_windows("d", [window(3), window(2, failures=9)])
    store.set_baseline("d", baseline())
    store.set_baseline("d", baseline())
    with pytest.raises(Conflict, match="another baseline"):
        store.set_baseline("d", baseline().model_copy(update={"p95_ms": 1.0}))
    assert len(store.timeline("d").impact) == 3
    assert store.timeline("d").baseline == baseline()


def test_the_first_word_on_the_end_stands(store: Store) -> None:
    store.append("d", [event("drill.aborted", after_s=60)], START)
    store.end("d", START + timedelta(minutes=5))
    store.append("d", [event("drill.ended", after_s=70)], START)
    assert store.drill("d")[0].ended_at == START + timedelta(seconds=60)
    with pytest.raises(NoSuchDrill):
        store.end("nobody", START)


def test_a_drill_is_restored_with_its_chain_as_it_was(store: Store) -> None:
    store.append("d", [event(key="k", n=1), event("drill.ended", after_s=9)], START + timedelta(seconds=30))
    store.append_windows("d", [window(0)])
    store.set_baseline("d", baseline())
    told = store.timeline("d")
    renamed = told.model_copy(update={"drill": told.drill.model_copy(update={"id": "e"})})
    with pytest.raises(Conflict, match="event 1 of drill 'e'"):
        store.restore(renamed, PLAYBOOK)
    with pytest.raises(NoSuchDrill):
        store.drill("e")
    assert store.restore(told, PLAYBOOK) is False
    fewer = told.model_copy(update={"events": told.events[:1]})
    with pytest.raises(Conflict, match="there already with other events"):
        store.restore(fewer, PLAYBOOK)


def test_a_drill_that_went_on_elsewhere_goes_on_here_if_it_is_the_same(store: Store, quick_store: Store) -> None:
    store.create(drill("e"), truth(), PLAYBOOK)
    store.append("e", [event(n=1), event("drill.ended", after_s=9)], START + timedelta(seconds=30))
    assert quick_store.restore(store.timeline("e"), PLAYBOOK) is True
    store.append("e", [event("review.filed", after_s=60)], START + timedelta(seconds=61))
    with pytest.raises(Conflict, match="there already with other events"):
        quick_store.restore(store.timeline("e"), PLAYBOOK)
    assert quick_store.restore(store.timeline("e"), PLAYBOOK, goes_on=True) is True
    assert quick_store.timeline("e") == store.timeline("e")
    assert quick_store.restore(store.timeline("e"), PLAYBOOK, goes_on=True) is False
    quick_store.append("e", [event(n=2, after_s=70)], START + timedelta(seconds=71))
    store.append("e", [event(n=3, after_s=70), event(n=4, after_s=71)], START + timedelta(seconds=72))
    with pytest.raises(Conflict, match="there already with other events"):
        quick_store.restore(store.timeline("e"), PLAYBOOK, goes_on=True)


def test_a_restored_drill_is_the_same_elsewhere(store: Store, quick_store: Store) -> None:
    store.create(drill("e"), truth(), PLAYBOOK)
    store.append("e", [event(n=1), event("drill.ended", after_s=9)], START + timedelta(seconds=30))
    store.append_windows("e", [window(0)])
    assert quick_store.restore(store.timeline("e"), PLAYBOOK) is True
    assert quick_store.restore(store.timeline("e"), PLAYBOOK) is False
    assert quick_store.timeline("e") == store.timeline("e")
    assert quick_store.verify("e") == store.verify("e")


def test_a_name_with_a_nul_is_no_drill_anywhere(store: Store) -> None:
    for ask in (store.drill, store.timeline, store.verify, store.playbook_text):
        with pytest.raises(ScoringError):
            ask("d\0")
    with pytest.raises(ScoringError):
        store.append("d\0", [event()], START)


def test_a_long_drill_is_proven_in_little_memory(quick_store: Store) -> None:
    quick_store.append("d", [event(n=i, text="x" * 8000) for i in range(1500)], START)
    tracemalloc.start()
    assert quick_store.verify("d").events == 1500
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1500 * 8000 / 3


@settings(max_examples=40)
@given(
    st.sampled_from([None, "k", "ß\U0001f525"]),
    st.booleans(),
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.none() | st.integers(-9, 9) | st.floats(allow_nan=False)),
)
def test_a_row_has_the_hash_of_its_event(key: str | None, is_sent: bool, data: dict[str, Any]) -> None:
    sent = START if is_sent else None
    told = Event(kind="update.posted", occurred_at=START, data=data, key=key, sent_at=sent, received_at=START)
    row = {**said_by(told), "received_at": "2026-01-05T10:00:00.000000Z"}
    assert hash_of(row, "before") == chain.event_hash(told, "before")


BENT = {
    "UPDATE event SET occurred_at = '2026-01-05T09:00:00.000000Z' WHERE seq = 3": "event 3 of drill d",
    "UPDATE event SET received_at = '2026-01-05T09:00:00.000000Z' WHERE seq = 3": "event 3 of drill d",
    "UPDATE event SET data = '{}' WHERE seq = 3": "event 3 of drill d .* was changed",
    "UPDATE event SET data = 'no json' WHERE seq = 3": "event 3 of drill d .* was changed",
    "UPDATE event SET key = 'other' WHERE seq = 3": "event 3 of drill d .* was changed",
    "UPDATE event SET sent_at = occurred_at WHERE seq = 3": "event 3 of drill d .* was changed",
    "UPDATE event SET kind = 'fault.injected' WHERE seq = 3": "event 3 of drill d .* was changed",
    "UPDATE event SET hash = previous_hash WHERE seq = 3": "event 3 of drill d .* was changed",
    "DELETE FROM event WHERE seq = 1": "event 1 of drill d is missing",
    "DELETE FROM event WHERE seq = 3": "event 3 of drill d is missing",
    "DELETE FROM event WHERE seq = 5": "event 5 of drill d is missing: 5 were acknowledged",
    "DELETE FROM event": "event 1 of drill d is missing: 5 were acknowledged",
    "UPDATE event SET seq = CASE seq WHEN 2 THEN 30 ELSE 2 END WHERE seq IN (2)": "event 2 of drill d is missing",
    "UPDATE drill SET events = 4": "event 5 of drill d was put in",
    "UPDATE drill SET head = 'x'": "the head of drill d was changed",
    "UPDATE drill SET definition = replace(definition, 'postgres', 'redis')": "the definition, truth or playbook",
    "UPDATE drill SET playbook_text = 'name: y'": "the definition, truth or playbook",
    "UPDATE drill SET baseline = replace(baseline, '50', '5')": "the baseline of drill d was changed",
    "UPDATE drill SET baseline = NULL": "the baseline of drill d was changed",
    "UPDATE drill SET baseline = NULL, baseline_hash = NULL": "the row of drill d was changed: its end, baseline",
    "UPDATE drill SET ended_at = '2026-01-05T10:00:01.000000Z'": "the row of drill d was changed: its end",
    "UPDATE drill SET ended_at = NULL": "the row of drill d was changed: its end",
    "UPDATE load_window SET body = replace(body, '\"failures\":4', '\"failures\":0') WHERE seq = 1": "window at",
    "DELETE FROM load_window WHERE seq = 0": "load window 1 of drill d is missing",
    "DELETE FROM load_window WHERE seq = 2": "load window 3 of drill d is missing: 3 were acknowledged",
}


@pytest.fixture
def whole(store: Store) -> Store:
    store.set_baseline("d", baseline())
    store.append_windows("d", [window(second, failures=4) for second in range(3)])
    store.append("d", [*[event(key=str(i), n=i) for i in range(4)], event("drill.ended", after_s=60)], START)
    assert store.verify("d").events == 5
    return store


@pytest.mark.parametrize("statement", BENT)
def test_whatever_was_bent_is_named(statement: str, whole: Store, tamper: Callable[[str], int]) -> None:
    assert tamper(statement) >= 1
    for read in (whole.verify, whole.timeline):
        with pytest.raises(RecordError, match=BENT[statement]):
            read("d")


def test_swapped_and_smuggled_events_are_named(whole: Store, tamper: Callable[[str], int]) -> None:
    for statement in ("seq = 99 WHERE seq = 2", "seq = 2 WHERE seq = 3", "seq = 3 WHERE seq = 99"):
        tamper(f"UPDATE event SET {statement}")
    with pytest.raises(RecordError, match=r"event 2 of drill d .* does not follow event 1"):
        whole.verify("d")


def test_an_event_put_in_behind_the_last_is_named(whole: Store, tamper: Callable[[str], int]) -> None:
    last, at = whole.timeline("d").events[-1], "2026-01-05T10:00:00.000000Z"
    more = chain.link(event(n=5).model_copy(update={"received_at": START}), last.hash or "")
    tamper(
        "INSERT INTO event (drill_id, seq, kind, occurred_at, received_at, source, data, previous_hash, hash) VALUES "
        f"('d', 6, 'update.posted', '{at}', '{at}', 'test', '{{\"n\":5}}', '{more.previous_hash}', '{more.hash}')"
    )
    with pytest.raises(RecordError, match="event 6 of drill d was put in"):
        whole.verify("d")
