"""The faults of one drill, each in a Chaos Toolkit of its own: injected in order or on order, taken back together."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulator.drill.chaos import ChaosRun, start_chaos
from simulator.drill.experiment import Experiment
from simulator.drill.together import together
from simulator.errors import NotPossible

INJECTION_LIMIT_S = 90.0
"""Wall seconds within which a fault has to be seen."""
ROLLBACK_LIMIT_S = 30.0
"""Wall seconds that rollbacks have: one that is killed in the middle leaves half of a fault."""


class Injection:
    """None, one or several faults. The first one is the first cause; those that are `held` wait to be ordered."""

    def __init__(self, runs: Sequence[ChaosRun], held: Sequence[ChaosRun] = ()) -> None:
        self._runs = list(runs)
        self._held = {run.experiment.failure_mode: run for run in held}
        self.was_seen = asyncio.Event()
        """Set once what is injected at the start was seen to take effect."""

    @property
    def held(self) -> tuple[str, ...]:
        """Failure modes that wait."""
        return tuple(self._held)

    async def wait_until_steady(self) -> None:
        """Every experiment sees its steady state, now. Raises `NotPossible`."""
        async with together() as group:
            for run in self._all():
                group.create_task(run.wait_until_steady())

    async def inject(self) -> None:
        """One after the other, each once the one before it was seen. Raises `NotPossible` for one that was not."""
        for run in self._runs:
            await run.inject(INJECTION_LIMIT_S)
        self.was_seen.set()

    async def order(self, failure_mode: str) -> Experiment:
        """Inject one that waits; returns once every step of it took effect. Raises `NotPossible` if one did not."""
        run = self._held.pop(failure_mode)
        self._runs.append(run)
        await run.inject(INJECTION_LIMIT_S)
        await run.wait_until_whole()
        return run.experiment

    async def wait_until_whole(self) -> None:
        """Every step of every fault took effect. Raises `NotPossible` for one that did not."""
        async with together() as group:
            for run in self._runs:
                group.create_task(run.wait_until_whole())

    async def watch(self) -> None:
        """Waits. Raises `NotPossible` if a fault ends before it is released, as a control of its own may end it."""
        runs = self._all()
        ends = [asyncio.ensure_future(run.child.process.wait()) for run in runs]
        if not ends:
            await asyncio.Event().wait()
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        ended = next(run for run, end in zip(runs, ends, strict=True) if end.done())
        raise ended.child.failure("ended in the middle of the drill, and took its fault back")

    async def release(self) -> dict[str, str | None]:
        """Look at every steady state, then take the faults back; by failure mode what did not hold, None if all did.

        What was never ordered is let go.
        """
        deviations = await asyncio.gather(*(run.release() for run in self._runs), return_exceptions=True)
        found = {}
        for run, deviation in zip(self._runs, deviations, strict=True):
            if isinstance(deviation, BaseException):
                raise deviation
            found[run.experiment.failure_mode] = deviation
        await asyncio.gather(*(run.stop(ROLLBACK_LIMIT_S) for run in self._held.values()))
        return found

    async def stop(self) -> bool:
        """End what still runs; Chaos Toolkit takes the fault back. False if that took too long, and was cut short."""
        ended = await asyncio.gather(*(run.stop(ROLLBACK_LIMIT_S) for run in self._all()))
        return -signal.SIGKILL not in ended

    def _all(self) -> list[ChaosRun]:
        return [*self._runs, *self._held.values()]


async def start_injection(
    experiments: Sequence[Experiment], env: Mapping[str, str], folder: Path, held: Sequence[Experiment] = ()
) -> Injection:
    """Start Chaos Toolkit for each experiment; `folder` gets journals and logs. Raises `NotPossible`."""
    runs: list[ChaosRun] = []
    try:
        for number, experiment in enumerate((*experiments, *held), start=1):
            is_alone = number == len(experiments) == 1
            runs.append(await start_chaos(experiment, env, folder if is_alone else folder / str(number)))
    except OSError as error:
        await Injection(runs).stop()
        raise NotPossible(f"Chaos Toolkit cannot be started: {error}") from None
    return Injection(runs[: len(experiments)], runs[len(experiments) :])
