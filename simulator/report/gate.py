"""A gate as published: what a suite requires of each drill, what was seen, and what follows. `gate.json` is this."""

from typing import Annotated, Literal

from pydantic import Field

from scoring.timeline import Instant
from simulator.report.models import DrillResult, Machine, Report

Outcome = Literal["passed", "failed", "inconclusive"]
RequirementVerdict = Literal["met", "missed", "not_assessed", "not_judged"]
Unit = Literal["drill_seconds", "points", "share", "count"]


class Place(Report):
    """Where the mend begins: a file of the user's or a shipped one (relative where it can be), and its line from 1."""

    path: str
    line: Annotated[int, Field(ge=1)]


class Requirement(Report):
    """One thing that the suite requires of a drill.

    `id` is stable, such as `sla.ttm`, `score`, `requests_failed`, `noise`, `hard_fails` or `regression.score`. `limit`
    and `seen`, one value of each attempt, are in `unit`; None is what never came or was not measured. `why` is a
    sentence, from the scorecard where it has one. `not_assessed` does not arise in the drill or was not asked for;
    `not_judged` could not be told from noise, or the attempts could not be judged.
    """

    id: str
    title: str
    verdict: RequirementVerdict
    unit: Unit
    limit: float | None
    seen: tuple[float | None, ...]
    why: str
    begin_at: Place | None = None


class GatedDrill(Report):
    """A drill of a gate with all its attempts, in the order of play.

    `outcome` is of all attempts together, `why` its sentence. `next_command` is what to type to look into it.
    """

    failure_mode: str
    experiment: str
    title: str
    outcome: Outcome
    why: str
    next_command: str
    requirements: tuple[Requirement, ...]
    attempts: tuple[DrillResult, ...]


class Revision(Report):
    """What was under the gate, where version control knows it."""

    branch: str | None = None
    commit: str | None = None


class ComparedWith(Report):
    """The earlier result that this one is compared with: `name` as it was asked for."""

    name: str
    started_at: Instant
    revision: Revision


class Gate(Report):
    """A suite played as a gate on one app, under one playbook and clock (drill seconds per wall second).

    `outcome` is failed if a drill failed, else inconclusive if one could not be judged, else passed. `suite_at` is the
    suite's own file, where a requirement is shown that has no place to begin at.
    """

    version: Literal[1] = 1
    app: str = ""
    suite: str
    title: str
    outcome: Outcome
    playbook: str
    responder: str
    clock: Annotated[float, Field(gt=0)]
    started_at: Instant
    ended_at: Instant
    machine: Machine
    revision: Revision
    baseline: ComparedWith | None = None
    suite_at: Place | None = None
    drills: tuple[GatedDrill, ...]
    exit_status: Annotated[int, Field(ge=0, le=255)]
