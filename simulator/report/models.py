"""A whole game day as published: what was played, where, and what it earned. `report.json` is this, as JSON."""

import os
import platform
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoring.scorecard import Scorecard
from scoring.timeline import Instant, Timeline

MEASURES = {
    "ttd": ("TTD", "Detect"),
    "tta": ("TTA", "Acknowledge"),
    "ttc": ("TTC", "Classify"),
    "ttm": ("TTM", "Mitigate"),
    "ttr": ("TTR", "Resolve"),
}
"""The timed measures in the order in which they are shown: short name and what is done."""

Verdict = Literal["scored", "inconclusive", "aborted"]


class Report(BaseModel):
    """A frozen piece of a report; what we do not know is an error, so that nothing is lost unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(Report):
    """What the figures were measured on; nothing that names the machine."""

    cpus: Annotated[int, Field(ge=1)]
    python: str
    platform: str


class DrillResult(Report):
    """One drill. `reason` says why it ended otherwise than planned; without a verdict there may be no scorecard."""

    title: str
    failure_mode: str
    experiment: str
    verdict: Verdict
    reason: str = ""
    scorecard: Scorecard | None = None
    timeline: Timeline | None = None


class GameDay(Report):
    """Drills in the order in which they were played, under one playbook and clock (drill seconds per wall second).

    `score` is the mean of the drills that were scored, 0–100, and None if none was. `sla_met` is None if no drill
    could be judged.
    """

    version: Literal[1] = 1
    name: str
    playbook: str
    responder: str
    clock: Annotated[float, Field(gt=0)]
    started_at: Instant
    ended_at: Instant
    machine: Machine
    drills: tuple[DrillResult, ...]
    score: Annotated[float, Field(ge=0, le=100)] | None = None
    sla_met: bool | None = None
    exit_status: Annotated[int, Field(ge=0, le=255)]

    @model_validator(mode="after")
    def _ends_after_it_started(self) -> Self:
        if self.ended_at < self.started_at:
            raise ValueError("a game day cannot end before it started")
        return self


def mean_score(drills: tuple[DrillResult, ...]) -> float | None:
    """The mean score of the drills that were scored; None if none was."""
    scores = [drill.scorecard.score for drill in drills if drill.scorecard and drill.scorecard.score is not None]
    return round(sum(scores) / len(scores), 2) if scores else None


def all_slas_met(drills: tuple[DrillResult, ...]) -> bool | None:
    """Whether every judged drill met its SLAs; None if none could be judged."""
    judged = [drill.scorecard.sla_met for drill in drills if drill.verdict == "scored" and drill.scorecard]
    return all(judged) if judged else None


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
    )
