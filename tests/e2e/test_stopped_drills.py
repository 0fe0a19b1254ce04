"""A drill on a cluster that is not its own, stopped from outside: the fault goes, the record says why."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playing import Home, wait_until

from simulator.processes import find_marked

NS = "llm-research"
PACE_S = 0.25
SAFEGUARDS = """
safeguards:
  - name: kill-switch
    tolerance: false
    frequency: {pace}
    provider:
      type: python
      module: simulator.faults.safeguards
      func: is_switched_on
      arguments: {{switch: {switch}}}
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Whose cluster it is."""
    home = Home(tmp_path_factory.mktemp("theirs"))
    assert home.run("up", "--clock", 240)[0] == 0
    yield home
    home.close()


class Away(Home):
    """A folder in which drills are played on somebody else's cluster."""

    def break_it(self, theirs: Home, *more: object) -> tuple["subprocess.Popen[str]", Path]:
        """A drill that nobody answers, in its incident."""
        asked = ("--responder", "none", "--clock", "60", *on(theirs), *more)
        process, output = self.begin("run", "crash-loop-bad-config", *asked)
        wait_until(lambda: "incident" in output.read_text(), 120, output.read_text)
        assert is_broken(theirs)
        return process, output

    @property
    def last_run(self) -> Path:
        return max((self.folder / ".gameday" / "runs").iterdir(), key=lambda path: path.name)

    def roll_back_began_at(self) -> float:
        """Seconds since the epoch, by Chaos Toolkit's own journal."""
        journal: dict[str, Any] = json.loads(next(self.last_run.glob("*/journal.json")).read_text())
        return datetime.fromisoformat(journal["rollbacks"][0]["start"]).timestamp()

    def aborted_because(self) -> str:
        with closing(sqlite3.connect(self.last_run / "scoring.db")) as database:
            rows = database.execute("SELECT data FROM event WHERE kind = 'drill.aborted'").fetchall()
        return str([json.loads(data)["reason"] for (data,) in rows])


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Away]:
    away = Away(tmp_path)
    yield away
    away.close()


def on(theirs: Home) -> list[object]:
    return ["--kubeconfig", theirs.kubeconfig, "--context", "gameday"]


def is_broken(theirs: Home) -> bool:
    spec = theirs.kubectl("get", "deployment", "llm-research-api", "-n", NS, "-o", "jsonpath={.spec.template.spec}")
    assert spec
    return "DB_POOL_SIZE" in spec


def assert_nothing_stays(theirs: Home, away: Away) -> None:
    assert not is_broken(theirs)
    assert away.processes("run-") == []
    left = theirs.kubectl("get", "secret,lease", "-n", NS, "-o", "name")
    assert "gameday-drill" not in left


def test_a_halt_and_a_safeguard_stop_a_drill_and_take_its_fault_back(theirs: Home, away: Away) -> None:
    process, output = away.break_it(theirs)
    at = time.time()
    assert theirs.run("halt", "--reason", "a hotfix goes out")[0] == 0
    said_at = time.time()
    assert process.wait(60) == 3, output.read_text()
    assert away.roll_back_began_at() - said_at < 1.0 + (said_at - at)
    assert "halted by" in output.read_text()
    assert ": a hotfix goes out" in away.aborted_because()
    assert_nothing_stays(theirs, away)
    status, said = away.run("run", "crash-loop-bad-config", *on(theirs))
    assert status == 3
    assert "a hotfix goes out; 'gameday halt --lift' lets them play" in said
    assert theirs.run("halt", "--lift")[0] == 0

    switch, file = away.folder / "stop", away.folder / "safeguards.yaml"
    file.write_text(SAFEGUARDS.format(pace=PACE_S, switch=switch))
    process, output = away.break_it(theirs, "--safeguards", file)
    at = time.time()
    switch.touch()
    assert process.wait(60) == 3, output.read_text()
    paces = (away.roll_back_began_at() - at) / PACE_S
    assert paces < 6, "the next look, and little more"
    said = "safeguard 'kill-switch' (safeguards.yaml) tripped: true is outside the tolerance false"
    assert said in " ".join(output.read_text().split())
    assert said in away.aborted_because()
    assert_nothing_stays(theirs, away)


def test_a_drill_killed_with_its_watchdog_is_named_by_the_next_and_recovered(theirs: Home, away: Away) -> None:
    process, _ = away.break_it(theirs)
    mark = f"run-{away.last_run.name}"
    for pid in (process.pid, *find_marked(mark), *find_marked(f"{mark}-watchdog")):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    assert is_broken(theirs)
    status, said = theirs.run("run", "crash-loop-bad-config")
    assert status == 3
    assert f"drill {mark.removeprefix('run-')}-1 (crash-loop-bad-config), begun by" in said
    assert "was not taken back; 'gameday recover'" in said
    status, said = theirs.run("recover")
    assert status == 0, said
    assert_nothing_stays(theirs, away)
    assert "by 'gameday recover'" in away.aborted_because()
    wait_until(lambda: "3/3" in theirs.kubectl("get", "deployment", "llm-research-api", "-n", NS), 60)
