"""What a responder has in hand: the page, and a way to say what they do. Nothing of the truth."""

import asyncio
from datetime import datetime
from typing import Any

from simulator.drill.scoring_client import Event, ScoringClient

PACE_S = 0.1


class Pager:
    """One drill's events as a responder may see them, and the events a responder may write."""

    def __init__(self, scoring: ScoringClient, drill: str) -> None:
        self._scoring = scoring
        self._drill = drill
        self._after = 0
        self._firing: dict[str, Event] = {}

    async def firing(self) -> list[Event]:
        """The `alert.firing` events whose alert has not resolved since, oldest first."""
        events, self._after = await self._scoring.events(self._drill, self._after)
        for event in events:
            if event["kind"] == "alert.firing":
                self._firing[event["data"]["fingerprint"]] = event
            elif event["kind"] == "alert.resolved":
                self._firing.pop(event["data"]["fingerprint"], None)
        return sorted(self._firing.values(), key=lambda e: str(e["occurred_at"]))

    async def wait_for_page(self) -> list[Event]:
        """Wait until something fires; the drill's end cancels a wait that is in vain."""
        while not (firing := await self.firing()):
            await asyncio.sleep(PACE_S)
        return firing

    async def say(
        self, kind: str, data: dict[str, Any], *, source: str = "responder", at: datetime | None = None
    ) -> None:
        """Put an event of the responder (or of its shell) on the timeline."""
        await self._scoring.post_event(self._drill, kind, source, data, at)
