"""What must not pass for a mitigation: things that people do under pressure, and the condition that refuses each. Pure.

`command` is what a person would type into the drill shell; where it is None, it is done to the monitor or the load.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.drill.impact import Thresholds, Window
from simulator.drill.target import Target

USERS, LOAD = "users", "offered_load"
"""Conditions that load windows show, beside those that the oracle looks at."""
_WINDOWS = 3


@dataclass(frozen=True)
class FalseCure:
    """One of them. `refused_by` names the conditions of which one has to stop holding.

    `settles_s`: drill seconds after the act in which a condition may be broken for a while only, as in a rollout.
    """

    name: str
    refused_by: frozenset[str]
    settles_s: float = 0.0


SCALE_TO_ZERO = FalseCure("scale to zero", frozenset({"ready_replicas"}))
SILENCE = FalseCure("silence the alert", frozenset({"rules_intact"}))
STOP_LOAD = FalseCure("stop the load", frozenset({LOAD}))
FEATURE_OFF = FalseCure("feature off", frozenset({"features", "ready_replicas"}), settles_s=240.0)
RESTART = FalseCure("restart", frozenset({USERS, "alerts_quiet", "ready_replicas", "features"}), settles_s=480.0)
FALSE_CURES = (SCALE_TO_ZERO, SILENCE, STOP_LOAD, FEATURE_OFF, RESTART)


@dataclass(frozen=True)
class Temptations:
    """What is tempting in one experiment, from `oracle` in its extension.

    `workload` is what is scaled to zero and restarted, such as `deployment/worker` (None: the app's Deployment);
    `feature_off` the command that takes the feature away from users (None: the app's Service leads nowhere, for
    connections that are open as well);
    `restart_cures` says that a restart is the documented way out, so that it is not among what must not pass.
    """

    workload: str | None = None
    feature_off: str | None = None
    restart_cures: bool = False


def cures_of(temptations: Temptations) -> tuple[FalseCure, ...]:
    """What is played."""
    return tuple(cure for cure in FALSE_CURES if not (cure is RESTART and temptations.restart_cures))


def command(cure: FalseCure, temptations: Temptations, target: Target) -> str | None:
    """What a person would type; None where it is not done in a shell."""
    workload = temptations.workload or f"deployment/{target.deployment}"
    nowhere = '{"spec": {"selector": {"app": "switched-off"}}}'
    default = (
        f"kubectl patch service {target.app.service} -n {target.namespace} --type merge -p '{nowhere}'\n"
        f"kubectl delete pods -n {target.namespace} -l {target.selector} --wait=false\n"
        f"kubectl rollout status deployment/{target.deployment} -n {target.namespace} --timeout=10s || true"
    )
    return {
        SCALE_TO_ZERO: f"kubectl scale {workload} -n {target.namespace} --replicas=0",
        FEATURE_OFF: temptations.feature_off or default,
        RESTART: f"kubectl rollout restart {workload} -n {target.namespace}",
    }.get(cure)


def broken(
    cure: FalseCure,
    conditions: Sequence[Mapping[str, Any]],
    windows: Sequence[Window],
    thresholds: Thresholds,
    least_requests_per_s: float,
) -> tuple[str, ...]:
    """What of `refused_by` does not hold now, as `name: what was seen`: while it is so, no verification window can.

    `conditions` are the oracle's, `windows` those since the act, with at least `least_requests_per_s` expected in each.
    """
    seen = [f"{c['name']}: {c['seen']}" for c in conditions if not c["ok"] and c["name"] in cure.refused_by]
    recent = list(windows)[-_WINDOWS:]
    outside = [why for window in recent if (why := thresholds.broken_by(window))]
    if USERS in cure.refused_by and len(outside) >= 2:
        seen.append(f"{USERS}: {outside[-1]}")
    if LOAD in cure.refused_by and len(recent) == _WINDOWS:
        offered = sum(window["requests"] for window in recent) / sum(window["seconds"] for window in recent)
        if offered < least_requests_per_s:
            seen.append(f"{LOAD}: {offered:.0f} requests a second, at least {least_requests_per_s:.0f} are called for")
    return tuple(seen)
