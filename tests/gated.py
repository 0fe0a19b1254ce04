"""Attempts at a drill, made from a recorded one by changing what a test is about."""

from functools import cache
from pathlib import Path
from typing import Any

from scoring.scorecard.sla import grade
from simulator.drill.suite import Budgets
from simulator.gate.judging import Terms
from simulator.gate.resolution import Grain
from simulator.report.models import DrillResult, GameDay

RECORDED = Path(__file__).parent / "report" / "data" / "game-day.json"
GRAIN = Grain(clock=60, window_s=1, scrape_s=0.25, evaluate_s=0.25)


@cache
def recorded() -> GameDay:
    return GameDay.model_validate_json(RECORDED.read_text(encoding="utf-8"))


def attempt(verdict: str = "scored", reason: str = "", **given: Any) -> DrillResult:
    """A drill with the times given in drill seconds (None: never done), and other fields of its scorecard."""
    passed = recorded().drills[0]
    assert passed.scorecard is not None
    measures = dict(passed.scorecard.measures)
    for name in [name for name in given if name in measures]:
        t_s, sla_s = given.pop(name), measures[name].sla_seconds or 0.0
        is_met = t_s is not None and t_s <= sla_s
        measures[name] = measures[name].model_copy(
            update={
                "drill_seconds": t_s,
                "verdict": "met" if is_met else "missed",
                "grade": 0.0 if t_s is None else grade(t_s, sla_s),
                "why": f"{name} {'in time' if is_met else 'too late'}.",
            }
        )
    card = passed.scorecard.model_copy(update={"measures": measures, **given})
    update = {"verdict": verdict, "reason": reason, "scorecard": card if verdict == "scored" else None}
    return passed.model_copy(update=update)


def starved() -> DrillResult:
    return attempt("aborted", "the machine is too busy")


def terms(most: int = 3, **budgets: Any) -> Terms:
    return Terms(Budgets(**budgets), most, GRAIN)
