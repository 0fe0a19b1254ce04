"""The scoring service as the drill sees it: HTTP and a token, whoever runs it."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from scoring.scorecard import Scorecard
from scoring.timeline import Timeline
from simulator.drill.asking import ask
from simulator.errors import NotPossible

Event = dict[str, Any]
LINK_LASTS_S = 3600
"""Wall seconds within which a link that is handed on signs somebody in."""
ABSENCE_S = 45.0
"""Wall seconds for which the service may be away, as when it is started anew: nothing is lost meanwhile."""


class ScoringClient:
    """Calls of one party (runner, responder) at one scoring service. Raises `NotPossible` when it refuses."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10.0, trust_env=False
        )

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def open_drill(self, drill: dict[str, Any]) -> None:
        """Announce a drill; its truth is kept from everybody but the facilitator while it runs."""
        await self._call("POST", "/api/v1/drills", drill)

    async def put_baseline(self, drill: str, baseline: dict[str, Any]) -> None:
        """What was normal before the injection."""
        await self._call("PUT", f"/api/v1/drills/{drill}/baseline", baseline)

    async def put_runbooks(self, drill: str, books: Sequence[dict[str, str]]) -> None:
        """What alerts lead to: {address, text} of each."""
        await self._call("PUT", f"/api/v1/drills/{drill}/runbooks", list(books))

    async def post_event(
        self,
        drill: str,
        kind: str,
        source: str,
        data: Mapping[str, Any],
        at: datetime | None = None,
        key: str | None = None,
    ) -> None:
        """Append one event, once for each `key` (default: a new one); `at` is when it was seen (default: now)."""
        key = key or f"{kind}/{uuid.uuid4().hex[:12]}"
        event = {"kind": kind, "source": source, "occurred_at": instant(at), "data": dict(data), "key": key}
        await self._call("POST", f"/api/v1/drills/{drill}/events", event)

    async def post_impact(self, drill: str, windows: Sequence[dict[str, Any]]) -> None:
        """Append load windows."""
        await self._call("POST", f"/api/v1/drills/{drill}/impact", list(windows))

    async def push_alerts(self, alerts: Sequence[dict[str, Any]]) -> None:
        """Alerts in the shape in which Prometheus pushes them."""
        await self._call("POST", "/api/v2/alerts", list(alerts))

    async def end_drill(self, drill: str, at: datetime) -> None:
        """Record `drill.ended`; what is unfinished is censored from here on."""
        await self._call("POST", f"/api/v1/drills/{drill}/end", {"ended_at": instant(at)})

    async def events(self, drill: str, after: int = 0) -> tuple[list[Event], int]:
        """Events that arrived after position `after`, and the position to ask from next time."""
        answer = await self._call("GET", f"/api/v1/drills/{drill}/events?after={after}")
        return answer["events"], answer["next"]

    async def sign_in_link(self, role: str, person: str | None, to: str) -> str:
        """A link that signs somebody in once, within `LINK_LASTS_S`, and opens the page `to`; `person` is a name."""
        wished = {"role": role, "name": person or role, "person": person, "to": to, "lasts_s": LINK_LASTS_S}
        answer = await self._call("POST", "/api/v1/tokens/links", wished)
        return f"{self.url}{answer['path']}"

    async def timeline(self, drill: str) -> Timeline:
        """The whole record."""
        return Timeline.model_validate(await self._call("GET", f"/api/v1/drills/{drill}/timeline"))

    async def scorecard(self, drill: str) -> Scorecard:
        """What the record is worth."""
        return Scorecard.model_validate(await self._call("GET", f"/api/v1/drills/{drill}/scorecard"))

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        try:
            answer = await ask(self._http, method, path, patience_s=ABSENCE_S, json=body)
        except httpx.HTTPError as error:
            raise NotPossible(f"scoring at {self.url} does not answer ({method} {path}): {error!r}") from error
        if answer.is_error:
            raise NotPossible(f"scoring refused {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None


def instant(at: datetime | None = None) -> str:
    """UTC with microseconds, as events carry instants."""
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
