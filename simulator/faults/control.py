"""The Chaos Toolkit control of a drill: reports what was injected, and waits where the drill decides.

It is handed to `chaos run --control-file` by the runner, so experiments do not name it. It speaks JSON lines with
the runner over standard output and input: it waits for a line before the steady state is looked at, for the app may
still be on its way back from the drill before; when that was seen it says `steady` and waits for a line before the
method. Where none comes, nothing is injected. It says `injected` when a step of the fault was seen to take effect, and
`whole` after the method.
Then it holds the fault until a line comes, the runner is gone, or the fault's longest life is over, and Chaos Toolkit
goes on to the hypothesis and the rollbacks.
"""

import json
import os
import select
import signal
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import Any

from chaoslib.exceptions import InterruptExecution

STATE: dict[str, Any] = {}
ABSENCE_S, ABSENCE_AT_END_S = 45.0, 15.0
"""Wall seconds for which scoring may be away; at the end others wait for us."""
_PACE_S = 0.5


def configure_control(experiment: dict[str, Any], **_: Any) -> None:
    """Find the ground truth in the experiment's `gameday` extension."""
    truth = next(e for e in experiment["extensions"] if e["name"] == "gameday")
    longest_life_s = float(os.environ.get("GAMEDAY_LONGEST_LIFE_S") or truth.get("longest_life_s", 900))
    wait_s = float(os.environ.get("GAMEDAY_WAIT_S") or longest_life_s)
    steps = truth["fault"] if isinstance(truth["fault"], list) else [truth["fault"]]
    STATE.update(fault=truth["failure_mode"], steps=steps, injected_at={}, has_begun=False)
    STATE.update(longest_life_s=longest_life_s, wait_s=wait_s, is_asked_to_end=False)
    _remember_to_end(signal.getsignal(signal.SIGTERM))


def before_experiment_control(context: Any, **_: Any) -> None:
    """Ready: wait until there is a steady state to be seen."""
    _wait_to_go_on()


def before_method_control(context: Any, **_: Any) -> None:
    """Steady: wait for the go."""
    _say("steady")
    _wait_to_go_on()
    STATE["has_begun"] = True


def after_activity_control(context: dict[str, Any], state: dict[str, Any], **_: Any) -> None:
    """A fault counts as injected only when its effect probe has seen it. Raises `InterruptExecution` otherwise.

    Chaos Toolkit takes a signal that asks to end, in the middle of an activity, for a failure of that activity alone.
    """
    if STATE["is_asked_to_end"]:
        raise InterruptExecution("asked to end in the middle of the method")
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
    """Hold the fault, unless the method was broken off: Chaos Toolkit calls this on its way out, too."""
    if sys.exception() is not None:
        return
    _say("whole")
    _wait_for_line(STATE["longest_life_s"])


def after_rollback_control(context: Any, state: Any, **_: Any) -> None:
    """Say what was taken back; of what never began, nothing is."""
    if not STATE["has_begun"]:
        return
    for run in state or []:
        if run["status"] == "succeeded":
            data = {"fault": STATE["fault"], "activity": run["activity"]["name"]}
            _post("fault.reverted", _utc(run["end"]), data, ABSENCE_AT_END_S)


def _remember_to_end(handle: Any) -> None:
    def end(number: int, frame: Any) -> None:
        STATE["is_asked_to_end"] = True
        if callable(handle):
            handle(number, frame)

    signal.signal(signal.SIGTERM, end)


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


def _wait_to_go_on() -> None:
    """Raises `InterruptExecution` if the runner is gone, or does not say so in time."""
    if not _wait_for_line(STATE["wait_s"]):
        raise InterruptExecution("the runner did not say to go on, so nothing is injected")


def _wait_for_line(limit_s: float) -> str:
    """The line; empty without one."""
    ready, _, _ = select.select([sys.stdin], [], [], limit_s)
    return sys.stdin.readline() if ready else ""


def _say(what: str, **more: str) -> None:
    print(json.dumps({"chaos": what, **more}), flush=True)


def _post(kind: str, occurred_at: str, data: dict[str, Any], absence_s: float = ABSENCE_S) -> None:
    key = f"{kind}/{uuid.uuid4().hex[:12]}"
    event = {"kind": kind, "source": "chaos", "occurred_at": occurred_at, "data": data, "key": key}
    request = urllib.request.Request(
        f"{os.environ['GAMEDAY_SCORING_URL']}/api/v1/drills/{os.environ['GAMEDAY_DRILL']}/events",
        data=json.dumps(event).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {os.environ['GAMEDAY_INGEST_TOKEN']}",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + absence_s
    while True:
        try:
            with opener.open(request, timeout=5):
                return
        except urllib.error.HTTPError:
            raise  # it is there, and refuses
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PACE_S)


def _utc(instant: str) -> str:
    """Chaos Toolkit's instants are ISO 8601; without an offset they are UTC."""
    at = datetime.fromisoformat(instant)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _last_line(exception: Any) -> str:
    lines = exception if isinstance(exception, list) else str(exception or "").splitlines()
    return str(lines[-1]).strip() if lines else ""
