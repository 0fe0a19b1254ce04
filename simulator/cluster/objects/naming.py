"""Names, labels and annotations: what the API server takes (apimachinery/pkg/util/validation). Pure."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.cluster.errors import Cause


@dataclass(frozen=True)
class NameRule:
    """Which names a kind takes, and the API server's words for those that it does not."""

    pattern: re.Pattern[str]
    words: str
    longest: int


LABEL = NameRule(
    re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    63,
)
SERVICE = NameRule(
    re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    63,
)
SUBDOMAIN = NameRule(
    re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"),
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    253,
)
_NAME_PART = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_QUALIFIED_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_KEY_FORM = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "
    "'example.com/MyName')"
)
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def metadata(meta: Mapping[str, object], rule: NameRule) -> Iterator[Cause]:
    """What is wrong with an object's name, labels and annotations."""
    name = str(meta.get("name") or "")
    if not name and not meta.get("generateName"):
        yield Cause("metadata.name", "Required value: name or generateName is required", "FieldValueRequired")
    if name:
        yield from of_name(name, rule, "metadata.name")
    yield from labels(meta.get("labels"), "metadata.labels")
    annotations = meta.get("annotations")
    for key in annotations if isinstance(annotations, Mapping) else ():
        yield from label_key(key.lower(), "metadata.annotations")


def of_name(name: str, rule: NameRule, path: str) -> Iterator[Cause]:
    """What is wrong with a name at `path`."""
    if not rule.pattern.fullmatch(name):
        yield Cause(path, f'Invalid value: "{name}": {rule.words}')
    if len(name) > rule.longest:
        yield Cause(path, f'Invalid value: "{name}": must be no more than {rule.longest} bytes')


def labels(have: object, path: str) -> Iterator[Cause]:
    """What is wrong with a set of labels; anything but a map has none."""
    for key, value in (have if isinstance(have, Mapping) else {}).items():
        yield from label_key(key, path)
        yield from label_value(value, path)


def label_key(key: str, path: str) -> Iterator[Cause]:
    """What is wrong with the key of a label or an annotation."""
    prefix, slash, name = key.rpartition("/")
    problems = []
    if "/" in prefix:
        problems.append(_KEY_FORM)
    elif slash and not SUBDOMAIN.pattern.fullmatch(prefix):
        problems.append(f"prefix part {SUBDOMAIN.words}" if prefix else "prefix part must be non-empty")
    if "/" not in prefix:
        if not name or len(name) > 63:
            problems.append("name part must be " + ("no more than 63 bytes" if name else "non-empty"))
        if not _NAME_PART.fullmatch(name):
            problems.append(_QUALIFIED_WORDS)
    for problem in problems:
        yield Cause(path, f"Invalid value: {quoted(key)}: {problem}")


def label_value(value: str, path: str) -> Iterator[Cause]:
    """What is wrong with the value of a label."""
    if len(value) > 63:
        yield Cause(path, f"Invalid value: {quoted(value)}: must be no more than 63 bytes")
    if not _VALUE.fullmatch(value):
        yield Cause(path, f"Invalid value: {quoted(value)}: {_VALUE_WORDS}")


def label_selector(selector: Mapping[str, Any] | None, path: str) -> Iterator[Cause]:
    """What is wrong with a LabelSelector; None has nothing wrong with it."""
    selector = selector or {}
    yield from labels(selector.get("matchLabels"), f"{path}.matchLabels")
    for index, entry in enumerate(selector.get("matchExpressions") or ()):
        place, key, operator = f"{path}.matchExpressions[{index}]", entry["key"], entry["operator"]
        if operator in ("In", "NotIn"):
            if not entry.get("values"):
                words = "must be specified when `operator` is 'In' or 'NotIn'"
                yield Cause(f"{place}.values", f"Required value: {words}", "FieldValueRequired")
        elif operator in ("Exists", "DoesNotExist"):
            if entry.get("values"):
                words = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield Cause(f"{place}.values", f"Forbidden: {words}", "FieldValueForbidden")
        else:
            yield Cause(f"{place}.operator", f"Invalid value: {quoted(operator)}: not a valid selector operator")
        yield from label_key(key, f"{place}.key")


def ip(text: str, path: str) -> Iterator[Cause]:
    """Is it an address?"""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        words = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
        yield Cause(path, f"Invalid value: {quoted(text)}: {words}")


def unsupported(path: str, value: object, *served: str) -> Cause:
    """A value that is none of the served ones."""
    text = ", ".join(f'"{entry}"' for entry in sorted(served))
    return Cause(path, f"Unsupported value: {quoted(str(value))}: supported values: {text}", "FieldValueNotSupported")


def quoted(text: str) -> str:
    """Text as Go's `%q` prints it in refusals."""
    return json.dumps(text, ensure_ascii=False)
