"""The loop of a probe: initialDelaySeconds, periodSeconds, thresholds.

The first attempt that counts comes after the initial delay, and not before one period is over: the kubelet's falls on
its first tick after the container was seen running, which is as late.

To start quickly, a container that was never ready is looked at between its periods too, in its first `EAGER_S`
seconds: as soon as its port answers, at most every 0.1 s. Such a look can only find it ready; its failures are
not counted and raise no event, so the thresholds keep the meaning that the manifest gives them.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from simulator.cluster.kubelet import probes
from simulator.cluster.kubelet.probes import Target

EAGER_S = 20.0
EAGER_PERIOD_S = 0.1

OnVerdict = Callable[[bool], None]
"""Called when the verdict changes: it passed successThreshold or failed failureThreshold times in a row."""
OnFailure = Callable[[str], None]
"""Called with the message of every failure."""


class Tally:
    """Results in a row, and the verdict that they make. Pure."""

    def __init__(self, success_threshold: int, failure_threshold: int) -> None:
        self.verdict: bool | None = None
        self._thresholds = {True: success_threshold, False: failure_threshold}
        self._latest: bool | None = None
        self._run = 0

    def take(self, passed: bool) -> bool | None:
        """Count one result: the new verdict if this one changed it."""
        self._run = self._run + 1 if passed is self._latest else 1
        self._latest = passed
        if self._run < self._thresholds[passed] or self.verdict is passed:
            return None
        self.verdict = passed
        return passed


async def probe(
    spec: Mapping[str, Any], target: Target, *, is_eager: bool, on_verdict: OnVerdict, on_failure: OnFailure
) -> None:
    """Probe until cancelled. `is_eager` allows looks between the periods; all times are wall seconds."""
    loop = asyncio.get_running_loop()
    period_s = float(spec.get("periodSeconds") or 10)
    timeout_s = float(spec.get("timeoutSeconds") or 1)
    tally = Tally(int(spec.get("successThreshold") or 1), int(spec.get("failureThreshold") or 3))
    delay_s = float(spec.get("initialDelaySeconds") or 0)
    due = loop.time() + max(delay_s, period_s)
    await asyncio.sleep(delay_s)
    eager_until = loop.time() + EAGER_S if is_eager else loop.time()
    while True:
        if loop.time() < eager_until and await _passes_before(due, spec, target, timeout_s):
            due = loop.time()
            why = None
        else:
            await asyncio.sleep(max(0.0, due - loop.time()))
            why = await probes.attempt(spec, target, timeout_s)
        if why is not None:
            on_failure(why)
        verdict = tally.take(why is None)
        if verdict is not None:
            on_verdict(verdict)
        if tally.verdict:
            eager_until = loop.time()
        due = max(due + period_s, loop.time())


async def _passes_before(due: float, spec: Mapping[str, Any], target: Target, timeout_s: float) -> bool:
    loop = asyncio.get_running_loop()
    place = probes.address(spec, target)
    wait_s = EAGER_PERIOD_S
    while loop.time() + wait_s < due:
        await asyncio.sleep(wait_s)
        if place is None:
            wait_s *= 2  # a process per look is dear
        elif await probes.tcp(*place, timeout_s) is not None:
            continue
        if await probes.attempt(spec, target, timeout_s) is None:
            return True
    return False
