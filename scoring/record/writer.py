"""Group commit: one thread writes, and all that waits is committed together, so that many share the wait for the disk.

An append is answered only after the commit that holds it. Under load a transaction carries whatever arrived while the
one before was on its way to the disk; alone, an append is committed at once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, Thread
from typing import Any

from scoring.record.appending import Append
from scoring.record.errors import NotWritten
from scoring.record.rows import Stamped
from scoring.record.store import Store
from scoring.timeline import Event, Window

OnCommitted = Callable[[str, list[Stamped]], None]
MOST_EVENTS = 5000
"""Events of one transaction at most, unless a single request has more."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Waiting:
    """A request with the future of whoever waits for it. `work` is an append or a drill's load windows."""

    work: Append | tuple[str, Sequence[Window]]
    answer: "asyncio.Future[Any]"

    @property
    def events(self) -> int:
        return len(self.work.events) if isinstance(self.work, Append) else 1


class Writer:
    """Writes to a store from a thread of its own, for one event loop.

    `on_committed(drill_id, events)` is called on the loop with the new events of a drill, in the order of their `seq`,
    before those who wait for them are answered. It must be quick; should it raise, that is logged and nobody's problem.
    """

    def __init__(self, store: Store, on_committed: OnCommitted | None = None) -> None:
        self._store = store
        self._on_committed = on_committed
        self._waiting: deque[_Waiting] = deque()
        self._changed = Condition()
        self._is_stopping = False
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to write, for the loop that is running."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Write what still waits, and end. What is asked for later is refused with NotWritten."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._loop is not None:
            await asyncio.to_thread(self._thread.join)

    async def append(self, drill_id: str, events: Sequence[Event], *, first_stands: bool = False) -> list[Stamped]:
        """As `Store.append`, received now; answered when it is on disk."""
        answer: list[Stamped] = await self._ask(Append(drill_id, events, datetime.now(UTC), first_stands))
        return answer

    async def append_windows(self, drill_id: str, windows: Sequence[Window]) -> int:
        """As `Store.append_windows`; answered when it is on disk."""
        new: int = await self._ask((drill_id, windows))
        return new

    def _ask(self, work: Append | tuple[str, Sequence[Window]]) -> "asyncio.Future[Any]":
        answer = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._is_stopping:
                raise NotWritten("the service is stopping; nothing was kept, try again")
            self._waiting.append(_Waiting(work, answer))
            self._changed.notify()
        return answer

    def _run(self) -> None:
        while group := self._next():
            answers = list(self._write(group))
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._deliver, group, answers)

    def _next(self) -> list[_Waiting]:
        """All that waits, up to so many events; blocks while there is nothing, and is empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_stopping)
            group: list[_Waiting] = []
            events = 0
            while self._waiting and (not group or events + self._waiting[0].events <= MOST_EVENTS):
                group.append(self._waiting.popleft())
                events += group[-1].events
            return group

    def _write(self, group: list[_Waiting]) -> Iterator[Any]:
        """Each request's answer, an exception where it has none."""
        appends = [each.work for each in group if isinstance(each.work, Append)]
        answers = iter(self._append_all(appends))
        for each in group:
            yield next(answers) if isinstance(each.work, Append) else self._append_windows(*each.work)

    def _append_all(self, appends: list[Append]) -> list[Any]:
        """Together if that can be; should one of them be what keeps all from being written, each by itself."""
        try:
            return list(self._store.append_all(appends)) if appends else []
        except NotWritten as error:
            return [NotWritten(str(error)) for _ in appends]
        except Exception as error:
            if len(appends) == 1:
                return [error]
            return [answer for each in appends for answer in self._append_all([each])]

    def _append_windows(self, drill_id: str, windows: Sequence[Window]) -> int | Exception:
        try:
            return self._store.append_windows(drill_id, windows)
        except Exception as error:  # whatever it is, it belongs to who asked
            return error

    def _deliver(self, group: list[_Waiting], answers: list[Any]) -> None:
        if self._on_committed is not None:
            for drill_id, events in _new_events(group, answers).items():
                try:
                    self._on_committed(drill_id, events)
                except Exception:
                    _log.exception("drill %s: what follows a commit failed for %d events", drill_id, len(events))
        for each, answer in zip(group, answers, strict=True):
            if each.answer.done():
                continue  # nobody waits any more
            if isinstance(answer, Exception):
                each.answer.set_exception(answer)
            else:
                each.answer.set_result(answer)


def _new_events(group: list[_Waiting], answers: list[Any]) -> dict[str, list[Stamped]]:
    new: dict[str, list[Stamped]] = {}
    for each, answer in zip(group, answers, strict=True):
        if isinstance(each.work, Append) and not isinstance(answer, Exception):
            new.setdefault(each.work.drill_id, []).extend(stamped for stamped in answer if stamped.is_new)
    return {drill_id: events for drill_id, events in new.items() if events}
