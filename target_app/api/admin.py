"""Switches for operators, guarded by the key in `ADMIN_KEY`; without a key there are none."""

import hmac
import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ValidationError

from target_app.api.modes import Modes
from target_app.api.problems import Problem
from target_app.upstream.client import Upstream

logger = logging.getLogger("target_app.admin")


class Switch(BaseModel):
    """The upstream service that is meant; all of them if none is named."""

    service: str | None = None


def routes(upstream: Upstream, modes: Modes, admin_key: str) -> APIRouter:
    """`POST /admin/circuit-breaker/{open|close}`, `/admin/read-only/{on|off}` and `/admin/maintenance/{on|off}`.

    With the header `X-Admin-Key`, and for this process only.
    """
    router = APIRouter(prefix="/admin", tags=["admin"])

    @router.post("/circuit-breaker/{action}")
    async def switch_breaker(
        action: Literal["open", "close"],
        request: Request,
        x_admin_key: Annotated[str, Header()] = "",
    ) -> dict[str, dict[str, str]]:
        check_admin_key(x_admin_key, admin_key)
        service = _switch(await request.body()).service
        if service is not None and service not in upstream.breakers:
            raise Problem(404, "Not found", f"no circuit breaker {service!r}; there are {', '.join(upstream.breakers)}")
        for name, breaker in upstream.breakers.items():
            if service in (None, name):
                breaker.force_open() if action == "open" else breaker.close()
                logger.warning("circuit breaker of %s: %s by an operator", name, action)
        return {"circuit_breakers": {name: b.state.name.lower() for name, b in upstream.breakers.items()}}

    @router.post("/{mode}/{position}")
    async def switch_mode(
        mode: Literal["read-only", "maintenance"],
        position: Literal["on", "off"],
        x_admin_key: Annotated[str, Header()] = "",
    ) -> dict[str, bool]:
        check_admin_key(x_admin_key, admin_key)
        return modes.switch(mode, on=position == "on")

    return router


def check_admin_key(shown: str, admin_key: str) -> None:
    """Raises `Problem` unless `shown` is the key that was set; without one nothing is."""
    if not admin_key or not hmac.compare_digest(shown.encode(), admin_key.encode()):
        raise Problem(403, "Forbidden", "the header X-Admin-Key does not hold the admin key")


def _switch(body: bytes) -> Switch:
    """Whatever the content type says: `curl -d` alone sends JSON as a form, and that is how it is typed at night."""
    try:
        return Switch.model_validate_json(body) if body.strip() else Switch()
    except ValidationError:
        raise Problem(400, "Bad request", 'the body must be JSON such as {"service": "openai"}') from None
