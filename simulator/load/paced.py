"""A Locust user who begins requests on a schedule, whether or not the earlier ones were answered.

A locustfile of one's own may build on it: `choose` names the next request, `perform` makes it.
"""

from collections.abc import Callable, Iterator
from itertools import count
from time import perf_counter
from typing import Any

import gevent
from gevent.pool import Group
from locust import task
from locust.contrib.fasthttp import FastHttpUser

from simulator.load.pacing import next_slot, phase_s

EVERY_S = 0.5
REQUEST_TIMEOUT_S = 2.5

Begun = Callable[[float], None]


def most_at_once(every_s: float) -> int:
    """At one request per `every_s`, no more than so many can be waiting for an answer at the same time."""
    return int(REQUEST_TIMEOUT_S / every_s) + 2


class PacedUser(FastHttpUser):  # type: ignore[misc]
    """Begins a request every `every_s` wall seconds.

    `begun` is called at each beginning with the seconds by which it was late against the schedule. `offered` are the
    names of what is asked for, so far as they are known before.
    """

    abstract = True
    every_s: float = EVERY_S
    network_timeout = REQUEST_TIMEOUT_S
    connection_timeout = REQUEST_TIMEOUT_S
    concurrency = most_at_once(EVERY_S)
    begun: Begun = staticmethod(lambda _: None)
    indices: Iterator[int] = count()
    offered: tuple[str, ...] = ()

    def prepare(self) -> None:
        """What comes before the first request, such as signing in."""

    def choose(self) -> str:
        """The name of the next request; `turn` counts them."""
        raise NotImplementedError

    def perform(self, name: str) -> None:
        """Make that request, and wait for its answer."""
        raise NotImplementedError

    def on_start(self) -> None:
        self.index = next(self.indices)
        self.turn = self.index
        self.waiting = Group()
        gevent.sleep(phase_s(self.index, self.every_s))
        self.prepare()
        self.slot_at = perf_counter()

    def context(self) -> dict[str, int]:
        """What Locust hands on with each of this user's requests."""
        return {"user": self.index}

    def on_stop(self) -> None:
        self.waiting.kill(block=False)

    def wait_time(self) -> float:
        """Locust asks for this after each task: the seconds until the next place in the schedule."""
        slot = next_slot(perf_counter(), self.slot_at, self.every_s)
        self.slot_at = slot.at
        return slot.wait_s

    @task  # type: ignore[untyped-decorator]
    def begin_next(self) -> None:
        """Begin the next request, without waiting for its answer."""
        type(self).begun(max(0.0, perf_counter() - self.slot_at))
        name = self.choose()
        self.turn += 1
        self.waiting.spawn(self.perform, name)

    def send(self, method: str, path: str, name: str, **kwargs: Any) -> Any:
        """One request of Locust's client, answered within `REQUEST_TIMEOUT_S` or failed."""
        # An OSError is what Locust's client counts as a failed request; the socket's own timeout would begin
        # anew with each byte that a slow server trickles.
        too_late = TimeoutError(f"no answer within {REQUEST_TIMEOUT_S} s")
        with gevent.Timeout(REQUEST_TIMEOUT_S, too_late):
            return self.client.request(method, path, name=name, **kwargs)
