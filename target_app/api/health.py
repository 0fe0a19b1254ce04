"""Health as probes and people ask for it.

Live and ready answer for this process alone: if they failed for a dependency that all replicas share, its outage would
take every replica out of service and restart it, and even what needs no dependency would be gone. `/health` is for
people and asks the database; the others tell what was seen last.
"""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from target_app.api.credentials import Credentials
from target_app.cache.client import Cache
from target_app.database.pool import Database, DatabaseRefused, DatabaseUnavailable
from target_app.storage.client import ObjectStore
from target_app.upstream.circuit_breaker import State
from target_app.upstream.client import Upstream


def routes(
    database: Database, cache: Cache, store: ObjectStore, upstream: Upstream, credentials: Credentials
) -> APIRouter:
    """`GET /health`, `/health/live`, `/health/ready`."""
    router = APIRouter(prefix="/health", tags=["health"])

    def components() -> dict[str, Any]:
        provider = upstream.providers[0].name
        trouble = upstream.trouble[provider]
        return {
            "database": _component(database.trouble),
            "auth": _component(credentials.trouble),
            "cache": _component(cache.trouble),
            "object_store": _component(store.trouble),
            "llm_provider": {"provider": provider, **_component(trouble)},
            "circuit_breaker": {
                "status": "ok" if all(b.state is State.CLOSED for b in upstream.breakers.values()) else "open",
                "services": {name: b.state.name.lower() for name, b in upstream.breakers.items()},
            },
        }

    @router.get("")
    async def health() -> JSONResponse:
        try:
            await database.ping()
        except (DatabaseUnavailable, DatabaseRefused) as error:
            seen = components()
            seen["database"] = _component(str(error))
            return JSONResponse({"status": "failing", "components": seen}, status_code=503)
        return JSONResponse(_report(components()))

    @router.get("/live")
    async def live() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @router.get("/ready")
    async def ready() -> JSONResponse:
        return JSONResponse(_report(components()))

    return router


def _component(trouble: str | None) -> dict[str, str]:
    return {"status": "ok"} if trouble is None else {"status": "failing", "detail": trouble}


def _report(components: dict[str, Any]) -> dict[str, Any]:
    well = all(component["status"] == "ok" for component in components.values())
    return {"status": "ok" if well else "degraded", "components": components}
