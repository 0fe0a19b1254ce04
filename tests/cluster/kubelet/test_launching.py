"""A short command, such as a probe, is run to its end or until nobody waits for it any more."""

import asyncio
from pathlib import Path

import pytest

from simulator.cluster.kubelet.processes import launching


async def test_whoever_is_cancelled_as_the_command_ends_stays_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a prober that was to end with its container would go on for ever, and the cluster wait for it."""
    started: list[launching.Process] = []
    launch = launching.launch
    monkeypatch.setattr(launching, "launch", lambda *given: started.append(launch(*given)) or started[0])
    running = asyncio.create_task(launching.run(["/bin/sleep", "60"], {}, tmp_path, 60.0))
    await asyncio.sleep(0)
    started[0].kill()
    await started[0].ended  # this task is woken before the other one
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
