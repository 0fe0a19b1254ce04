"""The wait for a steady state before a drill: load, alerts and workloads all quiet, a few windows in a row."""

import asyncio
from collections.abc import Callable

from scoring.timeline import Window
from simulator.drill.app.watching import longest_for
from simulator.drill.oracle import Baseline, is_quiet
from simulator.drill.stage import Stage
from simulator.errors import NotPossible

BASELINE_WINDOWS = 4
STEADY_LIMIT_S = 90.0


async def capture_baseline(stage: Stage, show: Callable[[Window], None]) -> Baseline:
    """What the last windows before the injection were like; waits until the app and the alerts are quiet.

    `show` is told of each window. Raises `NotPossible` that says what was not quiet after `STEADY_LIMIT_S`.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STEADY_LIMIT_S
    first = len(stage.feed.windows)
    while True:
        window = await stage.feed.after(len(stage.feed.windows))
        show(Window.model_validate(window))
        recent = stage.feed.windows[first:][-BASELINE_WINDOWS:]
        firing = await stage.oracle.firing()
        waiting = await asyncio.to_thread(stage.kube.unready)
        if (
            len(recent) == BASELINE_WINDOWS
            and all(is_quiet(w, stage.plan.users) for w in recent)
            and not firing
            and not waiting
        ):
            return await stage.oracle.capture(recent, longest_for(stage.plan.target))
        if loop.time() > deadline:
            raise NotPossible(
                f"no steady state within {STEADY_LIMIT_S:g} s: firing {firing or 'nothing'}, not ready "
                f"{waiting or 'nothing'}, {window['failures']} of {window['requests']} last requests failed"
            )
