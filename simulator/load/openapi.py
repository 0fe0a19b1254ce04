"""Requests out of an OpenAPI document: what can be asked for without changing anything. Pure.

OpenAPI 3 and Swagger 2: GET operations whose parameters the document itself gives a value for, by `example`,
`examples`, `default` or `enum` (specification § Parameter Object, § Schema Object).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from simulator.load.traffic import Request

_IN_PATH = re.compile(r"{([^}]+)}")
MOST = 40
"""Operations that are asked for; the first ones of the document."""
Found = tuple[tuple[Request, ...], tuple[str, ...]]
"""Requests, and what was left out, each with the reason."""


def requests_of(document: Mapping[str, Any]) -> Found:
    """Every operation that can be asked for. Raises ValueError if the document is none."""
    paths = document.get("paths")
    if not isinstance(paths, Mapping) or not (document.get("openapi") or document.get("swagger")):
        raise ValueError("this is no OpenAPI document: it has no 'openapi' version with 'paths'")
    before = _prefix(document)
    requests, left_out = [], []
    for path, item in paths.items():
        operation = _resolved(document, item).get("get")
        if not isinstance(operation, Mapping):
            continue
        name = f"GET {path}"
        parameters = list(_parameters(document, _resolved(document, item), operation))
        told = {each["name"] for each in parameters if _value(document, each) is not None}
        needed = [*_IN_PATH.findall(str(path)), *(each["name"] for each in parameters if _is_needed(each))]
        missing = [name for name in dict.fromkeys(needed) if name not in told]
        if missing:
            left_out.append(f"{name}: the document has no example for {', '.join(missing)}")
        else:
            requests.append(_request(document, before, str(path), name, parameters))
    left_out += [f"{each.name}: {MOST} others come before it" for each in requests[MOST:]]
    return tuple(requests[:MOST]), tuple(left_out)


def _request(
    document: Mapping[str, Any], before: str, path: str, name: str, parameters: list[Mapping[str, Any]]
) -> Request:
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    for each in parameters:
        value = _value(document, each)
        if value is None:
            continue
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", quote(str(value), safe=""))
        elif _is_needed(each) or "example" in each or "examples" in each:
            (query if each["in"] == "query" else headers)[each["name"]] = _text(value)
    full = before + path + (f"?{urlencode(query)}" if query else "")
    return Request(path=full, name=name, headers=headers)


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Of the path and of the operation, whose own win."""
    found = {}
    for each in (*(item.get("parameters") or ()), *(operation.get("parameters") or ())):
        parameter = _resolved(document, each)
        found[parameter.get("name"), parameter.get("in")] = parameter
    yield from (each for each in found.values() if each.get("in") in ("path", "query", "header"))


def _is_needed(parameter: Mapping[str, Any]) -> bool:
    return parameter["in"] == "path" or bool(parameter.get("required"))


def _value(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Any:
    schema = _resolved(document, parameter.get("schema") or {})
    if "example" in parameter:
        return parameter["example"]
    for example in (parameter.get("examples") or {}).values():
        return _resolved(document, example).get("value")
    for place in (schema, parameter):  # Swagger 2 has the schema's words in the parameter
        for word in ("example", "default", "x-example"):
            if place.get(word) is not None:
                return place[word]
        for word in ("examples", "enum"):
            if isinstance(place.get(word), list) and place[word]:
                return place[word][0]
    return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _prefix(document: Mapping[str, Any]) -> str:
    servers = document.get("servers") or [{}]
    path = urlsplit(str(servers[0].get("url", ""))).path if document.get("openapi") else document.get("basePath", "")
    return "" if "{" in str(path) else str(path).rstrip("/")


def _resolved(document: Mapping[str, Any], part: Any) -> Mapping[str, Any]:
    """Past a local reference; an empty mapping where there is nothing."""
    for _ in range(10):
        if not isinstance(part, Mapping):
            return {}
        if "$ref" not in part:
            return part
        step: Any = document
        for key in str(part["$ref"]).removeprefix("#/").split("/"):
            step = step.get(key.replace("~1", "/").replace("~0", "~"), {}) if isinstance(step, Mapping) else {}
        part = step
    return {}
