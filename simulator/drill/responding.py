"""Who responds where no person does: the autopilot, or somebody who gives in to what is no mitigation."""

from simulator.drill.autopilot import Autopilot
from simulator.drill.false_cures import FalseCure
from simulator.drill.oracle import Baseline
from simulator.drill.pager import Pager
from simulator.drill.readings import Dashboard, Readings
from simulator.drill.scenario import Scenario
from simulator.drill.scoring_client import ScoringClient
from simulator.drill.stage import Stage
from simulator.drill.tempted import Tempted
from simulator.drill.witness import Witness

READING_WINDOW_S = 180.0
"""Drill seconds over which a responder reads the dashboard."""


async def respond_well(stage: Stage, drill: str, baseline: Baseline) -> None:
    """The autopilot responds, with what a responder may see; returns when it is done."""
    plan = stage.plan
    dashboard = Dashboard(stage.prometheus_url, plan.clock.wall(READING_WINDOW_S))
    client = ScoringClient(stage.scoring.url, stage.run.tokens.responder)
    try:
        await Autopilot(
            pager=Pager(client, drill),
            dashboard=dashboard,
            shell=stage.shell,
            playbook=plan.playbook,
            clock=plan.clock,
            normal=Readings(baseline.requests_per_s, baseline.error_share, baseline.p95_ms),
        ).respond()
    finally:
        await dashboard.close()
        await client.close()


async def give_in(act: FalseCure, stage: Stage, drill: str, scenario: Scenario, witness: Witness) -> tuple[str, ...]:
    """Somebody does one thing that is no mitigation; returns what refused it, nothing if a whole window did not."""
    client = ScoringClient(stage.scoring.url, stage.run.tokens.responder)
    try:
        tempted = Tempted(act, scenario, stage, witness, Pager(client, drill))
        await tempted.respond()
        return tempted.refused_by
    finally:
        await client.close()
