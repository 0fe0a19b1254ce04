"""Group commit: answered only when it is on disk, in order, and nobody pays for another's mistake."""

import asyncio
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import ScoringError
from scoring.record.engine import open_engine
from scoring.record.store import Conflict, NoSuchDrill, NotWritten, Stamped, Store
from scoring.record.writer import Writer

from .conftest import PLAYBOOK, drill, event, truth, window


class Told:
    """What was said to have been committed, in the order in which it was said."""

    def __init__(self) -> None:
        self.events: dict[str, list[Stamped]] = {}

    def __call__(self, drill_id: str, events: list[Stamped]) -> None:
        self.events.setdefault(drill_id, []).extend(events)

    def seqs(self, drill_id: str = "d") -> list[int]:
        return [stamped.seq for stamped in self.events.get(drill_id, [])]


async def test_many_at_once_are_kept_in_the_order_in_which_they_are_told(store: Store) -> None:
    store.create(drill("e"), truth(), PLAYBOOK)
    told = Told()
    writer = Writer(store, told)
    writer.start()
    asked = [writer.append("de"[i % 2], [event(key=str(i), n=i)]) for i in range(200)]
    answers = await asyncio.gather(*asked, writer.append_windows("d", [window(0), window(1)]))
    await writer.stop()
    assert answers.pop() == 2
    for name in "de":
        assert told.seqs(name) == list(range(1, 101))
        kept = {seq: kept.hash for seq, kept in store.events_after(name, 0, 1000)}
        assert kept == {stamped.seq: stamped.event.hash for stamped in told.events[name]}
        assert store.verify(name).events == 100
    assert {stamped.event.data["n"] for [stamped] in answers} == set(range(200))


async def test_what_is_told_was_committed_before_it_is_answered(quick_store: Store) -> None:
    seen: list[str] = []

    def told(drill_id: str, events: list[Stamped]) -> None:
        kept = [seq for seq, _ in quick_store.events_after(drill_id, 0, 9)]
        seen.append(f"told {[each.seq for each in events]} of {kept}")

    writer = Writer(quick_store, told)
    writer.start()
    for _ in range(2):
        [stamped] = await writer.append("d", [event()])
        seen.append(f"answered {stamped.seq}")
    await writer.stop()
    assert seen == ["told [1] of [1]", "answered 1", "told [2] of [1, 2]", "answered 2"]


async def test_a_retry_is_answered_and_not_told_again(quick_store: Store) -> None:
    told = Told()
    writer = Writer(quick_store, told)
    writer.start()
    answers = await asyncio.gather(*[writer.append("d", [event(key="k")]) for _ in range(20)])
    await writer.stop()
    assert {answer[0].seq for answer in answers} == {1}
    assert told.seqs() == [1]


async def test_a_mistake_is_its_own(quick_store: Store) -> None:
    writer = Writer(quick_store)
    writer.start()
    asked = [
        writer.append("d", [event(key="k", n=1)]),
        writer.append("d", [event(key="k", n=2)]),
        writer.append("nobody", [event()]),
        writer.append("d", [event(n="\ud800")]),
        writer.append_windows("d", [window(0), window(0, failures=1)]),
        writer.append("d", [event(key="k", n=3)], first_stands=True),
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    await writer.stop()
    assert [type(each) for each in answers] == [list, Conflict, NoSuchDrill, ScoringError, Conflict, list]
    assert quick_store.verify("d").events == 1


async def test_a_follower_that_fails_takes_nobody_along(quick_store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def told(drill_id: str, events: list[Stamped]) -> None:
        raise ValueError("a viewer has gone")

    writer = Writer(quick_store, told)
    writer.start()
    for seq in (1, 2):
        assert (await writer.append("d", [event()]))[0].seq == seq
    await writer.stop()
    assert "a viewer has gone" in caplog.text


async def test_whoever_does_not_wait_any_more_is_no_trouble(quick_store: Store) -> None:
    writer = Writer(quick_store)
    writer.start()
    given_up = asyncio.ensure_future(writer.append("d", [event(n=1)]))
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await writer.append("d", [event(n=2)]))[0].seq == 2
    await writer.stop()


async def test_stopping_writes_what_waits_and_refuses_what_comes(
    quick_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoring.record.writer.MOST_EVENTS", 500)
    writer = Writer(quick_store)
    writer.start()
    asked = [asyncio.ensure_future(writer.append("d", [event(n=i) for i in range(300)])) for _ in range(3)]
    await asyncio.sleep(0)
    await writer.stop()
    assert all(each.done() and len(each.result()) == 300 for each in asked)
    with pytest.raises(NotWritten, match="is stopping"):
        await writer.append("d", [event()])
    assert quick_store.verify("d").events == 900


async def test_on_a_full_disk_each_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "small.db")
    store, told = Store(engine), Told()
    store.create(drill(), truth(), PLAYBOOK)
    writer = Writer(store, told)
    writer.start()
    await writer.append("d", [event(key="before")])
    with full_disk(tmp_path):
        asked = [writer.append("d", [event(key=str(i), text="x" * 20_000)]) for i in range(50)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in answers] == [NotWritten] * 50
        assert len({id(each) for each in answers}) == 50
        assert "nothing was kept, try again" in str(answers[0])
        assert [event.key for _, event in store.events_after("d", 0, 99)] == ["before"]
    assert (await writer.append("d", [event(key="0", text="x" * 20_000)]))[0].seq == 2
    await writer.stop()
    assert told.seqs() == [1, 2]
    assert store.verify("d").events == 2
    engine.dispose()


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """No file may grow beyond the largest that the folder has."""
    most_bytes = max(each.stat().st_size for each in folder.iterdir())
    before: Any = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handled)
