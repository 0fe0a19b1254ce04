"""Alerts of a Prometheus that is not ours, carried to scoring: it pushes to its own Alertmanager, not to us."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from simulator.drill.scoring_client import ScoringClient, instant

PACE_S = 0.25
Alert = dict[str, Any]


class AlertRelay:
    """Polls `/api/v1/rules` and pushes what fires, and what no longer does, until closed."""

    def __init__(self, prometheus_url: str, scoring: ScoringClient) -> None:
        self._http = httpx.AsyncClient(base_url=prometheus_url, timeout=5.0, trust_env=False)
        self._scoring = scoring
        self._firing: dict[str, Alert] = {}
        self._task = asyncio.create_task(self._relay())

    async def close(self) -> None:
        """Stop polling."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._http.aclose()

    async def _relay(self) -> None:
        while True:
            with suppress(httpx.HTTPError):
                answer = (await self._http.get("/api/v1/rules", params={"type": "alert"})).raise_for_status()
                seen = firing_alerts(answer.json()["data"]["groups"])
                over = [{**a, "endsAt": instant()} for key, a in self._firing.items() if key not in seen]
                if over or seen:
                    await self._scoring.push_alerts([*seen.values(), *over])
                self._firing = seen
            await asyncio.sleep(PACE_S)


def firing_alerts(groups: list[dict[str, Any]]) -> dict[str, Alert]:
    """What fires, in the shape of `/api/v2/alerts`, by a key of its labels.

    Prometheus tells when an alert became active; it fired `duration` (its `for`, in seconds) later.
    """
    found = {}
    for group in groups:
        for rule in group["rules"]:
            for alert in rule.get("alerts", []):
                if alert["state"] == "firing":
                    fired_at = _parse(alert["activeAt"]) + timedelta(seconds=rule.get("duration", 0))
                    key = repr(sorted(alert["labels"].items()))
                    found[key] = {
                        "labels": alert["labels"],
                        "annotations": alert["annotations"],
                        "startsAt": instant(fired_at),
                    }
    return found


def _parse(text: str) -> datetime:
    """RFC 3339 with up to nanoseconds, cut to microseconds."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{rest[:6]:0<6}").replace(tzinfo=UTC)
