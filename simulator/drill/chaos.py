"""One experiment in a Chaos Toolkit process of its own, led by the drill step by step."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from simulator.drill.children import Child, start
from simulator.drill.experiment import Experiment
from simulator.errors import NotPossible

START_LIMIT_S = 60.0
LET_GO_S = 1.0
"""Wall seconds after a signal until it is told in another way, too, to hold the fault no longer."""
RELEASE_LIMIT_S = 45.0
"""Wall seconds for hypothesis and rollbacks, with a scoring service that is away for a while."""
CONTROL = {"gameday": {"provider": {"type": "python", "module": "simulator.faults.control"}}}


class ChaosRun:
    """look → steady → `inject` → whole → `release`. Chaos Toolkit's rollbacks run however it ends, short of SIGKILL."""

    def __init__(self, experiment: Experiment, child: Child, journal: Path) -> None:
        self.experiment = experiment
        self.child = child
        self._journal = journal
        self._takes_back = False

    async def wait_until_steady(self) -> None:
        """The steady-state hypothesis, looked at now, holds. Raises `NotPossible` with the probe that does not."""
        await self.child.say("look")
        try:
            await self._expect("steady", START_LIMIT_S)
        except NotPossible:
            if failed := self._deviation("before"):
                raise NotPossible(f"the steady state did not hold before the drill: {failed}") from None
            raise

    async def inject(self, limit_s: float) -> None:
        """Let the method run until its first step took effect. Raises `NotPossible` if no probe saw that."""
        await self.child.say("go")
        await self._expect("injected", limit_s)

    async def wait_until_whole(self) -> None:
        """Every further step took effect too. Raises `NotPossible` as `inject` does."""
        while await self._expect("injected", self.experiment.longest_life_s, or_else="whole") != "whole":
            pass

    async def release(self, limit_s: float = RELEASE_LIMIT_S) -> str | None:
        """End the hold; hypothesis and rollbacks follow. Returns what of the steady state does not hold."""
        await self.child.say("go on")
        try:
            async with asyncio.timeout(limit_s):
                async for _ in self.child.lines():
                    pass
                await self.child.process.wait()
        except TimeoutError:
            await self.child.stop()
            raise self.child.failure(f"did not finish its rollbacks within {limit_s:g} s") from None
        return self._deviation("after")

    async def stop(self, limit_s: float) -> int:
        """End it within twice `limit_s`, and return the exit status.

        One that takes its fault back already is left to it: a signal then may keep it from its rollbacks.
        """
        if self._takes_back:
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await self.child.process.wait()
        assert self.child.process.stdin is not None
        letting_go = asyncio.get_running_loop().call_later(LET_GO_S, self.child.process.stdin.close)
        try:
            return await self.child.stop(limit_s)
        finally:
            letting_go.cancel()

    async def _expect(self, what: str, limit_s: float, *, or_else: str = "") -> str:
        said = await self.child.hear(limit_s)
        if said.get("chaos") == "failed":
            self._takes_back = True
            raise NotPossible(f"the fault was not seen to take effect: {said.get('reason')}")
        if said.get("chaos") not in (what, or_else):
            raise self.child.failure(f"said {said} where '{what}' was expected")
        return str(said["chaos"])

    def _deviation(self, phase: str) -> str | None:
        try:
            journal = json.loads(self._journal.read_text())
        except (OSError, ValueError):
            return "Chaos Toolkit wrote no journal"
        state = (journal.get("steady_states") or {}).get(phase)
        if not state:
            return f"the hypothesis was not checked {phase} the method"
        if state.get("steady_state_met"):
            return None
        last = state["probes"][-1] if state.get("probes") else {}
        name = last.get("activity", {}).get("name", "a probe")
        return f"{name}: {last.get('output') if last.get('status') == 'succeeded' else last.get('exception')}"[:300]


async def start_chaos(experiment: Experiment, env: Mapping[str, str], folder: Path) -> ChaosRun:
    """Start `chaos run` on the experiment, in its folder, with our control and rollbacks in any case.

    `folder` is for its journal and log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    control = folder / "control.json"
    control.write_text(json.dumps(CONTROL))
    journal = folder / "journal.json"
    child = await start(
        "chaos",
        [
            sys.executable,
            "-m",
            "chaostoolkit",
            "--no-version-check",
            "--no-log-file",
            "--settings",
            folder / "settings.yaml",
            "run",
            "--rollback-strategy",
            "always",
            "--journal-path",
            journal,
            "--control-file",
            control,
            experiment.path,
        ],
        env=env,
        log=folder / "chaos.log",
        cwd=experiment.folder,
    )
    return ChaosRun(experiment, child, journal)
