"""Take one experiment's fault back outside of its drill: `python -m simulator.drill.rolling_back FILE [SECONDS]`.

Chaos Toolkit runs the experiment's own rollbacks. Whether the fault is gone, its steady-state hypothesis says: it is
looked at if a rollback failed (one that deletes what is gone already does), and until it holds, for SECONDS at most,
where they are given. A JSON line `{rollbacks: {name: why it failed, or null}, deviation}` says what came of it; the
exit is 0 if the fault is gone.
"""

import json
import logging
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chaoslib.configuration import load_configuration
from chaoslib.hypothesis import run_steady_state_hypothesis
from chaoslib.loader import load_experiment
from chaoslib.rollback import run_rollbacks
from chaoslib.secret import load_secrets

PACE_S = 0.5


def main() -> None:
    """Roll back, look, and say it."""
    logging.getLogger("chaostoolkit").setLevel(logging.CRITICAL)
    path = Path(sys.argv[1]).resolve()
    within_s = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    sys.path.insert(0, str(path.parent))
    experiment = load_experiment(str(path))
    configuration = load_configuration(experiment.get("configuration", {}))
    settings = (experiment, configuration, load_secrets(experiment.get("secrets", {}), configuration))
    failed = _roll_back(*settings)
    deviation = None
    if within_s or any(failed.values()):
        deviation = _wait_until_steady(*settings, within_s=within_s)
    print(json.dumps({"rollbacks": failed, "deviation": deviation}), flush=True)
    sys.exit(1 if deviation else 0)


def _roll_back(experiment: dict[str, Any], configuration: Any, secrets: Any) -> dict[str, str | None]:
    """By name of each rollback why it failed, or None."""
    with ThreadPoolExecutor() as pool:
        runs = list(run_rollbacks(experiment, configuration, secrets, pool=pool, dry=None))
        done = [run.result() if isinstance(run, Future) else run for run in runs]
    return {run["activity"]["name"]: _why(run) for run in done}


def _wait_until_steady(experiment: dict[str, Any], configuration: Any, secrets: Any, *, within_s: float) -> str | None:
    """What of the hypothesis did not hold at the last look; None once all of it does."""
    deadline = time.monotonic() + within_s
    while True:
        seen = run_steady_state_hypothesis(experiment, configuration, secrets, dry=None, event_registry=None)
        if not seen or seen["steady_state_met"]:
            return None
        if time.monotonic() >= deadline:
            last = seen["probes"][-1]
            return f"{last['activity']['name']}: {_why(last) or last['output']}"[:300]
        time.sleep(PACE_S)


def _why(run: dict[str, Any]) -> str | None:
    if run["status"] == "succeeded":
        return None
    return str(run["exception"][-1]).strip().rpartition("ActivityFailed: ")[2]


if __name__ == "__main__":
    main()
