"""People at a drill whose scoring service is real, on a real terminal; app and cluster are not there."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from posting import TOKENS, new_name
from rich.console import Console
from serving import Server

from simulator.drill.people.crew import Crew
from simulator.drill.people.session import Session
from simulator.drill.people.terminal import Terminal
from simulator.drill.plan import RESPONDERS, Options, Plan, plan_experiments
from simulator.drill.scoring_client import ScoringClient, instant
from simulator.drill.shell.environment import Equipment
from simulator.drill.stage import Run, Tokens

EQUIPMENT = Equipment({"KUBECONFIG": "/somewhere", "PATH": "/tools"}, {"prometheus": "127.0.0.1:9"})


@dataclass(frozen=True)
class StageOfScoring:
    """As much of a stage as people meet."""

    run: Run
    scoring: ScoringClient
    equipment: Equipment = EQUIPMENT

    @property
    def plan(self) -> Plan:
        return self.run.plan


@dataclass
class Seated:
    """A session of people, its terminal, and what others do in it by HTTP."""

    session: Session
    server: Server
    out: StringIO
    keyboard: int

    @property
    def drill(self) -> str:
        return self.session.drill

    @property
    def said(self) -> str:
        """What the terminal shows."""
        return self.out.getvalue()

    @property
    def links(self) -> list[tuple[str, str]]:
        """Who was shown a link so far, and the link."""
        rows = [line.strip() for line in self.said.splitlines() if "/sign-in?" in line]
        return [(who.strip(), link) for who, _, link in (row.rpartition("  ") for row in rows)]

    def enter(self) -> None:
        os.write(self.keyboard, b"\n")

    def write(self, role: str, kind: str, at: str | None = None, **data: Any) -> None:
        """Put an event on the timeline, with the token of a role."""
        told = {"kind": kind, "occurred_at": at or datetime.now(UTC).isoformat(), "source": "console", "data": data}
        with self.server.as_(role) as client:
            answer = client.post(f"/api/v1/drills/{self.drill}/events", json=told)
        assert answer.status_code == 201, answer.text

    def page(self, role: str, seat: str) -> str:
        """What the page of a seat says to somebody in a role."""
        with self.server.as_(role) as client:
            answer = client.get(f"/drills/{self.drill}/{seat}", headers={"Accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return answer.text

    def kinds(self) -> list[str]:
        """What is on the timeline."""
        with self.server.as_("facilitator") as client:
            events = client.get(f"/api/v1/drills/{self.drill}/events").json()["events"]
        return [event["kind"] for event in events]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("scoring") / "drills.db")
    yield running
    running.kill(signal.SIGTERM)


Sit = Callable[..., "Seated"]


@pytest.fixture
async def sit(server: Server, tmp_path: Path) -> AsyncIterator[Sit]:
    """Begins a session at a drill that is open. `manned`: at a terminal, or with nobody there."""
    async with AsyncExitStack() as owner:

        def begin(*hold: str, manned: bool = False, clock: float = 60, **wished: Any) -> Seated:
            options = Options(responder="human", browser=False, clock=clock, **wished)
            plan = plan_experiments(["rate-limited"], options, tmp_path, hold=hold, responders=RESPONDERS)
            tokens = Tokens(TOKENS["facilitator"], TOKENS["responder"], TOKENS["ingest"])
            scoring = ScoringClient(server.url, tokens.facilitator)
            owner.push_async_callback(scoring.close)
            keyboard, typed = os.openpty()
            owner.callback(os.close, keyboard)
            owner.callback(os.close, typed)
            out, nothing = StringIO(), os.open(os.devnull, os.O_RDONLY)
            owner.callback(os.close, nothing)
            console = Console(file=out, width=400, force_terminal=manned, color_system=None)
            terminal = Terminal(console, typed if manned else nothing)
            assert plan.people is not None
            stage: Any = StageOfScoring(Run(plan, "r", tokens), scoring)
            crew, drill = Crew(stage, plan.people, terminal, 1), new_name("seated")
            open_drill(server, plan, drill)
            return Seated(Session(crew, plan.scenarios[0], drill, crew.title(1)), server, out, keyboard)

        yield begin


def open_drill(server: Server, plan: Plan, drill: str) -> None:
    told = {"id": drill, "playbook": plan.playbook.name, "clock": plan.clock.factor, "started_at": instant()}
    told |= {"truth": plan.scenarios[0].truth(plan.playbook), "experiment": plan.scenarios[0].name}
    with server.as_("ingest") as client:
        assert client.post("/api/v1/drills", json=told).status_code == 201


def sign_in(server: Server, link: str) -> httpx.Response:
    """What a browser sees that opens a link, and is led on."""
    with httpx.Client(headers={"Accept": "text/html"}, timeout=10) as browser:
        return browser.get(link)
