"""Faults led step by step: Chaos Toolkit itself, our control, and a scoring that only listens."""

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.drill.chaos import start_chaos
from simulator.drill.experiment import Experiment, read_experiment
from simulator.drill.injection import start_injection
from simulator.errors import BadInput, NotPossible

pytestmark = pytest.mark.parts
CLOCK = 60
PAUSE_MINUTES = 1.0


def python(func: str, module: str = "os", **arguments: Any) -> dict[str, Any]:
    return {"type": "python", "module": module, "func": func, "arguments": arguments}


def make(name: str, path: Path) -> dict[str, Any]:
    return {"name": name, "type": "action", "provider": python("mkdir", path=str(path))}


def is_there(name: str, path: Path) -> dict[str, Any]:
    provider = python("exists", "os.path", path=str(path))
    return {"name": name, "type": "probe", "tolerance": True, "provider": provider}


def experiment(folder: Path, *, mode: str = "two-steps", second: str = "b") -> Experiment:
    """A fault of two folders that come one drill minute apart; its second effect is seen in the folder `second`."""
    home = folder / mode
    home.mkdir()
    (home / "runbook.md").write_text("# Nothing\n")
    pause = {
        "name": "let-time-pass",
        "type": "action",
        "provider": python("drill_time", "simulator.faults.waiting", minutes=PAUSE_MINUTES),
    }
    document = {
        "title": "Two folders come",
        "description": "One after the other.",
        "steady-state-hypothesis": {"title": "The folder is there", "probes": [is_there("folder-is-there", home)]},
        "method": [
            make("make-a", home / "a"),
            is_there("a-is-there", home / "a"),
            pause,
            make("make-b", home / "b"),
            is_there("b-is-there", home / second),
        ],
        "rollbacks": [
            {"name": "remove-a", "type": "action", "provider": python("rmdir", path=str(home / "a"))},
        ],
        "extensions": [
            {
                "name": "gameday",
                "failure_mode": mode,
                "component": "disk",
                "severity": {},
                "alerts": ["Any"],
                "runbook": "runbook.md",
                "fault": [
                    {"activity": "make-a", "effect": "a-is-there"},
                    {"activity": "make-b", "effect": "b-is-there"},
                ],
            }
        ],
    }
    path = home / "experiment.yaml"
    path.write_text(yaml.safe_dump(document))
    return read_experiment(path)


@pytest.fixture
def away() -> list[int]:
    """How many requests are cut off before they are answered, if anything."""
    return []


@pytest.fixture
def told(away: list[int]) -> Iterator[list[dict[str, Any]]]:
    """Events that were posted, with the address they went to as `url` of the first."""
    events: list[dict[str, Any]] = []

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if away and away[0]:
                away[0] -= 1
                self.close_connection = True
                return
            events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["GAMEDAY_SCORING_URL"] = f"http://127.0.0.1:{server.server_port}"
    yield events
    server.shutdown()
    del os.environ["GAMEDAY_SCORING_URL"]


def environment() -> dict[str, str]:
    more = {"GAMEDAY_INGEST_TOKEN": "secret", "GAMEDAY_DRILL": "d", "GAMEDAY_CLOCK": str(CLOCK)}
    return {**os.environ, **more}


def injected(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(e["data"]["fault"], e["data"].get("step", "")) for e in told if e["kind"] == "fault.injected"]


async def test_a_fault_in_steps_is_reported_step_by_step_and_begins_with_the_first(
    told: list[dict[str, Any]], tmp_path: Path
) -> None:
    injection = await start_injection([experiment(tmp_path)], environment(), tmp_path / "run")
    await injection.wait_until_steady()
    await injection.inject()
    assert injected(told) == [("two-steps", "1 of 2")]
    await injection.wait_until_whole()
    assert injected(told) == [("two-steps", "1 of 2"), ("two-steps", "2 of 2")]
    assert await injection.release() == {"two-steps": None}
    first, second = (datetime.fromisoformat(e["occurred_at"]) for e in told if e["kind"] == "fault.injected")
    assert (second - first).total_seconds() >= 60 * PAUSE_MINUTES / CLOCK
    assert [e["data"] for e in told if e["kind"] == "fault.reverted"] == [
        {"fault": "two-steps", "activity": "remove-a"}
    ]


async def test_a_later_step_that_takes_no_effect_makes_the_drill_impossible(
    told: list[dict[str, Any]], tmp_path: Path
) -> None:
    injection = await start_injection([experiment(tmp_path, second="c")], environment(), tmp_path / "run")
    await injection.wait_until_steady()
    await injection.inject()
    with pytest.raises(NotPossible, match="b-is-there"):
        await injection.wait_until_whole()
    assert await injection.stop(), "it came to its end"
    assert [e["data"]["activity"] for e in told if e["kind"] == "fault.reverted"] == ["remove-a"]


async def test_several_faults_are_injected_in_order_and_judged_one_by_one(
    told: list[dict[str, Any]], tmp_path: Path
) -> None:
    both = [experiment(tmp_path, mode="first"), experiment(tmp_path, mode="second")]
    injection = await start_injection(both, environment(), tmp_path / "run")
    await injection.wait_until_steady()
    await injection.inject()
    await injection.wait_until_whole()
    assert injected(told)[0] == ("first", "1 of 2")
    both[1].folder.rename(tmp_path / "gone")
    try:
        deviations = await injection.release()
    finally:
        (tmp_path / "gone").rename(both[1].folder)
    assert deviations["first"] is None
    assert deviations["second"] is not None
    assert "folder-is-there" in deviations["second"]


async def test_a_fault_that_is_held_waits_for_its_order(told: list[dict[str, Any]], tmp_path: Path) -> None:
    first, second = experiment(tmp_path, mode="first"), experiment(tmp_path, mode="second")
    injection = await start_injection([first], environment(), tmp_path / "run", [second])
    await injection.wait_until_steady()
    await injection.inject()
    await injection.wait_until_whole()
    assert {fault for fault, _ in injected(told)} == {"first"}
    assert injection.held == ("second",)
    assert await injection.order("second") is second
    assert injected(told)[-1] == ("second", "2 of 2")
    assert injection.held == ()
    assert await injection.release() == {"first": None, "second": None}
    assert {e["data"]["fault"] for e in told if e["kind"] == "fault.reverted"} == {"first", "second"}


async def test_a_fault_that_is_never_ordered_never_was(told: list[dict[str, Any]], tmp_path: Path) -> None:
    first, second = experiment(tmp_path, mode="first"), experiment(tmp_path, mode="second")
    injection = await start_injection([first], environment(), tmp_path / "run", [second])
    await injection.wait_until_steady()
    await injection.inject()
    await injection.wait_until_whole()
    assert await injection.release() == {"first": None}
    assert not (second.folder / "a").exists()
    assert {e["data"]["fault"] for e in told} == {"first"}
    assert await injection.stop(), "nothing had to be killed"


@pytest.mark.parametrize("is_late", [True, False], ids=["is-late", "is-gone"])
async def test_without_a_runner_that_says_so_nothing_is_injected(
    told: list[dict[str, Any]], tmp_path: Path, is_late: bool
) -> None:
    env = {**environment(), "GAMEDAY_WAIT_S": "0.2" if is_late else "60"}
    run = await start_chaos(experiment(tmp_path), env, tmp_path / "run")
    await run.wait_until_steady()
    if not is_late:
        assert run.child.process.stdin is not None
        run.child.process.stdin.close()
    assert await asyncio.wait_for(run.child.process.wait(), 60) != 0
    assert told == []
    assert not (tmp_path / "two-steps" / "a").exists()


async def test_a_fault_that_is_broken_off_in_the_middle_is_taken_back_at_once(
    told: list[dict[str, Any]], tmp_path: Path
) -> None:
    injection = await start_injection([experiment(tmp_path)], environment(), tmp_path / "run")
    await injection.wait_until_steady()
    await injection.inject()
    assert await asyncio.wait_for(injection.stop(), 20), "it came to its end by itself, with a step still to come"
    assert not (tmp_path / "two-steps" / "b").exists(), "no step came after that"
    assert [e["data"]["activity"] for e in told if e["kind"] == "fault.reverted"] == ["remove-a"]


async def test_a_scoring_that_is_away_for_a_while_is_told_once_it_is_back(
    told: list[dict[str, Any]], away: list[int], tmp_path: Path
) -> None:
    injection = await start_injection([experiment(tmp_path)], environment(), tmp_path / "run")
    await injection.wait_until_steady()
    away.append(3)
    await injection.inject()
    assert away == [0]
    assert injected(told) == [("two-steps", "1 of 2")]
    assert [bool(each.get("key")) for each in told] == [True], "so that it counts once, should it have arrived before"
    await injection.stop()


def test_each_step_names_steps_of_the_method(tmp_path: Path) -> None:
    path = experiment(tmp_path).path
    path.write_text(path.read_text().replace("activity: make-b", "activity: make-bee"))
    with pytest.raises(BadInput, match="did you mean 'make-b'"):
        read_experiment(path)
