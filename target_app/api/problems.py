"""Errors as a client sees them: problem documents (RFC 9457) with a status, and how long to stay away."""

import math
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse


class Problem(Exception):
    """Ends a request with `status`; `retry_after_s` becomes the header `Retry-After` in whole seconds."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        retry_after_s: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.headers = headers or {}


async def answer_problem(_: Request, problem: Exception) -> JSONResponse:
    """The exception handler for `Problem`."""
    if not isinstance(problem, Problem):
        raise problem
    headers = dict(problem.headers)
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after_s)))
    return JSONResponse(
        {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.detail},
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )
