"""From a request's body to an object: parsed, of the right kind, its unknown and duplicate fields refused or warned of.

The words are those of the API server (apiserver/pkg/endpoints/handlers, apimachinery/pkg/runtime/serializer).
"""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from simulator.cluster import errors
from simulator.cluster.api.write_options import WriteOptions
from simulator.cluster.objects import protobuf
from simulator.cluster.objects.decoding import decode
from simulator.cluster.objects.parsing import Parsed, parse_json, parse_yaml
from simulator.cluster.resources import SERVED, Resource
from simulator.cluster.store import Object

JSON, YAML = "application/json", "application/yaml"
READABLE = (JSON, YAML, protobuf.MEDIA_TYPE)
_SCHEME = 'in scheme "pkg/api/legacyscheme/scheme.go:30"'
_SHOWN = 30
_TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


@dataclass
class Body:
    """A parsed body, and the bytes it came from."""

    raw: bytes
    parsed: Parsed
    format: str = JSON
    warnings: list[str] = field(default_factory=list)


async def read(request: web.Request, what: str) -> Body:
    """The body of a write; `ApiError` 400 if it is not an object, 415 if we do not know its format.

    `what` is the kind that refusals name.
    """
    media = media_type(request)
    if media not in READABLE:
        raise errors.unsupported_media_type(READABLE)
    return parse(await request.read(), media, what)


async def optional(request: web.Request, kind: str) -> Object:
    """The body that a request may have besides its path, checked as a `kind`; {} if there is none."""
    if not (await request.read()).strip():
        return {}
    value = (await read(request, kind)).parsed.value
    if value.get("kind", kind) != kind:
        raise errors.bad_request(
            f'{value["kind"]} in version "{value.get("apiVersion", "")}" cannot be handled as a {kind}: '
            f'no kind "{value["kind"]}" is registered for version "{value.get("apiVersion", "")}" {_SCHEME}'
        )
    return decode(kind, value).object


def media_type(request: web.Request) -> str:
    """The format of a body; a client that names none means JSON."""
    return request.content_type if request.headers.get("Content-Type") else JSON


def parse(raw: bytes, media: str, what: str) -> Body:
    """The same of bytes."""
    try:
        if media == protobuf.MEDIA_TYPE:
            return Body(raw, Parsed(protobuf.decode(raw)), media)
        parsed = parse_yaml(raw) if media == YAML else parse_json(raw)
    except ValueError as error:
        text = f"couldn't get version/kind; json parse error: {error}" if media == JSON else str(error)
        raise _unrecognised(what, text, raw) from None
    if not isinstance(parsed.value, dict):
        problem = f"json: cannot unmarshal {_json_name(parsed.value)} into Go value of type {_TYPE_META}"
        raise _unrecognised(what, f"couldn't get version/kind; json parse error: {problem}", raw)
    return Body(raw, parsed, media)


def _unrecognised(what: str, problem: str, raw: bytes) -> errors.ApiError:
    start = raw[:_SHOWN].decode(errors="replace") if raw[:1] == b"{" else raw[:_SHOWN].hex()
    summary = (start + (" ..." if len(raw) > _SHOWN else "")) if raw else "<empty>"
    return errors.bad_request(f"the object provided is unrecognized (must be of type {what}): {problem} ({summary})")


def decoded(resource: Resource, body: Body, options: WriteOptions) -> Object:
    """The object that a body holds, known fields only; `ApiError` 400 in the decoder's words.

    Strict refuses what is unknown or there twice, Warn leaves it in the body's warnings.
    """
    raw = body.parsed.value
    version, kind = raw.get("apiVersion") or resource.api_version, raw.get("kind") or resource.kind
    _check_kind(resource, str(version), str(kind))
    full = {**raw, "apiVersion": resource.api_version, "kind": resource.kind}
    result = decode(resource.kind, full, body.parsed.duplicates)
    problems = [*duplicates_at_root(body), *result.problems]
    if body.parsed.yaml_errors:
        problems.insert(0, "yaml: unmarshal errors:\n" + "\n".join(body.parsed.yaml_errors))
    if problems and options.validation == "Strict":
        raise errors.bad_request(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
            f"strict decoding error: {', '.join(problems)}"
        )
    body.warnings = problems if options.validation == "Warn" else []
    return result.object


def duplicates_at_root(body: Body) -> list[str]:
    """Keys that the outermost map has twice; the decoder sees a copy of it."""
    return [f'duplicate field "{key}"' for key in body.parsed.duplicates.get(id(body.parsed.value), ())]


def _check_kind(resource: Resource, version: str, kind: str) -> None:
    if (version, kind) == (resource.api_version, resource.kind):
        return
    group, _, short = version.rpartition("/")
    if kind == resource.kind and group == resource.group:
        raise errors.bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({resource.api_version})"
        )
    if any((other.api_version, other.kind) == (version, kind) for other in SERVED):
        internal = resource.group.partition(".")[0] or "core"
        why = f"converting ({short}.{kind}) to ({internal}.{resource.kind}): unknown conversion"
    else:
        why = f'no kind "{kind}" is registered for version "{version}" {_SCHEME}'
    raise errors.bad_request(f'{kind} in version "{short}" cannot be handled as a {resource.kind}: {why}')


def _json_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "number"
