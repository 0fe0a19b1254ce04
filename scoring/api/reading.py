"""Bodies read strictly: JSON as RFC 8259 has it, in UTF-8, of bounded depth, and without what no database can keep."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive, Scope

from scoring.api.problems import Fault, Problem, invalid

_Model = TypeVar("_Model")
_DEEPEST = 60
"""Levels of arrays and objects in a body; no event of any tool needs more, and each reader would have to bear them."""


class StrictRoute(APIRoute):
    """A route whose body is read by `read_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly


class StrictRequest(Request):
    """A request whose `json()` raises Problem for what is not strictly JSON."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)

    async def body(self) -> bytes:
        raw = await super().body()
        if raw:
            check_media_type(self)
        return raw

    async def json(self) -> Any:
        return read_json(await self.body())


async def read_body(request: Request) -> Any:
    """The JSON that a request carries. Raises Problem 413, 415 and 422."""
    check_media_type(request)
    return read_json(await request.body())


def check_media_type(request: Request) -> None:
    """Raises Problem 415 unless the body says that it is JSON."""
    said = request.headers.get("content-type", "")
    if said == "application/json" and "content-encoding" not in request.headers:
        return
    kind = said.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Problem(415, "Not in this format", f"the body is '{said}'; send application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Not in this format", "the body is compressed; send it plain")


def read_json(raw: bytes) -> Any:
    """The value of a JSON text. Raises Problem 422 that says where it breaks off, or names the field."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Problem(422, "This cannot be read", f"the body is no JSON: {error}", [_whole(error)]) from None
    if b"\\u0000" in raw or (raw.count(b"[") + raw.count(b"{") > _DEEPEST and _too_deep(value)):
        _walk(value)
    return value


def validated(adapter: TypeAdapter[_Model], value: Any) -> _Model:
    """The value as its model has it. Raises Problem 422 that names each field."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise invalid([{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]) from None


def _whole(error: orjson.JSONDecodeError) -> Fault:
    return Fault(detail=f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}", pointer="#")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            entry
            for outer in level
            for entry in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(entry, dict | list)
        ]
        if not level:
            return False
    return True


def _walk(value: Any) -> None:
    """Depth first, without recursion: a body can nest deeper than we may call."""
    ahead: list[tuple[str, int, Any]] = [("#", 0, value)]
    while ahead:
        pointer, depth, here = ahead.pop()
        if isinstance(here, str):
            if "\0" in here:
                raise _bad(pointer, "a text cannot hold a null character")
        elif isinstance(here, dict | list):
            if depth > _DEEPEST:
                raise _bad(pointer[:200], f"it nests deeper than {_DEEPEST} levels")
            entries = here.items() if isinstance(here, dict) else enumerate(here)
            for step, entry in entries:
                if isinstance(step, str) and "\0" in step:
                    raise _bad(pointer, "a name cannot hold a null character")
                if isinstance(entry, str | dict | list):
                    name = str(step).replace("~", "~0").replace("/", "~1")
                    ahead.append((f"{pointer}/{name}", depth + 1, entry))


def _bad(pointer: str, detail: str) -> Problem:
    return Problem(422, "This cannot be read", f"{pointer}: {detail}", [Fault(detail=detail, pointer=pointer)])
