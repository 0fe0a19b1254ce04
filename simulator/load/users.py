"""The users of the target app: what they do, how often, and how long they wait for an answer."""

from collections import deque
from collections.abc import Callable
from itertools import count
from time import perf_counter
from typing import Any

import gevent
from gevent.pool import Group
from locust import task
from locust.contrib.fasthttp import FastHttpUser

from simulator.load.pacing import deal, next_slot, phase_s

LIST = "GET /experiments"
READ = "GET /experiments/{id}"
CREATE = "POST /experiments"
COMPLETE = "POST /completions"
STATISTICS = "GET /statistics"
WEIGHTS = {LIST: 3, READ: 3, CREATE: 1, COMPLETE: 3, STATISTICS: 2}

EVERY_S = 0.5
REQUEST_TIMEOUT_S = 2.5
_REMEMBERED_EXPERIMENTS = 20
# At one request per EVERY_S, no more than this many can be waiting for an answer at the same time.
_CONCURRENT_REQUESTS = int(REQUEST_TIMEOUT_S / EVERY_S) + 2

Begun = Callable[[float], None]


class ResearchUser(FastHttpUser):  # type: ignore[misc]
    """Begins a request every `EVERY_S` seconds whether or not the earlier ones were answered.

    `begun` is called at each beginning with the seconds by which it was late against the schedule.
    """

    abstract = True
    network_timeout = REQUEST_TIMEOUT_S
    connection_timeout = REQUEST_TIMEOUT_S
    concurrency = _CONCURRENT_REQUESTS
    begun: Begun
    order: tuple[str, ...]
    indices: Any

    def on_start(self) -> None:
        self.index = next(self.indices)
        self.turn = self.index
        self.experiments: deque[str] = deque(maxlen=_REMEMBERED_EXPERIMENTS)
        self.waiting = Group()
        gevent.sleep(phase_s(self.index, EVERY_S))
        self.slot_at = perf_counter()

    def context(self) -> dict[str, int]:
        """What Locust hands on with each of this user's requests."""
        return {"user": self.index}

    def on_stop(self) -> None:
        self.waiting.kill(block=False)

    def wait_time(self) -> float:
        """Locust asks for this after each task: the seconds until the next place in the schedule."""
        slot = next_slot(perf_counter(), self.slot_at, EVERY_S)
        self.slot_at = slot.at
        return slot.wait_s

    @task  # type: ignore[untyped-decorator]
    def begin_next(self) -> None:
        """Begin the next dealt task, without waiting for its answer."""
        type(self).begun(max(0.0, perf_counter() - self.slot_at))
        name = self.order[self.turn % len(self.order)]
        self.turn += 1
        self.waiting.spawn(self._perform, name)

    def _perform(self, name: str) -> None:
        match name:
            case "GET /experiments":
                self._send("GET", "/experiments", name)
            case "GET /experiments/{id}" if self.experiments:
                self._send("GET", f"/experiments/{self.experiments[self.turn % len(self.experiments)]}", name)
            case "GET /statistics":
                self._send("GET", "/statistics", name)
            case "POST /completions":
                self._send(
                    "POST",
                    "/completions",
                    name,
                    json={"prompt": f"Summarise run {self.turn}.", "max_tokens": 64},
                )
            case _:
                self._create()

    def _create(self) -> None:
        body = {
            "name": f"user-{self.index}-run-{self.turn}",
            "model": "small",
            "prompt": "What did the last run show?",
        }
        response = self._send("POST", "/experiments", CREATE, json=body)
        if response.status_code and response.status_code < 300:
            self.experiments.append(str(response.json()["id"]))

    def _send(self, method: str, path: str, name: str, **kwargs: Any) -> Any:
        # An OSError is what Locust's client counts as a failed request; the socket's own timeout would begin
        # anew with each byte that a slow server trickles.
        too_late = TimeoutError(f"no answer within {REQUEST_TIMEOUT_S} s")
        with gevent.Timeout(REQUEST_TIMEOUT_S, too_late):
            return self.client.request(method, path, name=name, **kwargs)


def users_of(host: str, begun: Begun) -> type[ResearchUser]:
    """A user class for one run on `host` (as `http://address:port`)."""
    attributes = {
        "abstract": False,
        "host": host,
        "begun": staticmethod(begun),
        "order": deal(WEIGHTS),
        "indices": count(),
    }
    return type("ResearchUserOfThisRun", (ResearchUser,), attributes)
