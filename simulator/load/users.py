"""The users of the target app: what they do, how often, and how long they wait for an answer."""

from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from itertools import count
from time import perf_counter
from typing import Any

import gevent
from gevent.pool import Group
from locust import task
from locust.contrib.fasthttp import FastHttpUser

from simulator.load.pacing import deal, next_slot, phase_s
from simulator.load.researchers import sign_in_body

LIST = "GET /experiments"
READ = "GET /experiments/{id}"
CREATE = "POST /experiments"
COMPLETE = "POST /completions"
STATISTICS = "GET /statistics"
SIGN_IN = "POST /sign-in"
UPLOAD = "PUT /datasets/{name}"
DOWNLOAD = "GET /datasets/{name}"
SUBMIT = "POST /jobs"
LOOK_UP = "GET /jobs/{id}"
WEIGHTS = {
    LIST: 3,
    READ: 3,
    CREATE: 1,
    COMPLETE: 3,
    STATISTICS: 2,
    SIGN_IN: 1,
    UPLOAD: 1,
    DOWNLOAD: 1,
    SUBMIT: 1,
    LOOK_UP: 1,
}

EVERY_S = 0.5
REQUEST_TIMEOUT_S = 2.5
_REMEMBERED = 20
# Who is refused, with a token or at sign-in, tries to sign in again, but not without end.
_SIGN_IN_AGAIN_AFTER_S = 2.0
_DATASETS_OF_A_USER = 5
_ROWS = b"prompt,answer,score\n" + b"What did the last run show?,more of the same,0.5\n" * 20
# At one request per EVERY_S, no more than this many can be waiting for an answer at the same time.
_CONCURRENT_REQUESTS = int(REQUEST_TIMEOUT_S / EVERY_S) + 2

Begun = Callable[[float], None]


class ResearchUser(FastHttpUser):  # type: ignore[misc]
    """Begins a request every `EVERY_S` seconds whether or not the earlier ones were answered.

    Where there is a `sign_in_url`, a user comes with a token: signs in first, every now and then, and again when that
    failed or the token is refused. `begun` is called at each beginning with the seconds by which it was late against
    the schedule.
    """

    abstract = True
    network_timeout = REQUEST_TIMEOUT_S
    connection_timeout = REQUEST_TIMEOUT_S
    concurrency = _CONCURRENT_REQUESTS
    begun: Begun
    order: tuple[str, ...]
    indices: Any
    sign_in_url: str | None

    def on_start(self) -> None:
        self.index = next(self.indices)
        self.turn = self.index
        self.datasets: set[str] = set()
        self.experiments: deque[str] = deque(maxlen=_REMEMBERED)
        self.jobs: deque[str] = deque(maxlen=_REMEMBERED)
        self.waiting = Group()
        self.token = ""
        self.is_signed_out = False
        self.signed_in_at = perf_counter()
        gevent.sleep(phase_s(self.index, EVERY_S))
        while self.sign_in_url and not self.token:
            self._sign_in()
            gevent.sleep(0 if self.token else EVERY_S)
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
        name = SIGN_IN if self._has_to_sign_in() else self.order[self.turn % len(self.order)]
        self.turn += 1
        self.waiting.spawn(self._perform, name)

    def _perform(self, name: str) -> None:
        match name:
            case "GET /experiments":
                self._send("GET", "/experiments", name)
            case "GET /experiments/{id}" if self.experiments:
                self._send("GET", f"/experiments/{self.experiments[self.turn % len(self.experiments)]}", name)
            case "PUT /datasets/{name}":
                self._upload()
            case "GET /datasets/{name}":
                self._download()
            case "GET /statistics":
                self._send("GET", "/statistics", name)
            case "POST /sign-in":
                self._sign_in()
            case "POST /completions":
                self._send(
                    "POST",
                    "/completions",
                    name,
                    json={"prompt": f"Summarise run {self.turn}.", "max_tokens": 64},
                )
            case "GET /jobs/{id}" if self.jobs:
                # Whatever became of it: a job that waits or has failed is an answer, not a request that failed.
                self._send("GET", f"/jobs/{self.jobs[self.turn % len(self.jobs)]}", name)
            case "POST /jobs" | "GET /jobs/{id}":
                self._submit()
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

    def _submit(self) -> None:
        response = self._send("POST", "/jobs", SUBMIT, json={"statement": f"(p -> q) and p -> q or run_{self.turn}"})
        if response.status_code and response.status_code < 300:
            self.jobs.append(str(response.json()["id"]))

    def _has_to_sign_in(self) -> bool:
        return self.is_signed_out and perf_counter() - self.signed_in_at >= _SIGN_IN_AGAIN_AFTER_S

    def _sign_in(self) -> None:
        self.signed_in_at = perf_counter()
        response = self._send("POST", f"{self.sign_in_url}/sign-in", SIGN_IN, json=sign_in_body(self.index))
        self.is_signed_out = response.status_code != HTTPStatus.OK
        if not self.is_signed_out:
            self.token = response.json()["access_token"]

    def _upload(self) -> None:
        name = f"user-{self.index}-runs-{self.turn % _DATASETS_OF_A_USER}.csv"
        response = self._send("PUT", f"/datasets/{name}", UPLOAD, data=_ROWS)
        if response.status_code and response.status_code < 300:
            self.datasets.add(name)

    def _download(self) -> None:
        if not self.datasets:
            self._upload()
            return
        name = min(self.datasets)
        if self._send("GET", f"/datasets/{name}", DOWNLOAD).status_code == 404:
            self.datasets.discard(name)

    def _send(self, method: str, path: str, name: str, **kwargs: Any) -> Any:
        token = self.token
        if token and name != SIGN_IN:
            kwargs["headers"] = {"Authorization": f"Bearer {token}"}
        # An OSError is what Locust's client counts as a failed request; the socket's own timeout would begin
        # anew with each byte that a slow server trickles.
        too_late = TimeoutError(f"no answer within {REQUEST_TIMEOUT_S} s")
        with gevent.Timeout(REQUEST_TIMEOUT_S, too_late):
            response = self.client.request(method, path, name=name, **kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED and token == self.token:
            self.is_signed_out = True
        return response


def users_of(host: str, sign_in_url: str | None, begun: Begun) -> type[ResearchUser]:
    """A user class for one run on `host` (as `http://address:port`); without a `sign_in_url` nobody signs in."""
    weights = WEIGHTS if sign_in_url else {name: weight for name, weight in WEIGHTS.items() if name != SIGN_IN}
    attributes = {
        "abstract": False,
        "host": host,
        "begun": staticmethod(begun),
        "order": deal(weights),
        "sign_in_url": sign_in_url,
        "indices": count(),
    }
    return type("ResearchUserOfThisRun", (ResearchUser,), attributes)
