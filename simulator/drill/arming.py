"""Before the first action it is written down what takes it back; at the end it is taken back, and the note removed."""

import asyncio
import socket
from collections.abc import Mapping

from simulator.drill import unfinished
from simulator.drill.identity import who_we_are
from simulator.drill.scenario import Scenario
from simulator.drill.scoring_client import instant
from simulator.drill.stage import Stage
from simulator.drill.together import to_its_end
from simulator.drill.unfinished import APP_URL, Unfinished, played
from simulator.errors import NotPossible


async def arm(stage: Stage, drill: str, scenario: Scenario, env: Mapping[str, str]) -> None:
    """Tell the cluster, where others find it, and the watchdog, who has the drill's `env`. Raises `NotPossible`."""
    note = _note(stage, drill, scenario)
    await to_its_end(asyncio.to_thread(unfinished.write, stage.kube, note))  # or it would come after its removal
    await stage.guard.order(
        drill={
            "id": drill,
            "experiments": [str(experiment.path) for experiment in scenario.prepared],
            "env": dict(env),
            "belongings": stage.snapshot,
        }
    )


async def disarm(stage: Stage, drill: str, *, is_taken_back: bool) -> None:
    """Leave the app as it was found, so that the next drill starts where this one did.

    Raises `NotPossible` if the faults were not taken back whole: then the note stays.
    """
    await asyncio.to_thread(stage.kube.restore, stage.snapshot)
    if not is_taken_back:
        raise NotPossible("the roll-backs did not come to their end, and were killed; run 'gameday recover'")
    await asyncio.to_thread(unfinished.remove, stage.kube, drill)
    await stage.guard.order(drill=None)


def _note(stage: Stage, drill: str, scenario: Scenario) -> Unfinished:
    run, target = stage.run, stage.plan.target
    endpoints, app_url = (target.app, *target.others), stage.variables[target.app.variable]
    return Unfinished(
        drill=drill,
        title=scenario.label,
        by=who_we_are(),
        host=socket.gethostname(),
        mark=run.mark,
        started_at=instant(),
        clock=run.plan.clock.factor,
        experiments=tuple(played(each.name, each.path) for each in scenario.prepared),
        endpoints=endpoints,
        variables={
            name: value.replace(app_url, APP_URL)
            for name, value in stage.variables.items()
            if name not in {endpoint.variable for endpoint in endpoints}
        },
        database=str(run.folder / "scoring.db"),
        belongings=stage.snapshot,
    )
