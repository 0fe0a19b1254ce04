"""Events are forgotten an hour after they were last seen (kube-apiserver `--event-ttl`), in wall time."""

import asyncio
from datetime import UTC, datetime, timedelta

from simulator.cluster.objects.states import instant
from simulator.cluster.resources import EVENTS
from simulator.cluster.store import Object, Store

TTL = timedelta(hours=1)
_LOOK_S = 60.0


def is_stale(event: Object, now: datetime) -> bool:
    """Pure: whether it is time to forget an event."""
    series = (event.get("series") or {}).get("lastObservedTime")
    seen = series or event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return now - instant(seen) > TTL


class EventTtl:
    """Looks once a minute."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self.forget(datetime.now(UTC))

    def forget(self, now: datetime) -> None:
        """Remove what is stale at `now`."""
        for event in [event for event in self._store.list(EVENTS) if is_stale(event, now)]:
            self._store.remove(EVENTS, event["metadata"]["namespace"], event["metadata"]["name"])
