"""What a client says of a list or a watch (meta/v1 ListOptions), and the tokens by which a list goes on. Pure."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from simulator.cluster import errors
from simulator.cluster.api import requests
from simulator.cluster.errors import Cause

_MATCHES = ("Exact", "NotOlderThan")
_VERSION = "meta.k8s.io/v1"
_LATEST = -1


@dataclass(frozen=True)
class ListOptions:
    """`version` None: none was named. `limit` 0: all. `after` names the object that the page before ended with."""

    version: int | None = None
    is_exact: bool = False
    limit: int = 0
    after: tuple[str, str] | None = None
    at: int | None = None
    """The version of the first page; -1 is the present one, which a client took after its own was too old."""


def read(query: Mapping[str, str]) -> ListOptions:
    """The options of a list; `ApiError` 400 or 422 for what makes no sense."""
    _check(query, is_watch=False)
    version = resource_version(query)
    limit = requests.number(query, "limit") or 0
    if query.get("continue"):
        if version:
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        at, after = _decoded(query["continue"])
        return ListOptions(None, False, max(limit, 0), after, at)
    is_exact = query.get("resourceVersionMatch") == "Exact" or (
        limit > 0 and bool(version) and not query.get("resourceVersionMatch")
    )
    return ListOptions(version, is_exact, 0 if version == 0 else max(limit, 0))


def check_watch(query: Mapping[str, str]) -> None:
    """`ApiError` 422 for a watch that makes no sense."""
    _check(query, is_watch=True)


def resource_version(query: Mapping[str, str]) -> int | None:
    """The version that a client names; None if it names none, 0 for any."""
    text = query.get("resourceVersion", "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise errors.bad_request(
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    return int(text)


def token(version: int, after: tuple[str, str]) -> str:
    """What continues a list of that version behind an object of a namespace ("" for none) and a name."""
    start = "/".join(part for part in after if part) + "\x00"
    raw = orjson.dumps({"v": _VERSION, "rv": version, "start": start})
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token_of_the_present(after: tuple[str, str]) -> str:
    """What continues a list whose version is gone; the rest is that of the present."""
    return token(_LATEST, after)


def _decoded(text: str) -> tuple[int, tuple[str, str]]:
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(raw, dict):
            raise ValueError("not an object")
    except (binascii.Error, ValueError) as error:
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {error}") from None
    if raw.get("v") != _VERSION:
        raise errors.bad_request(
            "invalid continue token: continue key is not valid: server does not recognize this encoded version "
            f"{raw.get('v', '')}"
        )
    version, start = raw.get("rv"), raw.get("start")
    if not isinstance(version, int) or version == 0:
        text = "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {text}")
    if not isinstance(start, str) or not start:
        text = "encoded start key empty (version meta.k8s.io/v1)"
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {text}")
    parts = start.strip("\x00/").split("/")
    if len(parts) > 2 or ".." in parts or "" in parts:
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {start}")
    return version, (parts[0], parts[1]) if len(parts) == 2 else ("", parts[0])


def _check(query: Mapping[str, str], *, is_watch: bool) -> None:
    causes = list(_wrong_watch(query) if is_watch else _wrong_list(query))
    if causes:
        raise errors.invalid_for("ListOptions", "", causes, "meta.k8s.io")


def _forbidden(field: str, why: str) -> Cause:
    return Cause(field, f"Forbidden: {why}", "FieldValueForbidden")


def _unsupported(match: str, *served: str) -> Cause:
    shown = ", ".join(f'"{name}"' for name in served)
    return Cause(
        "resourceVersionMatch", f'Unsupported value: "{match}": supported values: {shown}', "FieldValueNotSupported"
    )


def _wrong_list(query: Mapping[str, str]) -> Iterator[Cause]:
    field, match = "resourceVersionMatch", query.get("resourceVersionMatch", "")
    if match:
        if not query.get("resourceVersion"):
            yield _forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided")
        if query.get("continue"):
            yield _forbidden(field, "resourceVersionMatch is forbidden when continue is provided")
        if match not in _MATCHES:
            yield _unsupported(match, *_MATCHES, "")
        if match == "Exact" and query.get("resourceVersion") == "0":
            yield _forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if query.get("sendInitialEvents"):
        yield _forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")


def _wrong_watch(query: Mapping[str, str]) -> Iterator[Cause]:
    field, match = "resourceVersionMatch", query.get("resourceVersionMatch", "")
    is_sent = bool(query.get("sendInitialEvents"))
    if is_sent and match != "NotOlderThan":
        yield _forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    if match:
        if not is_sent:
            yield _forbidden(field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        if match != "NotOlderThan":
            yield _unsupported(match, "NotOlderThan")
        if query.get("continue"):
            yield _forbidden(field, "resourceVersionMatch is forbidden when continue is provided")
