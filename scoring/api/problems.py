"""Errors as RFC 9457 problem documents: what is wrong, where, and what to do."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from scoring.errors import PlaybookError, RecordError, ScoringError
from scoring.record.store import Conflict, NoSuchDrill


class Problem(Exception):
    """An error with its HTTP status."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail


_OF_OURS: dict[type[ScoringError], tuple[int, str]] = {
    NoSuchDrill: (404, "No such drill"),
    Conflict: (409, "It is there already, and different"),
    RecordError: (409, "The record was bent"),
    PlaybookError: (422, "The playbook cannot be used"),
    ScoringError: (422, "This cannot be used"),
}


def answer_problems(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(ScoringError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _disk)


def respond(request: Request, status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    """A problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({**body, **more}, status, headers, media_type="application/problem+json")


def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return respond(request, error.status, error.title, error.detail)


def _ours(request: Request, error: Exception) -> JSONResponse:
    status, title = next(said for kind, said in _OF_OURS.items() if isinstance(error, kind))
    return respond(request, status, title, str(error))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(str(part) for part in each["loc"]), "detail": each["msg"].removeprefix("Value error, ")}
        for each in error.errors()
    ]
    first = errors[0]
    return respond(request, 422, "This cannot be read", f"{first['field']}: {first['detail']}", errors=errors)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return respond(request, error.status_code, "It cannot be answered", str(error.detail))


def _disk(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OperationalError)
    return respond(request, 507, "The record cannot be written", f"{error.orig}; nothing was kept, try again")
