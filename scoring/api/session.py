"""Signing in with a link that works once: the code in it becomes a cookie, which is a token of its own."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import asker_of
from scoring.api.guard import SESSION
from scoring.api.parts import Service
from scoring.console.render import page

router = APIRouter()

_LASTS = timedelta(hours=12)


@router.get("/sign-in")
def sign_in(
    request: Request,
    service: Service,
    code: Annotated[str, Query(max_length=500)] = "",
    to: Annotated[str, Query(max_length=500, pattern=r"^/drills/[^\\]*$")] = "/",
) -> Response:
    """A page that leads on to `to`, a page of a drill, else to the list of drills.

    It is a page and no redirect, for a cookie that is SameSite=Strict is not sent on one that began elsewhere, such as
    in a chat.
    """
    holder = service.tokens.redeem(code) if code else None
    if holder is None:
        told = "Each link works once, and not for long. Ask for a new one where the service was started."
        return page("message.html", 401, role=None, title="This link does not sign you in", detail=told, go_to=None)
    issued = service.tokens.issue(
        holder.role, f"sign-in of {holder.name}"[:200], holder.person, expires_at=datetime.now(UTC) + _LASTS
    )
    answer = page("message.html", role=None, title="Signed in", detail=f"You are {holder.role}.", go_to=to)
    answer.set_cookie(
        SESSION,
        issued.secret,
        max_age=int(_LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, service: Service) -> Response:
    """Revokes the cookie's token, so that nobody who kept it comes in with it."""
    asker = asker_of(request)
    if asker.token_id is not None and SESSION in request.cookies:
        await run_in_threadpool(service.tokens.revoke, asker.token_id)
        service.doorkeeper.forget()
    answer = page("message.html", role=None, title="Signed out", detail="The link you came with has done.", go_to=None)
    answer.delete_cookie(SESSION, httponly=True, samesite="strict")
    return answer
