"""A Job's podFailurePolicy and successPolicy: defaults and rules (pkg/apis/batch/validation). Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import workloads
from simulator.cluster.objects import indexes, naming
from simulator.cluster.store import Object

_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")


def fill(spec: Object) -> None:
    """A pattern of a condition means True."""
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern.setdefault("status", "True")


def causes(spec: Object) -> Iterator[Cause]:
    """Everything wrong with either policy."""
    for index, rule in enumerate((spec.get("podFailurePolicy") or {}).get("rules") or ()):
        yield from _failure(rule, f"spec.podFailurePolicy.rules[{index}]")
    if policy := spec.get("successPolicy"):
        yield from _success(policy, spec)


def _failure(rule: Object, path: str) -> Iterator[Cause]:
    exits, conditions = rule.get("onExitCodes"), rule.get("onPodConditions")
    action = rule["action"]
    if action not in _ACTIONS:
        yield naming.unsupported(f"{path}.action", action, *_ACTIONS)
    elif action == "FailIndex":
        words = 'Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set'
        yield Cause(f"{path}.action", words)
    if exits is None and not conditions:
        words = "Invalid value: specifying one of OnExitCodes and OnPodConditions is required"
        yield Cause(path, words)
    if exits is not None and conditions:
        words = "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"
        yield Cause(path, words)
    if exits is not None:
        if exits["operator"] not in ("In", "NotIn"):
            yield naming.unsupported(f"{path}.onExitCodes.operator", exits["operator"], "In", "NotIn")
        if exits["operator"] == "In" and 0 in exits["values"]:
            words = "Invalid value: 0: must not be 0 for the In operator"
            yield Cause(f"{path}.onExitCodes.values[{exits['values'].index(0)}]", words)


def _success(policy: Object, spec: Object) -> Iterator[Cause]:
    if spec.get("completionMode") != "Indexed":
        text = workloads.go_map(policy)
        yield Cause("spec.successPolicy", f"Invalid value: {text}: requires indexed completion mode")
        return
    if not policy.get("rules"):
        words = "Required value: at least one rules must be specified when the successPolicy is specified"
        yield Cause("spec.successPolicy.rules", words, "FieldValueRequired")
    for index, rule in enumerate(policy.get("rules") or ()):
        path = f"spec.successPolicy.rules[{index}]"
        if rule.get("succeededCount") is None and rule.get("succeededIndexes") is None:
            words = "Required value: at least one of succeededCount or succeededIndexes must be specified"
            yield Cause(path, words, "FieldValueRequired")
        if (text := rule.get("succeededIndexes")) is not None:
            try:
                indexes.parse(text, spec.get("completions") or 0)
            except ValueError as error:
                yield Cause(
                    f"{path}.succeededIndexes", f'Invalid value: "{text}": error parsing succeededIndexes: {error}'
                )
