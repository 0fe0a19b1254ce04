"""The Chaos Toolkit control of a drill: reports what was injected, and waits where the drill decides.

It is handed to `chaos run --control-file` by the runner, so experiments do not name it. It speaks JSON lines with
the runner over standard output and input: it waits for a line before the steady state is looked at, for the app may
still be on its way back from the drill before; when that was seen it says `steady` and waits for a line before the
method; it says `injected` when a step of the fault was seen to take effect, and `whole` after the method.
Then it holds the fault until a line comes, the runner is gone, or the fault's longest life is over, and Chaos Toolkit
goes on to the hypothesis and the rollbacks.
"""

import json
import os
import select
import sys
import urllib.request
from datetime import UTC, datetime
from typing import Any

from chaoslib.exceptions import InterruptExecution

STATE: dict[str, Any] = {}


def configure_control(experiment: dict[str, Any], **_: Any) -> None:
    """Find the ground truth in the experiment's `gameday` extension."""
    truth = next(e for e in experiment["extensions"] if e["name"] == "gameday")
    longest_life_s = float(os.environ.get("GAMEDAY_LONGEST_LIFE_S") or truth.get("longest_life_s", 900))
    steps = truth["fault"] if isinstance(truth["fault"], list) else [truth["fault"]]
    STATE.update(fault=truth["failure_mode"], steps=steps, injected_at={}, longest_life_s=longest_life_s)


def before_experiment_control(context: Any, **_: Any) -> None:
    """Ready: wait until there is a steady state to be seen."""
    _wait_for_line(STATE["longest_life_s"])


def before_method_control(context: Any, **_: Any) -> None:
    """Steady: wait for the go."""
    _say("steady")
    _wait_for_line(STATE["longest_life_s"])


def after_activity_control(context: dict[str, Any], state: dict[str, Any], **_: Any) -> None:
    """A fault counts as injected only when its effect probe has seen it. Raises `InterruptExecution` otherwise."""
    name = context.get("name")
    number, step = next(((n, s) for n, s in enumerate(STATE["steps"], 1) if name in s.values()), (0, None))
    if step is None:
        return
    if state["status"] != "succeeded" or state.get("output") is False:
        reason = f"{name}: {_last_line(state.get('exception')) or state.get('output')}"
        _say("failed", reason=reason)
        raise InterruptExecution(reason)
    if name == step["activity"]:
        STATE["injected_at"][number] = _utc(state["end"])
    if name == step["effect"]:
        _report(number, step, f"{name}: {_plainly(state.get('output'))}")
        _say("injected")


def after_method_control(context: Any, **_: Any) -> None:
    """Hold the fault."""
    _say("whole")
    _wait_for_line(STATE["longest_life_s"])


def after_rollback_control(context: Any, state: Any, **_: Any) -> None:
    """Say what was taken back."""
    for run in state or []:
        if run["status"] == "succeeded":
            _post("fault.reverted", _utc(run["end"]), {"fault": STATE["fault"], "activity": run["activity"]["name"]})


def _report(number: int, step: dict[str, str], effect: str) -> None:
    data = {"fault": STATE["fault"], "activity": step["activity"], "effect": effect}
    if (count := len(STATE["steps"])) > 1:
        data["step"] = f"{number} of {count}"
    _post("fault.injected", STATE["injected_at"][number], data)


def _plainly(output: Any) -> str:
    """What a probe saw, without the signs of a programming language."""
    if isinstance(output, dict):
        return ", ".join(f"{key} {value}" for key, value in output.items())
    return str(output)


def _wait_for_line(limit_s: float) -> None:
    ready, _, _ = select.select([sys.stdin], [], [], limit_s)
    if ready:
        sys.stdin.readline()


def _say(what: str, **more: str) -> None:
    print(json.dumps({"chaos": what, **more}), flush=True)


def _post(kind: str, occurred_at: str, data: dict[str, Any]) -> None:
    event = {"kind": kind, "source": "chaos", "occurred_at": occurred_at, "data": data}
    request = urllib.request.Request(
        f"{os.environ['GAMEDAY_SCORING_URL']}/api/v1/drills/{os.environ['GAMEDAY_DRILL']}/events",
        data=json.dumps(event).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {os.environ['GAMEDAY_INGEST_TOKEN']}",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5):
        pass


def _utc(instant: str) -> str:
    """Chaos Toolkit's instants are ISO 8601; without an offset they are UTC."""
    at = datetime.fromisoformat(instant)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _last_line(exception: Any) -> str:
    lines = exception if isinstance(exception, list) else str(exception or "").splitlines()
    return str(lines[-1]).strip() if lines else ""
