"""Pushing alerts to `/api/v2/alerts`: at once, in order, and again until the receiver has them."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import aiohttp
import orjson

from simulator.monitor.alerts import Alert
from simulator.monitor.config import Alertmanager
from simulator.monitor.labels import Labels
from simulator.monitor.rules import AlertRule
from simulator.monitor.scrape import open_session

_RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Receiver:
    """One Alertmanager's address, what it has yet to be told, and how that went so far."""

    url: str
    manager: Alertmanager
    pending: dict[tuple[Labels, int | None], dict[str, Any]]
    changed: asyncio.Event
    sent: int = 0
    errors: int = 0


class Notifier:
    """Tells every receiver. A receiver that cannot be reached does not delay the others, nor the rules."""

    def __init__(self, managers: Iterable[Alertmanager]) -> None:
        self.receivers = [Receiver(url, manager, {}, asyncio.Event()) for manager in managers for url in manager.urls]

    def push(self, alerts: Mapping[tuple[Labels, int | None], dict[str, Any]]) -> None:
        """Queues alerts (from `payload`); a newer state of the same alert takes the older one's place."""
        for receiver in self.receivers if alerts else ():
            receiver.pending.update(alerts)
            receiver.changed.set()

    async def run(self) -> None:
        """Sends until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for receiver in self.receivers:
                tasks.create_task(_serve(receiver))


async def _serve(receiver: Receiver) -> None:
    manager, failures = receiver.manager, 0
    async with open_session(manager.connection, manager.timeout_ms) as session:
        while True:
            await receiver.changed.wait()
            receiver.changed.clear()
            batch, receiver.pending = receiver.pending, {}
            if not batch:
                continue
            try:
                await _post(session, receiver, list(batch.values()))
                receiver.sent += len(batch)
                failures = 0
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                receiver.errors += len(batch)
                log.log(
                    logging.WARNING if failures == 0 else logging.DEBUG,
                    "cannot push to %s: %s",
                    receiver.url,
                    error,
                )
                receiver.pending = batch | receiver.pending
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1
                receiver.changed.set()


async def _post(session: aiohttp.ClientSession, receiver: Receiver, alerts: list[dict[str, Any]]) -> None:
    connection = receiver.manager.connection
    async with session.post(
        f"{receiver.url}/api/v2/alerts",
        data=orjson.dumps(alerts),
        headers={"Content-Type": "application/json", **connection.headers()},
        server_hostname=connection.server_name or None,
    ) as response:
        if response.status // 100 != 2:
            raise aiohttp.ClientError(f"HTTP status {response.status}: {(await response.text())[:200]}")


def payload(
    rule: AlertRule,
    alert: Alert,
    at_ms: int,
    *,
    valid_ms: int,
    external_labels: Mapping[str, str],
    external_url: str,
) -> dict[str, Any]:
    """What is pushed. A firing alert ends in the future, `valid_ms` from now, unless it is repeated."""
    ends_ms = alert.resolved_at_ms if alert.resolved_at_ms is not None else at_ms + valid_ms
    return {
        "labels": {**external_labels, **dict(alert.labels)},
        "annotations": alert.annotations,
        "startsAt": timestamp(alert.fired_at_ms or alert.active_at_ms),
        "endsAt": timestamp(ends_ms),
        "generatorURL": f"{external_url}/graph?g0.expr={quote_plus(rule.query)}&g0.tab=1",
    }


def timestamp(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds; 0 is Go's zero time, "never"."""
    if at_ms == 0:
        return "0001-01-01T00:00:00Z"
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
