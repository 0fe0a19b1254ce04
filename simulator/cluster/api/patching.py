"""PATCH: documents of all formats, the three that change an object in place, and what is said of the result. Pure."""

from typing import Any

import orjson

from simulator.cluster import errors
from simulator.cluster.api.write_options import WriteOptions
from simulator.cluster.objects import naming, patch
from simulator.cluster.objects.decoding import decode
from simulator.cluster.objects.parsing import Parsed, parse_json, parse_yaml
from simulator.cluster.objects.stored_fields import as_json
from simulator.cluster.resources import Resource
from simulator.cluster.store import Object

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
FORMATS = (JSON_PATCH, MERGE, STRATEGIC, APPLY)
_MOST_OPERATIONS = 10_000


def parse(raw: bytes, media: str) -> Parsed:
    """A patch's document; `ApiError` 400 if it does not parse, 415 if `media` is none of `FORMATS`."""
    if media not in FORMATS:
        raise errors.unsupported_media_type(FORMATS)
    if media == APPLY:
        try:
            return parse_yaml(raw)
        except ValueError as error:
            raise errors.bad_request(f"error decoding patch: {error}") from None
    try:
        return parse_json(raw)
    except ValueError:
        raise errors.bad_request("invalid JSON patch") from None


def changed(kind: str, media: str, old: Object, change: Any) -> Any:
    """`old` with a patch of one of the first three `FORMATS`."""
    if media == JSON_PATCH:
        if isinstance(change, list) and len(change) > _MOST_OPERATIONS:
            text = f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, got {len(change)}"
            raise errors.ApiError(413, "RequestEntityTooLarge", f"Request entity too large: {text}")
        try:
            return patch.json_patch(old, change)
        except RecursionError:
            raise errors.ApiError(422, "Invalid", patch.REJECTED) from None
    if not isinstance(change, dict):
        what = {list: "array", str: "string", bool: "bool"}.get(type(change), "number")
        raise errors.bad_request(
            f"error decoding patch: json: cannot unmarshal {what} into Go value of type map[string]interface {{}}"
        )
    if media == MERGE:
        return patch.json_merge(old, change)
    try:
        return patch.strategic_merge(kind, old, change)
    except (TypeError, AttributeError, KeyError, ValueError):
        # Directives may hold anything; what they do not fit is the client's mistake, wherever it shows.
        raise errors.bad_request("the patch does not fit the object that it is for") from None


def decoded(
    resource: Resource, media: str, patched: Any, change: Parsed, options: WriteOptions
) -> tuple[Object, list[str]]:
    """The patched object in our shape, and warnings; `ApiError` 422 for what it may not hold."""
    if not isinstance(patched, dict):
        raise errors.bad_request("a patch must leave an object")
    for key, served in (("apiVersion", resource.api_version), ("kind", resource.kind)):
        if patched.get(key) != served:
            text = f"{patched.get('apiVersion')}, Kind={patched.get('kind')}"
            raise errors.bad_request(
                f"the API version in the data ({text}) does not match the expected API version "
                f"({resource.api_version}, Kind={resource.kind})"
            )
    shown = _go(change.value) if media == STRATEGIC else as_json(patched).decode()
    try:
        result = decode(resource.kind, patched)
    except errors.ApiError as refused:
        _, _, why = refused.message.partition(f"cannot be handled as a {resource.kind}: ")
        raise _invalid(shown, why or refused.message) from None
    twice = [f'duplicate field "{key}"' for keys in change.duplicates.values() for key in keys]
    problems = [*(f"json patch {text}" if media == JSON_PATCH else text for text in twice), *result.problems]
    if problems and options.validation == "Strict":
        raise _invalid(shown, f"strict decoding error: {', '.join(problems)}")
    return result.object, problems if options.validation == "Warn" else []


def _invalid(shown: str, why: str) -> errors.ApiError:
    return errors.invalid("", "", "patch", f"Invalid value: {naming.quoted(shown)}: {why}")


def _go(value: Any) -> str:
    """A value as Go's `%+v` prints it."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_go(item)}' for key, item in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    if value is None:
        return "<nil>"
    return value if isinstance(value, str) else orjson.dumps(value).decode()
