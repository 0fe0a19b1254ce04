"""The process that cleans up when the runner cannot: `python -m simulator.drill.watchdog`.

The runner starts it first and keeps its standard input open. Each line is a JSON object that replaces the orders
before it; `{"done": true}` dismisses it. If the input ends without that, the runner is dead: the watchdog ends what
could still inject, takes the fault back, restores what the namespace held, records `drill.aborted`, and ends the rest.
What could not be taken back stays written down in the cluster, for `gameday recover`.

Only the standard library is imported until then, so that it is on guard within milliseconds.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.processes import sweep

ROLLBACK_LIMIT_S = 30.0
"""Wall seconds after which what hangs is left to `gameday recover`."""


@dataclass(frozen=True)
class Orders:
    """What to do if the runner dies. All of it is plain data, for it travels as JSON.

    `marks`: runs whose processes end. `spare`: process ids that live until the abort is recorded (scoring).
    `drill`: None between drills, else `{id, experiments, env, belongings}`; `claim`: what we hold of a cluster,
    `{kubeconfig, context, namespace, holder}`; `abort`: `{url, token}` of scoring.
    `is_cluster_kept`: the cluster was up before, so it must be left whole.
    """

    marks: list[str] = field(default_factory=list)
    spare: list[int] = field(default_factory=list)
    drill: dict[str, Any] | None = None
    claim: dict[str, Any] | None = None
    abort: dict[str, str] | None = None
    is_cluster_kept: bool = False


def main() -> None:
    """Read orders until dismissed, or until the runner is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    print(json.dumps({"watchdog": os.getpid()}), flush=True)
    orders = Orders()
    for line in sys.stdin:
        said = json.loads(line)
        if said.get("done"):
            return
        orders = Orders(**said)
    clean_up(orders)


def clean_up(orders: Orders) -> None:
    """Take everything back. One step that fails does not keep the next from running."""
    for mark in orders.marks[:1]:
        sweep(mark, grace_s=0.0, besides=orders.spare)
    if orders.is_cluster_kept and orders.claim is not None:
        with _telling("the cluster was not left as it was found; run 'gameday recover'"):
            _leave_whole(orders.claim, orders.drill)
    if orders.drill is not None and orders.abort is not None:
        with _telling("the abort is not on record"):
            _record_abort(orders.drill["id"], orders.abort)
    for mark in orders.marks:
        sweep(mark, grace_s=1.0)


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Go on whatever goes wrong; the log is told."""
    try:
        yield
    except Exception:
        print(what, file=sys.stderr)
        traceback.print_exc()


def _leave_whole(claim: dict[str, Any], drill: dict[str, Any] | None) -> None:
    """The cluster as it was found, and free for others."""
    from simulator.drill import unfinished
    from simulator.drill.claim import release, renew
    from simulator.drill.kube import Kube

    kube = Kube(Path(claim["kubeconfig"]), claim["context"], claim["namespace"])
    if drill is not None:
        is_gone = _roll_back(drill, meanwhile=lambda: renew(kube, claim["holder"]))
        kube.restore(drill["belongings"])
        if is_gone:
            unfinished.remove(kube)
    release(kube, claim["holder"])


def _roll_back(drill: dict[str, Any], meanwhile: Callable[[], object]) -> bool:
    """The experiments' own rollbacks, in processes that have the drill's environment; whether all faults are gone.

    `meanwhile` is called every two seconds or so.
    """
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "simulator.drill.rolling_back", experiment],
            env=drill["env"],
            cwd=Path(experiment).parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        for experiment in drill["experiments"]
    ]
    deadline = time.monotonic() + ROLLBACK_LIMIT_S
    for process in running:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(Exception):
                meanwhile()
            with suppress(subprocess.TimeoutExpired):
                process.wait(2)
        process.kill()
        process.wait()
    return all(process.returncode == 0 for process in running)


def _record_abort(drill: str, scoring: dict[str, str]) -> None:
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    reason = {"reason": "the runner died; the watchdog took the fault back"}
    event = {"kind": "drill.aborted", "source": "runner", "occurred_at": now, "data": reason}
    request = urllib.request.Request(
        f"{scoring['url']}/api/v1/drills/{drill}/events",
        data=json.dumps(event).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {scoring['token']}"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=2):
        pass


if __name__ == "__main__":
    main()
