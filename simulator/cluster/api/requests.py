"""From an HTTP request to what it asks for: which resource, which object, which form of answer. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.cluster import errors
from simulator.cluster.objects import naming
from simulator.cluster.resources import SERVED, Resource

_SERVED = {(resource.group, resource.version, resource.plural): resource for resource in SERVED}
_JSON, _YAML = "application/json", "application/yaml"
_ANYTHING = (_JSON, "application/*", "*/*")
_OWN_SUBRESOURCES = ("status", "finalize")


@dataclass(frozen=True)
class Target:
    """What a path names. `namespace` None is every namespace, "" a cluster-wide kind; `name` "" the collection."""

    resource: Resource
    namespace: str | None
    name: str
    subresource: str


@dataclass(frozen=True)
class Form:
    """How the client wants the answer: "", "Table", "PartialObjectMetadata" or "PartialObjectMetadataList"."""

    kind: str = ""
    version: str = "v1"


def parse_path(path: str) -> Target | None:
    """The object or collection behind `/api/v1/...` or `/apis/<group>/<version>/...`; None if nothing is there."""
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace: str | None = None
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in _OWN_SUBRESOURCES:
        namespace, rest = rest[1], rest[2:]
    resource = _SERVED.get((group, version, rest[0]))
    name, subresource = [*rest[1:], "", ""][:2]
    if resource is None or len(rest) > 3:
        return None
    if subresource and subresource not in resource.subresources:
        return None
    if not resource.is_namespaced:
        return Target(resource, "", name, subresource) if namespace is None else None
    if namespace is None and name:
        return None
    return Target(resource, namespace, name, subresource)


def wanted_form(accept: str) -> Form:
    """The form of an Accept header that is liked best among those we can write; `ApiError` 406 if there is none."""
    if not accept:
        return Form()
    for media, options in _liked(accept):
        kind = options.get("as", "")
        if media not in (*_ANYTHING, _YAML):
            continue
        if not kind:
            return Form()
        if kind in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
            return Form(kind.removesuffix("List"), options.get("v", "v1"))
    raise errors.not_acceptable([_JSON, _YAML])


def wants_yaml(accept: str) -> bool:
    """Whether YAML is liked better than JSON."""
    for media, _ in _liked(accept):
        if media in _ANYTHING or media == _YAML:
            return media == _YAML
    return False


def _liked(accept: str) -> list[tuple[str, dict[str, str]]]:
    """Media types and their parameters, those with the greatest `q` first."""
    found = []
    for entry in accept.split(","):
        media, *pairs = (part.strip() for part in entry.split(";"))
        found.append((media, dict(pair.split("=", 1) for pair in pairs if "=" in pair)))
    return sorted(found, key=lambda pair: -_weight(pair[1].get("q", "1")))


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.[0-9]{1,3})?", text) else 1.0


def flag(query: Mapping[str, str], key: str) -> bool:
    """A boolean of the query, as Go's `strconv.ParseBool` reads it."""
    return query.get(key, "").lower() in ("1", "t", "true") or (key in query and query[key] == "")


def number(query: Mapping[str, str], key: str) -> int | None:
    """A whole number of the query or None; `ApiError` 400 if it is none."""
    text = query.get(key, "")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        problem = "value out of range" if re.fullmatch(r"[+-]?[0-9]+", text) else "invalid syntax"
        raise errors.bad_request(f"strconv.ParseInt: parsing {naming.quoted(text)}: {problem}")
    return int(text)


def is_dry_run(query: Mapping[str, str], options: Mapping[str, Any] | None = None) -> bool:
    """Whether nothing may be stored; `ApiError` 422 for a value other than All."""
    wanted = list((options or {}).get("dryRun") or []) + ([query["dryRun"]] if query.get("dryRun") else [])
    for value in wanted:
        if value != "All":
            message = f'Unsupported value: "{value}": supported values: "All"'
            raise errors.invalid("CreateOptions", "", "dryRun", message, "meta.k8s.io")
    return bool(wanted)
