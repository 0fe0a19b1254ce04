"""Errors as RFC 9457 problem documents: what is wrong, where, and what to do."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from scoring.canonical import did_you_mean
from scoring.console.render import page
from scoring.errors import PlaybookError, RecordError, ScoringError
from scoring.record.errors import Conflict, NoSuchDrill, NotWritten
from scoring.record.items import NoSuchItem
from scoring.record.people import NoSuchPerson
from scoring.record.runbooks import NoSuchRunbook
from scoring.record.tokens import NoSuchToken

MEDIA_TYPE = "application/problem+json"
_FOR_MACHINES = ("/api/", "/health", "/openapi.json")
_SIGN_IN = (
    "Sign in with a link: the one that was printed when the service was started, or one that your facilitator made for "
    "you. Each works once, and not for long; ask for a new one."
)
_log = logging.getLogger(__name__)


class Fault(BaseModel):
    """One thing that is wrong with a request: `pointer` into its body (RFC 6901), or the name of a `parameter`."""

    detail: str
    pointer: str | None = Field(default=None, examples=["#/occurred_at"])
    parameter: str | None = Field(default=None, examples=["limit"])


class ProblemDocument(BaseModel):
    """A problem document as RFC 9457 has it. `errors` names each field that cannot be read."""

    type: str = Field(default="about:blank", examples=["about:blank"])
    title: str = Field(examples=["This cannot be read"])
    status: int = Field(ge=400, le=599, examples=[422])
    detail: str = Field(examples=["#/clock: Input should be greater than 0"])
    instance: str = Field(description="the path that was asked for", examples=["/api/v1/drills"])
    errors: list[Fault] | None = None


class Problem(HTTPException):
    """An error with its HTTP status; `errors` names the fields."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.title, self.errors = title, errors

    def answer(self, scope: Scope) -> Response:
        """The problem document for whoever asked, as a page where a browser asked for one."""
        path, status = scope["path"], self.status_code
        headers = {**(self.headers or {}), **({"WWW-Authenticate": "Bearer"} if status == 401 else {})}
        if not path.startswith(_FOR_MACHINES) and b"text/html" in dict(scope["headers"]).get(b"accept", b""):
            detail = _SIGN_IN if status == 401 else self.detail
            return page("message.html", status, headers, role=None, title=self.title, detail=detail, go_to=None)
        body: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": status}
        body |= {"detail": self.detail, "instance": path}
        if self.errors:
            body["errors"] = [fault.model_dump(exclude_none=True) for fault in self.errors]
        return Response(json.dumps(body), status, headers, media_type=MEDIA_TYPE)


def unreadable(where: str, detail: str) -> Problem:
    """A 422 for one place of the body, given as a JSON pointer such as `#/truth/severity`."""
    return Problem(422, "This cannot be used", f"{where}: {detail}", [Fault(detail=detail, pointer=where)])


def unknown(what: str, word: str, known: Sequence[str]) -> str:
    """`no X 'word'; did you mean 'y'?`, or what there is."""
    there = f"; there are: {', '.join(known)}" if known else "; there is none"
    return f"no {what} '{word}'{did_you_mean(word, list(known)) or there}"


_OF_OURS: dict[type[ScoringError], tuple[int, str]] = {
    NoSuchDrill: (404, "No such drill"),
    NoSuchItem: (404, "No such action item"),
    NoSuchPerson: (404, "No such person"),
    NoSuchRunbook: (404, "No such runbook"),
    NoSuchToken: (404, "No such token"),
    Conflict: (409, "It is there already, and different"),
    NotWritten: (507, "The record cannot be written"),
    RecordError: (409, "The record was bent"),
    PlaybookError: (422, "The playbook cannot be used"),
    ScoringError: (422, "This cannot be used"),
}
_TITLES = {404: "Not here", 405: "Not that way", 413: "Too much at once", 415: "Not in this format"}


def problem_of(error: Exception) -> Problem:
    """The problem that an error of ours is to a client."""
    if isinstance(error, Problem):
        return error
    status, title = next(said for kind, said in _OF_OURS.items() if isinstance(error, kind))
    return Problem(status, title, str(error))


def answer_problems(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(Problem, _ours)
    app.add_exception_handler(ScoringError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _disk)
    app.add_exception_handler(Exception, _bug)


def _ours(request: Request, error: Exception) -> Response:
    return problem_of(error).answer(request.scope)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid(error.errors()).answer(request.scope)


def invalid(errors: Sequence[Any]) -> Problem:
    """The problem that pydantic's errors are; each `loc` begins with body, query, path or header."""
    faults = [_fault(each["loc"], each["msg"].removeprefix("Value error, ")) for each in errors[:20]]
    first = faults[0]
    return Problem(422, "This cannot be read", f"{first.pointer or first.parameter}: {first.detail}", faults)


def _fault(loc: Sequence[int | str], detail: str) -> Fault:
    if loc[0] != "body":
        return Fault(detail=detail, parameter=str(loc[-1]))
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in loc[1:]]
    return Fault(detail=detail, pointer="#" + "".join(f"/{step}" for step in steps))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "It cannot be answered")
    detail = str(error.detail)
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path}; GET /openapi.json lists what there is"
    elif error.status_code == 405:
        detail = f"{request.method} is not for {request.url.path}; see the Allow header"
    return Problem(error.status_code, title, detail, headers=error.headers).answer(request.scope)


def _disk(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    _log.error("the database refused %s %s: %s", request.method, request.url.path, error.orig)
    return Problem(507, "The record cannot be used", "the database refused; try again").answer(request.scope)


def _bug(request: Request, error: Exception) -> Response:
    _log.error("a bug of ours at %s %s", request.method, request.url.path, exc_info=error)
    return Problem(500, "A mistake of ours", "it was logged; nothing was kept").answer(request.scope)
