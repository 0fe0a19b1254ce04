"""The updates and the review that a responder writes, in the parts that the playbook asks for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.playbook import Playbook
from simulator.drill.clock import DrillClock
from simulator.drill.pager import Pager
from simulator.drill.scoring_client import instant


@dataclass
class Communications:
    """Posts updates to a level's audiences and keeps its cadence."""

    pager: Pager
    playbook: Playbook
    clock: DrillClock
    last_at: datetime | None = None

    def is_due(self, severity: str, now: datetime) -> bool:
        """Whether two thirds of the level's interval are over, so that the next update is never late."""
        every = self.playbook.level(severity).update_every
        if every is None or self.last_at is None:
            return False
        return now - self.last_at >= timedelta(seconds=self.clock.wall(every.value) * 2 / 3)

    async def update(self, severity: str, *, status: str, impact: str, next_step: str, closing: bool = False) -> None:
        """Tell everybody whom the level names, and say when they hear again."""
        level, now = self.playbook.level(severity), datetime.now(UTC)
        told = set(level.audiences.value) if level.audiences else {a.id for a in self.playbook.audiences[:1]}
        next_at = None
        if level.update_every is not None and not closing:
            next_at = instant(now + timedelta(seconds=self.clock.wall(level.update_every.value)))
        await self.pager.say(
            "update.posted",
            {
                "audiences": sorted(told),
                "channel": ", ".join(a.channel for a in self.playbook.audiences if a.id in told),
                "status": status,
                "impact": impact,
                "next_step": next_step,
                "next_update_at": next_at,
                "text": f"{severity} {status}: {impact} Next: {next_step}",
                "closing": closing,
            },
            at=now,
        )
        self.last_at = now


def review(playbook: Playbook, facts: dict[str, str]) -> dict[str, Any]:
    """A review with the playbook's required parts, from `facts` by part; a part without facts says so."""
    return {"parts": {part: facts.get(part, "nothing to add") for part in playbook.review.parts.value}}
