"""Label and field selectors: from their text to a test of an object. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulator.cluster import errors
from simulator.cluster.objects import label_terms
from simulator.cluster.store import Object

Match = Callable[[Object], bool]

_FIELDS_OF_ALL = ("metadata.name", "metadata.namespace")
_OWN_WORDS = ("Pod", "Node", "Service", "Event", "Secret", "Namespace")


def labels(text: str) -> Match:
    """A label selector as in `-l`: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. `ApiError` 400 if it does not parse."""
    tests = [_requirement(term.key, term.operator, term.values) for term in label_terms.parse(text)]
    return lambda obj: all(test(obj.get("metadata", {}).get("labels") or {}) for test in tests)


def label_selector(selector: Mapping[str, Any] | None) -> Callable[[Mapping[str, str]], bool]:
    """A `LabelSelector` object (matchLabels, matchExpressions) as a test of a set of labels.

    None matches nothing, an empty one everything, as in Kubernetes.
    """
    if selector is None:
        return lambda _: False
    wanted = dict(selector.get("matchLabels") or {})
    tests = [
        _requirement(entry["key"], entry["operator"], entry.get("values") or ())
        for entry in selector.get("matchExpressions") or ()
    ]
    return lambda have: all(have.get(key) == value for key, value in wanted.items()) and all(t(have) for t in tests)


def fields(text: str, selectable: tuple[str, ...], kind: str = "") -> Match:
    """A field selector as in `--field-selector`; `ApiError` 400 for a field that is not `selectable`."""
    known = _FIELDS_OF_ALL + selectable
    tests: list[Match] = []
    for term in sorted(filter(None, _terms(text))):
        match = re.match(r"(.*?)(!=|==|=)(.*)", term, re.DOTALL)
        if match is None:
            raise errors.bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        path, operator, value = match.groups()
        value = _unescaped(value)
        if path not in known:
            raise errors.bad_request(_unknown(path, kind))
        tests.append(_field_test(path, operator != "!=", value))
    return lambda obj: all(test(obj) for test in tests)


def _unknown(path: str, kind: str) -> str:
    """The kinds that have selectable fields of their own say so in words of their own (pkg/apis/*/v1/conversion.go)."""
    if kind in _OWN_WORDS:
        return f"field label not supported: {path}"
    if kind == "Job":
        return f'field label "{path}" not supported for {kind}'
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _terms(text: str) -> list[str]:
    """Split at commas that no backslash precedes."""
    return re.findall(r"(?:\\.|[^,\\])+|\\$", text, re.DOTALL)


def _unescaped(value: str) -> str:
    if bad := re.search(r"\\(?![\\,=])(.?)", re.sub(r"\\[\\,=]", "", value), re.DOTALL):
        raise errors.bad_request(f"invalid field selector: invalid escape sequence: \\{bad[1]}")
    if "=" in re.sub(r"\\.", "", value):
        raise errors.bad_request("invalid field selector: unescaped character in value: =")
    return re.sub(r"\\(.)", r"\1", value)


def field_text(obj: Object, path: str) -> str:
    """A field as selectors compare it: text, with "" for an absent one."""
    value: Any = obj
    if path == "reportingComponent" and not obj.get(path):
        path = "source"
    if path == "source":
        return str((obj.get("source") or {}).get("component", ""))
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "false" if path in ("spec.unschedulable", "spec.hostNetwork") else ""
    return str(value)


def _field_test(path: str, is_equal: bool, value: str) -> Match:
    return lambda obj: (field_text(obj, path) == value) is is_equal


def _requirement(key: str, operator: str, values: Iterable[str]) -> Callable[[Mapping[str, str]], bool]:
    among = frozenset(values)
    match operator:
        case "In":
            return lambda have: have.get(key) in among if key in have else False
        case "NotIn":
            return lambda have: key not in have or have[key] not in among
        case "Exists":
            return lambda have: key in have
        case "DoesNotExist":
            return lambda have: key not in have
        case "Gt" | "Lt":
            limit, sign = int(min(among)), 1 if operator == "Gt" else -1
            return lambda have: _is_number(have.get(key, "")) and (int(have[key]) - limit) * sign > 0
    raise errors.bad_request(f"{operator!r} is not a valid label selector operator")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,18}", text) is not None
