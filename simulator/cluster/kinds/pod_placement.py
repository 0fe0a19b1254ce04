"""Is what a PodSpec says of its place one that a scheduler can follow? Pure (pkg/apis/core/validation)."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.objects import naming
from simulator.cluster.store import Object

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_NODE_OPERATORS = ("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn")
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_REQUIRED, _PREFERRED = (f"{word}DuringSchedulingIgnoredDuringExecution" for word in ("required", "preferred"))


def place(spec: Object, path: str) -> Iterator[Cause]:
    """Everything wrong with tolerations, affinity and topology spread of a PodSpec at `path`."""
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        yield from _toleration(toleration, f"{path}.tolerations[{index}]")
    affinity = spec.get("affinity") or {}
    yield from _node_affinity(affinity.get("nodeAffinity") or {}, f"{path}.affinity.nodeAffinity")
    for key in ("podAffinity", "podAntiAffinity"):
        yield from _pod_affinity(affinity.get(key) or {}, f"{path}.affinity.{key}")
    seen: set[tuple[str, str]] = set()
    for index, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        at = f"{path}.topologySpreadConstraints[{index}]"
        yield from _spread(constraint, at)
        pair = (constraint["topologyKey"], constraint["whenUnsatisfiable"])
        if pair in seen:
            yield Cause(f"{at}.{{topologyKey, whenUnsatisfiable}}", _duplicate(pair), "FieldValueDuplicate")
        seen.add(pair)


def _toleration(toleration: Object, path: str) -> Iterator[Cause]:
    operator = toleration.get("operator") or "Equal"
    if operator not in ("Equal", "Exists"):
        yield naming.unsupported(f"{path}.operator", operator, "Equal", "Exists")
    if not toleration.get("key") and operator != "Exists":
        yield Cause(
            f"{path}.operator",
            f'Invalid value: "{toleration.get("operator", "")}": operator must be Exists when `key` is empty, '
            'which means "match all values and all keys"',
        )
    if operator == "Exists" and toleration.get("value"):
        words = f"Invalid value: \"{toleration['value']}\": value must be empty when `operator` is 'Exists'"
        yield Cause(f"{path}.operator", words)
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        yield Cause(
            f"{path}.effect",
            f"Invalid value: \"{toleration.get('effect', '')}\": effect must be 'NoExecute' when `tolerationSeconds` "
            "is set",
        )
    if toleration.get("effect") and toleration["effect"] not in _EFFECTS:
        yield naming.unsupported(f"{path}.effect", toleration["effect"], *_EFFECTS)


def _node_affinity(affinity: Object, path: str) -> Iterator[Cause]:
    if (required := affinity.get(_REQUIRED)) is not None:
        terms = required.get("nodeSelectorTerms") or ()
        if not terms:
            at = f"{path}.{_REQUIRED}.nodeSelectorTerms"
            yield Cause(at, "Required value: must have at least one node selector term", "FieldValueRequired")
        for index, term in enumerate(terms):
            yield from _term(term, f"{path}.{_REQUIRED}.nodeSelectorTerms[{index}]")
    for index, preferred in enumerate(affinity.get(_PREFERRED) or ()):
        yield from _weight(preferred, f"{path}.{_PREFERRED}[{index}]")
        yield from _term(preferred["preference"], f"{path}.{_PREFERRED}[{index}].preference")


def _term(term: Object, path: str) -> Iterator[Cause]:
    for part in ("matchExpressions", "matchFields"):
        for index, requirement in enumerate(term.get(part) or ()):
            at, operator = f"{path}.{part}[{index}]", requirement["operator"]
            count = len(requirement.get("values") or ())
            if operator not in _NODE_OPERATORS:
                yield Cause(f"{at}.operator", f'Invalid value: "{operator}": not a valid selector operator')
            elif operator in ("In", "NotIn") and not count:
                words = "Required value: must be specified when `operator` is 'In' or 'NotIn'"
                yield Cause(f"{at}.values", words, "FieldValueRequired")
            elif operator in ("Exists", "DoesNotExist") and count:
                words = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield Cause(f"{at}.values", words, "FieldValueForbidden")
            elif operator in ("Gt", "Lt") and count != 1:
                words = "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"
                yield Cause(f"{at}.values", words, "FieldValueRequired")


def _pod_affinity(affinity: Object, path: str) -> Iterator[Cause]:
    for index, preferred in enumerate(affinity.get(_PREFERRED) or ()):
        yield from _weight(preferred, f"{path}.{_PREFERRED}[{index}]")


def _weight(preferred: Object, path: str) -> Iterator[Cause]:
    if not 1 <= preferred["weight"] <= 100:
        yield Cause(f"{path}.weight", f"Invalid value: {preferred['weight']}: must be in the range 1-100")


def _spread(constraint: Object, path: str) -> Iterator[Cause]:
    if constraint["maxSkew"] <= 0:
        yield Cause(f"{path}.maxSkew", f"Invalid value: {constraint['maxSkew']}: must be greater than zero")
    if (word := constraint["whenUnsatisfiable"]) not in _UNSATISFIABLE:
        yield naming.unsupported(f"{path}.whenUnsatisfiable", word, *_UNSATISFIABLE)


def _duplicate(pair: tuple[str, str]) -> str:
    return f'Duplicate value: "{{{pair[0]}, {pair[1]}}}"'
