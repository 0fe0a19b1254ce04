"""The users of the sample app: what they do, how often, and how they sign in.

They come with a token from AUTH_URL where there is one: a user signs in first, every now and then, and again when that
failed or the token is refused.
"""

import os
from collections import deque
from http import HTTPStatus
from time import perf_counter
from typing import Any

import gevent

from simulator.load.loopback import loopback_host
from simulator.load.paced import PacedUser
from simulator.load.pacing import deal
from simulator.load.sample.accounts import sign_in_body

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

_REMEMBERED = 20
# Who is refused, with a token or at sign-in, tries to sign in again, but not without end.
_SIGN_IN_AGAIN_AFTER_S = 2.0
_DATASETS_OF_A_USER = 5
# A prompt as researchers write them: the question, after what has to be known to answer it.
_PROMPT = "The last run scored 0.5 on every prompt that asks for a proof, and more on the others. " * 20 + (
    "What did the last run show?"
)
_ROWS = b"prompt,answer,score\n" + b"What did the last run show?,more of the same,0.5\n" * 20
_SIGN_IN_URL = loopback_host(os.environ["AUTH_URL"], "AUTH_URL") if os.environ.get("AUTH_URL") else None


class ResearchUser(PacedUser):
    """A researcher with a little of everything to do."""

    offered = deal({name: weight for name, weight in WEIGHTS.items() if _SIGN_IN_URL or name != SIGN_IN})

    def prepare(self) -> None:
        self.datasets: set[str] = set()
        self.experiments: deque[str] = deque(maxlen=_REMEMBERED)
        self.jobs: deque[str] = deque(maxlen=_REMEMBERED)
        self.token = ""
        self.is_signed_out = False
        self.signed_in_at = perf_counter()
        while _SIGN_IN_URL and not self.token:
            self._sign_in()
            gevent.sleep(0 if self.token else self.every_s)

    def choose(self) -> str:
        return SIGN_IN if self._has_to_sign_in() else self.offered[self.turn % len(self.offered)]

    def perform(self, name: str) -> None:
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
            "prompt": _PROMPT,
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
        response = self._send("POST", f"{_SIGN_IN_URL}/sign-in", SIGN_IN, json=sign_in_body(self.index))
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
        response = self.send(method, path, name, **kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED and token == self.token:
            self.is_signed_out = True
        return response
