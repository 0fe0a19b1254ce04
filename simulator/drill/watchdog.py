"""The process that cleans up when the runner cannot: `python -m simulator.drill.watchdog`.

The runner starts it first and keeps its standard input open. Each line is a JSON object that replaces the orders
before it; `{"done": true}` dismisses it. If the input ends without that, the runner is dead: the watchdog ends what
could still inject, takes the fault back, restores what the namespace held, records `drill.aborted`, and ends the rest.

Only the standard library is imported until then, so that it is on guard within milliseconds.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.processes import sweep

ROLLBACK_LIMIT_S = 6.0


@dataclass(frozen=True)
class Orders:
    """What to do if the runner dies. All of it is plain data, for it travels as JSON.

    `marks`: runs whose processes end. `spare`: process ids that live until the abort is recorded (scoring).
    `drill`: None between drills, else `{id, experiments, env, kubeconfig, context, namespace, belongings}`;
    `abort`: `{url, token}` of scoring. `is_cluster_kept`: the cluster was up before, so it must be left whole.
    """

    marks: list[str] = field(default_factory=list)
    spare: list[int] = field(default_factory=list)
    drill: dict[str, Any] | None = None
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
    if orders.drill is not None:
        if orders.is_cluster_kept:
            with suppress(Exception):
                _roll_back(orders.drill)
            with suppress(Exception):
                _restore(orders.drill)
        if orders.abort is not None:
            with suppress(Exception):
                _record_abort(orders.drill["id"], orders.abort)
    for mark in orders.marks:
        sweep(mark, grace_s=1.0)


def _roll_back(drill: dict[str, Any]) -> None:
    """The experiments' own rollbacks, by Chaos Toolkit, in processes that have the drill's environment."""
    script = (
        "import sys\n"
        "from chaoslib.configuration import load_configuration\n"
        "from chaoslib.loader import load_experiment\n"
        "from chaoslib.rollback import run_rollbacks\n"
        "from chaoslib.secret import load_secrets\n"
        "e = load_experiment(sys.argv[1])\n"
        "c = load_configuration(e.get('configuration', {}))\n"
        "list(run_rollbacks(e, c, load_secrets(e.get('secrets', {}), c), None))\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, experiment],
            env=drill["env"],
            cwd=Path(experiment).parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for experiment in drill["experiments"]
    ]
    deadline = time.monotonic() + ROLLBACK_LIMIT_S
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def _restore(drill: dict[str, Any]) -> None:
    from simulator.drill.kube import Kube

    kube = Kube(Path(drill["kubeconfig"]), drill["context"], drill["namespace"])
    kube.restore(drill["belongings"])


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
