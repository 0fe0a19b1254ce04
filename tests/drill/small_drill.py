"""A drill without load and monitor, for what becomes of it when it is killed: `small_drill.py KUBECONFIG EXPERIMENT`.

It does what a drill does about safety, by the same code: claim, watchdog, note, then the fault. It says what it did,
a word a line, and holds the fault until it is killed.
"""

import asyncio
import json
import os
import socket
import sys
import uuid
from contextlib import AsyncExitStack
from pathlib import Path

from simulator.drill import unfinished
from simulator.drill.claiming import claim_alone
from simulator.drill.guard import start_guard
from simulator.drill.identity import who_we_are
from simulator.drill.kube import Kube
from simulator.drill.scoring_client import instant
from simulator.drill.together import unless
from simulator.drill.unfinished import Unfinished, played
from simulator.processes import marked

CONTEXT = "gameday"


async def main(kubeconfig: Path, experiment: Path) -> None:
    run = f"small-{uuid.uuid4().hex[:6]}"
    folder = Path.cwd() / run
    folder.mkdir()
    async with AsyncExitStack() as owner:
        guard = await start_guard(f"run-{run}", folder, owner)
        await guard.order(is_cluster_kept=True)
        kube = Kube(kubeconfig, CONTEXT, "llm-research")
        claim = await claim_alone(kube, CONTEXT, run, guard, owner)
        say("claimed")
        snapshot = kube.snapshot()
        env = {**marked(f"run-{run}"), "KUBECONFIG": str(kubeconfig), "KUBERNETES_CONTEXT": CONTEXT}
        unfinished.write(
            kube,
            Unfinished(
                drill=f"{run}-1",
                title="small",
                by=who_we_are(),
                host=socket.gethostname(),
                mark=f"run-{run}",
                started_at=instant(),
                clock=60.0,
                experiments=(played("tests/small", experiment),),
                endpoints=(),
                variables={},
                database=str(folder / "scoring.db"),
                belongings=snapshot,
            ),
        )
        drill = {"id": f"{run}-1", "experiments": [str(experiment)], "env": env, "belongings": snapshot}
        await guard.order(drill=drill)
        say("written")
        await unless(inject_and_hold(env, experiment), claim.watch())


async def inject_and_hold(env: dict[str, str], experiment: Path) -> None:
    script = (
        "import sys; from chaoslib.loader import load_experiment; from chaoslib.activity import run_activity\n"
        "e = load_experiment(sys.argv[1])\n"
        "for a in e['method']: run_activity(a, {}, {})\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(experiment), env=env)
    assert await child.wait() == 0
    say("injected")
    await asyncio.Event().wait()


def say(what: str) -> None:
    print(json.dumps({"did": what, "pid": os.getpid()}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
