"""A playbook's figures as a person says them."""

from scoring.playbook import Audience, Condition, Criterion, Escalation, Level, MatrixRow, Role
from scoring.playbook.figure import Choice, Number, Proportion, Sourced, Time, write_duration

_BOUNDS = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}
_MEASURES = {
    "success": "share of requests that succeed",
    "error_share": "share of requests that fail",
    "availability": "availability",
    "users_share": "share of users who meet a failure",
    "p95_ms": "p95",
    "p95_times_baseline": "p95 as a multiple of the baseline's",
}


def say(part: Sourced) -> str:
    """The value of a figure, a criterion or a rule: `15m`, `5 %`, `p95 above 2000 ms`."""
    match part:
        case Time():
            return write_duration(part.value)
        case Proportion():
            return percent(part.value)
        case Number():
            return f"{part.value:.12g}"
        case Choice():
            return ", ".join(part.value)
        case Criterion():
            return say_criterion(part)
        case Escalation():
            return f"{', '.join(part.to)} by {' or '.join(part.by)} {say_condition(part.when)}"
        case MatrixRow():
            return f"{part.level} (users: {part.users}; impact: {part.impact})"
        case Audience():
            return f"{part.title}, by {part.channel}"
        case Role():
            return f"{part.title}: {part.does}"
        case Level():
            return f"{part.title}: {part.definition}"
        case _:
            raise TypeError(f"no words for {type(part).__name__}")


def say_criterion(criterion: Criterion) -> str:
    """`share of requests that fail above 5 %`, `p95 above 2000 ms`."""
    name, bound = criterion.bound
    match criterion.measure:
        case "p95_ms":
            value = f"{bound:g} ms"
        case "p95_times_baseline":
            value = f"{bound:g} ×"
        case _:
            value = percent(bound)
    return f"{_MEASURES[criterion.measure]} {_BOUNDS[name]} {value}"


def say_condition(when: Condition) -> str:
    """`when SEV-1 is not mitigated after 15m`, `at once from P1 on`, `on request`."""
    if when.on_request:
        return "on request"
    if when.failure_modes:
        return f"for {' or '.join(when.failure_modes)}"
    if when.after is None:
        return f"at once, for {when.level} or graver"
    return f"when {when.level} or graver is not {when.until} after {write_duration(when.after)}"


def percent(share: float) -> str:
    """0.05 → `5 %`."""
    return f"{share * 100:.10g} %"
