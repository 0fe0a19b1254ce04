"""The autopilot: a responder that follows the playbook and the runbook to the letter, and sees only what is shown.

It is paged and acknowledges. From then on it does two things at once, as a crew would: one half reads the dashboard,
declares, informs and escalates; the other waits for an alert that names a runbook, executes the runbook's mitigation
word for word, and watches for the playbook's verification window. An alert that names another runbook and still fires a
while after that is followed as well. Then it resolves. It never sees the truth.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scoring.playbook import Escalation, Playbook
from simulator.drill.assessment import assess
from simulator.drill.clock import DrillClock
from simulator.drill.communication import Communications, review
from simulator.drill.following import Following, runbooks_of
from simulator.drill.pager import Pager
from simulator.drill.readings import Dashboard, Readings
from simulator.drill.runbook import Runbook
from simulator.drill.shell import DrillShell
from simulator.drill.together import together

NAME = "autopilot"
ASSESSMENT_S = 180.0
"""Drill seconds of a first look before severity is declared, unless it is the gravest at once."""
PACE_S = 0.2


@dataclass
class Autopilot:
    """One incident from page to review. `normal` are the readings before the drill."""

    pager: Pager
    dashboard: Dashboard
    shell: DrillShell
    playbook: Playbook
    clock: DrillClock
    normal: Readings
    severity: str = ""
    _paged_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _escalated: set[str] = field(default_factory=set)
    _fired: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _diagnosed: str = ""
    following: Following = field(init=False)

    def __post_init__(self) -> None:
        window_s = self.playbook.verification.window.value
        self.following = Following(self.pager, self.shell, self.clock, window_s, self._is_served)

    async def respond(self) -> None:
        """Handle one incident; returns after the review is filed. The end of the drill cancels it."""
        firing = await self.pager.wait_for_page()
        self._paged_at = datetime.now(UTC)
        await self.pager.say("incident.acknowledged", {"who": NAME, "alert": firing[0]["data"]["labels"]["alertname"]})
        updates = Communications(self.pager, self.playbook, self.clock)
        async with together() as group:
            duty = group.create_task(self._keep_duties(updates))
            runbook = await self._diagnose()
            await self.following.until_verified(runbook)
            duty.cancel()
        await self._close(updates, runbook)

    async def _declare(self, updates: Communications) -> None:
        deadline = self._paged_at + timedelta(seconds=self.clock.wall(ASSESSMENT_S))
        gravest = self.playbook.levels[0].id
        while (seen := await self._assess()) != gravest and datetime.now(UTC) < deadline:
            await asyncio.sleep(PACE_S)
        self.severity = seen
        impact = await self._impact()
        await self.pager.say("incident.declared", {"severity": seen, "text": f"{seen}: {impact}"})
        for role in self.playbook.roles:
            await self.pager.say("role.assigned", {"role": role.id, "who": NAME})
        step = "find the failing component and its runbook"
        await updates.update(seen, status="investigating", impact=impact, next_step=step)

    async def _keep_duties(self, updates: Communications) -> None:
        """Declare; then cadence, escalation and reclassification, until cancelled."""
        await self._declare(updates)
        while True:
            now = datetime.now(UTC)
            graver = self.playbook.graver(self.severity, await self._assess())
            if graver is not None and graver != self.severity and not self.following.is_mitigated:
                self.severity = graver
                await self.pager.say("incident.reclassified", {"severity": graver, "text": await self._impact()})
            if updates.is_due(self.severity, now):
                await updates.update(
                    self.severity,
                    status="monitoring" if self.following.is_mitigated else "mitigating",
                    impact=await self._impact(),
                    next_step="watch until the service has held"
                    if self.following.is_mitigated
                    else "execute the runbook",
                )
            for rule in self.playbook.escalations:
                if rule.id not in self._escalated and self._is_due(rule, now):
                    self._escalated.add(rule.id)
                    await self._escalate(rule)
            await asyncio.sleep(PACE_S)

    async def _diagnose(self) -> Runbook:
        """Wait for an alert that leads to a runbook: its component and failure mode are the diagnosis."""
        while (found := next(runbooks_of(await self.pager.firing()), None)) is None:
            await asyncio.sleep(PACE_S / 2)
        alert, runbook = found
        component = alert["data"]["labels"].get("component", "")
        self._diagnosed = runbook.path.parent.name
        diagnosis = {"component": component, "failure_mode": self._diagnosed}
        await self.pager.say("diagnosis.submitted", diagnosis)
        return runbook

    async def _close(self, updates: Communications, runbook: Runbook) -> None:
        lasted = (datetime.now(UTC) - self._paged_at).total_seconds()
        minutes = round(self.clock.drill(lasted) / 60)
        await self.pager.say("incident.resolved", {"text": f"{runbook.title}: served again, watched, stable"})
        await updates.update(
            self.severity,
            status="resolved",
            impact=f"users are served again after {minutes} minutes.",
            next_step="review of the incident",
            closing=True,
        )
        facts = {
            "timeline": f"paged, acknowledged, declared {self.severity}, mitigated, resolved in {minutes} minutes",
            "detection": "by the monitor's alerts",
            "response": f"the runbook '{runbook.title}' was executed word for word",
            "root_cause": runbook.path.parent.name.replace("-", " "),
            "prevention": "see the runbook's section on prevention",
            "action_items": "none",
        }
        await self.pager.say("review.filed", review(self.playbook, facts))

    async def _escalate(self, rule: Escalation) -> None:
        for to in rule.to:
            await self.pager.say("incident.escalated", {"to": to, "by": rule.by[0], "reason": rule.id})

    def _is_due(self, rule: Escalation, now: datetime) -> bool:
        when = rule.when
        if self._diagnosed in when.failure_modes:
            return True
        if when.level is None or self.playbook.graver(when.level, self.severity) != self.severity:
            return False
        if when.until == "mitigated" and self.following.is_mitigated:
            return False
        return now - self._paged_at >= timedelta(seconds=self.clock.wall(when.after or 0.0))

    async def _is_served(self) -> bool:
        readings, limits = await self.dashboard.read(), self.playbook.verification
        if readings.error_share is None:
            return False
        return not limits.is_outside(readings.error_share, readings.p95_ms, self.normal.p95_ms)

    async def _assess(self) -> str:
        """By what users meet now, and by every alert of the incident: one that is over already is part of it."""
        self._fired |= {event["data"]["fingerprint"]: event["data"]["labels"] for event in await self.pager.firing()}
        return assess(self.playbook, await self.dashboard.read(), self._fired.values(), self.normal.p95_ms)

    async def _impact(self) -> str:
        readings = await self.dashboard.read()
        share = "an unknown share" if readings.error_share is None else f"{readings.error_share:.0%}"
        return f"{share} of requests fail."
