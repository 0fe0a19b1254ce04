"""The look for *recovered*: an instance restarted still serves, and every cause is gone by its own hypothesis."""

import asyncio
from datetime import UTC, datetime

from simulator.drill.injection import Injection
from simulator.drill.oracle import Condition
from simulator.drill.stage import Stage
from simulator.drill.witness import Witness

RESTART_LIMIT_S = 15.0
CAUSE = "cause_gone"


async def look_at_recovery(stage: Stage, injection: Injection, witness: Witness, recording: asyncio.Task[None]) -> None:
    """Look, take the faults back, and put what was seen on the timeline.

    `recording` ends before the roll-backs: what they do for users is not the responder's.
    """
    at = datetime.now(UTC)
    restart = await _restart_one(stage, is_well=witness.is_well)
    seen = await witness.look()
    recording.cancel()
    causes = cause_conditions(await injection.release())
    await witness.post_check("recovered", [*seen, *causes, restart], at)


def cause_conditions(deviations: dict[str, str | None]) -> list[Condition]:
    """A condition for each cause, by what of its steady state did not hold; of several each names its failure mode."""
    return [
        {
            "name": CAUSE if len(deviations) == 1 else f"{CAUSE}:{failure_mode}",
            "ok": deviation is None,
            "seen": deviation or "the steady state holds",
        }
        for failure_mode, deviation in deviations.items()
    ]


async def _restart_one(stage: Stage, *, is_well: bool) -> Condition:
    if not is_well:
        return _restarted(False, "not tried, for the service was not mitigated")
    kube, selector = stage.kube, stage.plan.target.selector
    before = await asyncio.to_thread(kube.ready_pods, selector)
    name = min(before, default="")
    if not name:
        return _restarted(False, "no instance was ready to be restarted")
    await asyncio.to_thread(kube.delete_pod, name)
    try:
        async with asyncio.timeout(RESTART_LIMIT_S):
            while not await _is_whole_without(stage, name, len(before)):
                await asyncio.sleep(0.1)
    except TimeoutError:
        return _restarted(False, f"{name} was replaced by none that is ready")
    return _restarted(True, f"{name} was replaced by one that is ready")


def _restarted(is_ok: bool, seen: str) -> Condition:
    return {"name": "restart_serves", "ok": is_ok, "seen": seen}


async def _is_whole_without(stage: Stage, pod: str, count: int) -> bool:
    ready = await asyncio.to_thread(stage.kube.ready_pods, stage.plan.target.selector)
    waiting = await asyncio.to_thread(stage.kube.unready)
    return len(ready - {pod}) >= count and not waiting
