"""Whoever takes part in a drill for people, with nothing in hand but what they are given."""

import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playing import Home, wait_until
from waiting import until

from simulator.drill.following import runbooks_of
from simulator.drill.runbook import Runbook
from simulator.drill.seat import Seat, read_seat
from simulator.errors import NotPossible

RUN = ("run", "--responder", "human")
CLOCK = 60
"""A second counts as a minute."""
LIMIT_S = 120.0
WINDOW = timedelta(minutes=15)
"""The shipped playbook's verification window, in drill time."""
Event = dict[str, Any]


@dataclass
class Taking:
    """A part in a drill: reading it and writing to it over HTTP."""

    http: httpx.Client
    drill: str

    def events(self, kind: str = "") -> list[Event]:
        answer = self._try(lambda: self.http.get(f"/api/v1/drills/{self.drill}/events"))
        return [event for event in answer.json()["events"] if event["kind"].startswith(kind)]

    def write(self, kind: str, **data: Any) -> datetime:
        """Put an event on the timeline, once; returns when it was."""
        at = datetime.now(UTC)
        event = {"kind": kind, "occurred_at": at.isoformat(), "source": "test", "data": data, "key": uuid.uuid4().hex}
        answer = self._try(lambda: self.http.post(f"/api/v1/drills/{self.drill}/events", json=event))
        assert answer.status_code == 201, answer.text
        return at

    def fill_in(self, page: str, form: str, **fields: str) -> None:
        """Send a form of the console's page for this drill, as a browser does."""
        sent = {"key": uuid.uuid4().hex, **fields}
        answer = self._try(lambda: self.http.post(f"/drills/{self.drill}/{page}/{form}", data=sent))
        assert answer.status_code == 303, answer.text

    def _try(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        """A person asks again when the page does not load."""

        def ask() -> httpx.Response | None:
            try:
                return call()
            except httpx.TransportError:
                return None

        return until(ask, 30, what="an answer of the service")


@dataclass
class Responder(Taking):
    """Somebody in the responder's seat."""

    seat: Seat
    said: list[datetime] = field(default_factory=list)

    def wait_for_page(self) -> Event:
        return until(lambda: next(iter(self.events("alert.firing")), None), LIMIT_S, what="a page")

    def follow_the_runbook(self) -> None:
        """Execute what the runbook of an alert says, in a shell with the seat's environment, until it worked."""

        def find() -> tuple[Event, Runbook] | None:
            return next(runbooks_of(self.events("alert.firing")), None)

        _, runbook = until(find, LIMIT_S, what="an alert that leads to a runbook")
        path = f"{self.seat.env['PATH']}{os.pathsep}{os.environ['PATH']}"
        for block in runbook.commands("Mitigate"):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                env={**os.environ, **self.seat.env, "PATH": path},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            self.write("action.taken", command=block, output=done.stdout + done.stderr, exit_status=done.returncode)
            assert done.returncode == 0, done.stderr

    def wait_until_it_holds(self) -> None:
        """Every alert is over, and has been for a verification window by the drill's clock."""
        window = WINDOW / self.seat.clock

        def has_held() -> bool:
            state: dict[str, Event] = {}
            for event in self.events("alert."):
                state[event["data"]["fingerprint"]] = event
            over = [datetime.fromisoformat(event["received_at"]) for event in state.values()]
            is_quiet = all(event["kind"] == "alert.resolved" for event in state.values())
            return bool(over) and is_quiet and datetime.now(UTC) - max(over) > window * 1.2

        until(has_held, LIMIT_S, what="an incident that is over")


def sit_down(folder: Path) -> Responder:
    """Whoever sits down finds what the run left for them."""

    def seat() -> Seat | None:
        try:
            found = read_seat(folder)
        except NotPossible:
            return None
        return found if found.drill else None

    found = until(seat, LIMIT_S, what="a seat")
    header = {"Authorization": f"Bearer {found.token}"}
    return Responder(httpx.Client(base_url=found.url, headers=header, timeout=10), str(found.drill), found)


@contextmanager
def playing(home: Home, command: str, *arguments: object) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """`gameday COMMAND ...` with nobody at the terminal, in a drill for people that is over at the end of the block."""
    process, output = home.begin(command, *arguments, "--clock", CLOCK, "--no-browser")
    try:
        yield process, output
        assert process.poll() is not None, output.read_text()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def welcome(output: Path) -> str:
    """What is said once everybody may sit down and the facilitator may begin."""
    wait_until(lambda: "Nothing is injected until you start the clock" in output.read_text(), 120, output.read_text)
    return output.read_text()


def link_of(said: str, role: str) -> str:
    """The last link that was said for a role."""
    return re.findall(rf"^  {role}\b.*  (http\S+)$", said.replace("\r", ""), re.MULTILINE)[-1]


def sign_in(said: str, role: str) -> httpx.Client:
    """A browser, signed in by the last link that was said for a role."""
    link = link_of(said, role)
    url = link.partition("/sign-in")[0]
    browser = httpx.Client(base_url=url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=10)
    assert browser.get(link).status_code == 200
    return browser
