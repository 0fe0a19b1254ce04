"""A night: a scoring service with a drill, and a folder with the seat of a responder."""

import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from posting import TOKENS, new_drill, new_name
from serving import Server
from terminal import Terminal, on_terminal
from waiting import until

from simulator.drill.seat import Seat, write_seat

GAMEDAY = str(Path(sys.executable).parent / "gameday")
PROMPT = "\x1b[1mgameday\x1b[0m"
SIGN = "# " if os.geteuid() == 0 else "$ "
ENTER = "\r"


class Typist:
    """Somebody at a terminal with the drill shell, who waits for each prompt."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.greeting = self.expect_prompt()

    def expect_prompt(self) -> str:
        """What was shown up to the prompt, without the prompt's end."""
        before = self.terminal.expect(PROMPT)
        return before + self.terminal.expect(SIGN)

    def do(self, line: str) -> str:
        """Type a line, and see what is shown up to the next prompt."""
        self.terminal.type(line + ENTER)
        return self.expect_prompt()

    def leave(self) -> tuple[int, str]:
        self.terminal.type("exit" + ENTER)
        return self.terminal.end()


@dataclass
class Night:
    """A working folder with a seat at `server`'s drill."""

    folder: Path
    server: Server
    drill: str
    env: dict[str, str] = field(default_factory=dict)

    def sit(self, **changed: Any) -> Seat:
        """Write the seat, with some of it changed."""
        told = {
            "url": self.server.url,
            "token": TOKENS["responder"],
            "drill": self.drill,
            "title": "a drill of tests",
            "clock": 1,
            "env": {"KUBECONFIG": str(self.folder / "kubeconfig"), "ON_CALL_API_KEY": "on-call-key-of-tests"},
            "hosts": {},
        }
        seat = Seat(**(told | changed))
        write_seat(self.folder, seat)
        return seat

    @contextmanager
    def shell(self, *arguments: str) -> Iterator[Typist]:
        """Somebody sits down at a terminal."""
        with on_terminal([GAMEDAY, "shell", *arguments], cwd=self.folder, env=self.whole_env) as terminal:
            yield Typist(terminal)

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """The command without a terminal."""
        return subprocess.run(
            [GAMEDAY, "shell", *arguments],
            cwd=self.folder,
            env=self.whole_env,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def whole_env(self) -> dict[str, str]:
        """The user's."""
        return {**os.environ, "TERM": "xterm-256color", **self.env}

    def actions(self) -> list[dict[str, Any]]:
        """The events `action.taken` on the timeline."""
        with self.server.as_("facilitator") as client:
            events = client.get(f"/api/v1/drills/{self.drill}/events").json()["events"]
        return [event for event in events if event["kind"] == "action.taken"]

    def kept(self, count: int) -> list[dict[str, Any]]:
        """What is kept of the commands, once there are `count` of them."""
        return [event["data"] for event in until(lambda: self._actions(count), what=f"{count} actions")]

    def _actions(self, count: int) -> list[dict[str, Any]] | None:
        actions = self.actions()
        assert len(actions) <= count, actions
        return actions if len(actions) == count else None


def plain(shown: str) -> str:
    """What a terminal was sent, without control sequences."""
    return re.sub(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>])", "", shown).replace("\r", "")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("scoring") / "drills.db")
    yield running
    running.kill(signal.SIGTERM)


@pytest.fixture
def night(server: Server, tmp_path: Path) -> Night:
    """A drill that runs, and a seat that is free."""
    return begin(server, tmp_path)


@pytest.fixture
def own_night(tmp_path: Path) -> Iterator[Night]:
    """The same with a service of its own, which may be killed and started again."""
    night = begin(Server(tmp_path / "drills.db"), tmp_path)
    yield night
    night.server.kill()


def begin(server: Server, folder: Path) -> Night:
    drill = new_name("night")
    started_at = datetime.now(UTC).isoformat()
    with server.as_("ingest") as client:
        assert client.post("/api/v1/drills", json=new_drill(drill, clock=1, started_at=started_at)).status_code == 201
    night = Night(folder, server, drill)
    night.sit()
    return night


def fresh_settings() -> list[object]:
    """Of a terminal that nobody has changed."""
    master, slave = os.openpty()
    try:
        return list(termios.tcgetattr(master))
    finally:
        os.close(slave)
        os.close(master)
