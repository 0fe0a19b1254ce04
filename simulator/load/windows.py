"""What users got, second by second: requests, failures and exact latency quantiles of whole wall seconds."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

WINDOW_S = 1
_KEPT_DIGITS = 3


@dataclass(frozen=True)
class TaskCount:
    """Requests that ended in a window, and how many of them failed."""

    requests: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Window:
    """Requests whose response or failure arrived in [`at`, `at` + `seconds`).

    Latencies are of all these requests, served or failed, in milliseconds; None where there were none.
    `users_affected` of the `users` met at least one failed request.
    `offered` counts the requests that were begun in the window. `lag_ms` says how late the generator was
    against its own schedule: the worst of all requests begun in the window and of the closing of the window.
    """

    at: datetime
    seconds: float
    requests: int
    failures: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    tasks: dict[str, TaskCount]
    users: int
    users_affected: int
    offered: int
    lag_ms: float

    def as_json(self) -> dict[str, Any]:
        """The line of the load process: plain values, `at` in UTC with microseconds."""
        return {**asdict(self), "at": self.at.isoformat(timespec="microseconds")}


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank quantile of ascending values: the smallest that `share` of them do not exceed."""
    if not ordered:
        return None
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


@dataclass
class _Second:
    latencies_ms: list[float] = field(default_factory=list)
    ended: dict[str, list[int]] = field(default_factory=dict)
    affected: set[int] = field(default_factory=set)
    offered: int = 0
    worst_lag_s: float = 0.0


class Windows:
    """Collects what happens into wall seconds and hands out those that are over, each once, none left out.

    Times are seconds since the epoch on a clock that never goes back; the caller passes them in.
    """

    def __init__(self, tasks: Iterable[str], *, started_at: float) -> None:
        self._tasks = tuple(tasks)
        self._next = math.floor(started_at)
        self._open: dict[int, _Second] = {}

    def begun(self, at: float, *, late_s: float) -> None:
        """A request was begun at `at`, `late_s` after its place in the schedule."""
        second = self._second(at)
        second.offered += 1
        second.worst_lag_s = max(second.worst_lag_s, late_s)

    def ended(self, at: float, task: str, *, user: int, ok: bool, latency_ms: float) -> None:
        """The response of a request of user number `user`, or its failure, arrived at `at`."""
        second = self._second(at)
        second.latencies_ms.append(latency_ms)
        count = second.ended.setdefault(task, [0, 0])
        count[0] += 1
        count[1] += not ok
        if not ok:
            second.affected.add(user)

    def close(self, now: float, *, users: int, final: bool = False) -> list[Window]:
        """All windows that ended by `now` and were not handed out; with `final` also the one that runs."""
        until = math.floor(now) + (WINDOW_S if final else 0)
        closed = [self._close(second, now=now, users=users) for second in range(self._next, until)]
        self._next = max(self._next, until)
        return closed

    def _second(self, at: float) -> _Second:
        return self._open.setdefault(max(math.floor(at), self._next), _Second())

    def _close(self, start: int, *, now: float, users: int) -> Window:
        second = self._open.pop(start, _Second())
        ordered = sorted(second.latencies_ms)
        names = dict.fromkeys([*self._tasks, *second.ended])
        tasks = {name: TaskCount(*second.ended.get(name, (0, 0))) for name in names}
        closing_lag_s = max(0.0, now - (start + WINDOW_S))
        return Window(
            at=datetime.fromtimestamp(start, UTC),
            seconds=float(WINDOW_S),
            requests=len(ordered),
            failures=sum(count.failures for count in tasks.values()),
            p50_ms=_rounded(quantile(ordered, 0.50)),
            p95_ms=_rounded(quantile(ordered, 0.95)),
            p99_ms=_rounded(quantile(ordered, 0.99)),
            tasks=tasks,
            users=users,
            users_affected=min(len(second.affected), users),
            offered=second.offered,
            lag_ms=round(1000 * max(second.worst_lag_s, closing_lag_s), _KEPT_DIGITS),
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _KEPT_DIGITS)
