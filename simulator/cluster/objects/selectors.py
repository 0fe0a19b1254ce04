"""Label and field selectors: from their text to a test of an object. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulator.cluster import errors
from simulator.cluster.store import Object

Match = Callable[[Object], bool]

_SET = re.compile(r"^(?P<key>\S+)\s+(?P<op>in|notin)\s*\((?P<values>[^)]*)\)$")
_KEY = re.compile(r"^([a-z0-9A-Z.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")
_FIELDS_OF_ALL = ("metadata.name", "metadata.namespace")


def labels(text: str) -> Match:
    """A label selector as in `-l`: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. `ApiError` 400 if it does not parse."""
    tests = [_label_term(term) for term in _split(text)]
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


def fields(text: str, selectable: tuple[str, ...]) -> Match:
    """A field selector as in `--field-selector`; `ApiError` 400 for a field that is not `selectable`."""
    known = _FIELDS_OF_ALL + selectable
    tests: list[Match] = []
    for term in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([^=!]+?)\s*(==|!=|=)\s*(.*)", term)
        if match is None:
            raise errors.bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        path, operator, value = match.groups()
        if path not in known:
            raise errors.bad_request(f"field label not supported: {path}")
        tests.append(_field_test(path, operator != "!=", value))
    return lambda obj: all(test(obj) for test in tests)


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


def _split(text: str) -> Iterable[str]:
    depth, term = 0, ""
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            yield from filter(None, [term.strip()])
            term = ""
        else:
            term += sign
    yield from filter(None, [term.strip()])


def _label_term(term: str) -> Callable[[Mapping[str, str]], bool]:
    if match := _SET.match(term):
        values = [value.strip() for value in match["values"].split(",")]
        return _requirement(_key(match["key"]), "In" if match["op"] == "in" else "NotIn", values)
    for sign, operator in (("!=", "NotIn"), ("==", "In"), ("=", "In")):
        if sign in term:
            key, _, value = term.partition(sign)
            return _requirement(_key(key.strip()), operator, [value.strip()])
    if term.startswith("!"):
        return _requirement(_key(term[1:].strip()), "DoesNotExist", ())
    return _requirement(_key(term), "Exists", ())


def _key(text: str) -> str:
    if not _KEY.match(text):
        raise errors.bad_request(f"unable to parse requirement: invalid label key {text!r}")
    return text


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
    raise errors.bad_request(f"{operator!r} is not a valid label selector operator")
