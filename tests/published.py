"""Gates built by hand around recorded drills."""

from datetime import timedelta

from simulator.report.gate import ComparedWith, Gate, GatedDrill, Place, Requirement, Revision
from simulator.report.models import DrillResult, GameDay

RULE = Place(path="target_app/deploy/monitoring/rules/connection-exhaustion.yaml", line=5)
RUNBOOK = Place(path="experiments/database/connection-exhaustion/runbook.md", line=37)


def requirement(name: str, verdict: str = "met", **fields: object) -> Requirement:
    """A requirement with a plausible rest."""
    usual: dict[str, object] = {
        "id": name,
        "title": name,
        "unit": "drill_seconds",
        "limit": 900.0,
        "seen": (250.0,),
        "why": f"why of {name}",
    }
    return Requirement.model_validate({**usual, "verdict": verdict, **fields})


def gated(drill: DrillResult, outcome: str, *requirements: Requirement, attempts: int = 1) -> GatedDrill:
    """A drill of a gate whose attempts are all the same."""
    return GatedDrill.model_validate(
        {
            "failure_mode": drill.failure_mode,
            "experiment": drill.experiment,
            "title": drill.title,
            "outcome": outcome,
            "why": f"{drill.title}: {outcome}",
            "next_command": f"gameday run {drill.experiment} --report look",
            "requirements": requirements,
            "attempts": (drill,) * attempts,
        }
    )


def recorded_gate(game_day: GameDay) -> Gate:
    """Three drills: one passed, one failed in both attempts, one that could not be judged."""
    good, slow, aborted = game_day.drills
    drills = (
        gated(
            good,
            "passed",
            requirement("score", title="Score", unit="points", limit=70.0, seen=(90.22,)),
            requirement("sla.ttm", title="Time to mitigate", seen=(660.0,), limit=900.0),
            requirement("noise", "not_assessed", title="Noise", unit="count", limit=None, seen=()),
        ),
        gated(
            slow,
            "failed",
            requirement("score", "missed", title="Score", unit="points", limit=70.0, seen=(46.5, 51.0)),
            requirement("sla.ttd", title="Time to detect", seen=(258.0, 240.0)),
            requirement(
                "sla.ttm",
                "missed",
                title="Time to mitigate",
                seen=(4440.0, None),
                why="It took 74 min to mitigate, later than the 15 min allowed.",
                begin_at=RUNBOOK,
            ),
            requirement(
                "requests_failed", "not_judged", title="Requests failed", unit="share", limit=0.4, seen=(0.41,)
            ),
            attempts=2,
        ),
        gated(aborted, "inconclusive", requirement("sla.ttm", "not_judged", title="Time to mitigate", seen=(None,))),
    )
    return Gate(
        app="llm-research",
        suite="ci",
        title="Every push",
        outcome="failed",
        playbook=game_day.playbook,
        responder=game_day.responder,
        clock=game_day.clock,
        started_at=game_day.started_at,
        ended_at=game_day.started_at + timedelta(seconds=160),
        machine=game_day.machine,
        revision=Revision(branch="topic", commit="0123456789abcdef0123456789abcdef01234567"),
        baseline=ComparedWith(name="branch", started_at=game_day.started_at, revision=Revision(branch="main")),
        suite_at=Place(path="experiments/suites/ci.yaml", line=1),
        drills=drills,
        exit_status=1,
    )
