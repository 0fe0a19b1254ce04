"""What the people of a drill may know of it, as their pages show it: pure, from events, load, playbook and an instant.

Durations are drill seconds, instants are the wall's. A desk is made of what a responder may see, so it never holds the
truth; whoever knows more sees that beside it.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from scoring.timeline import Instant

Stage = Literal["waiting", "ample", "half", "over", "met", "missed"]
"""Of a clock: not begun; up to half of its limit; up to the limit; beyond it; stopped in time; stopped too late."""
CallState = Literal["overdue", "due", "ahead", "if_so", "late", "made", "not_needed"]


class Piece(BaseModel):
    """A frozen piece of a desk."""

    model_config = ConfigDict(frozen=True)


class Said(Piece):
    """Somebody said something."""

    at: Instant
    by: str
    text: str = ""


class Declared(Said):
    """A severity was said."""

    severity: str


class Diagnosed(Said):
    """Somebody said what is wrong."""

    component: str
    failure_mode: str


class Page(Piece):
    """What called the responder: an alert, an inject, or their own declaration."""

    at: Instant
    title: str
    text: str
    runbook: str


class Fired(Piece):
    """An alert. `until_at` is null while it fires."""

    name: str
    severity: str
    summary: str
    description: str
    runbook: str
    since_at: Instant
    until_at: Instant | None


class Inject(Piece):
    """Something that the facilitator let happen: a message to some of those who respond."""

    at: Instant
    title: str
    sender: str
    to: tuple[str, ...]
    channel: str
    text: str


class RoleHeld(Piece):
    """A role of the playbook, and who holds it; empty while nobody does."""

    id: str
    title: str
    does: str
    who: str


class Posted(Said):
    """An update as it was posted."""

    status: str
    impact: str
    next_step: str
    next_update_at: str
    audiences: tuple[str, ...]
    channels: tuple[str, ...]
    is_closing: bool


class Call(Piece):
    """Somebody whom the playbook wants called: by one of `by`, from `due_at` on, and in time until `until_at`.

    `when` is the rule in words. Both instants are null while nobody can tell them.
    """

    rule: str
    to: str
    by: tuple[str, ...]
    when: str
    state: CallState
    due_at: Instant | None
    until_at: Instant | None
    made_at: Instant | None


class SlaClock(Piece):
    """One limit of the level in force. `used_s` of `limit_s` drill seconds are gone at the desk's `now`.

    It goes on from there with the drill clock if `is_moving`. `due_at` is when it will have run out if that does not
    stop; null once it has ended, and while the drill clock stands. A `hold` is something to wait for: it is good when
    it has run out.
    """

    id: str
    title: str
    sense: Literal["limit", "hold"]
    limit_s: float
    used_s: float
    stage: Stage
    is_moving: bool
    from_at: Instant | None
    to_at: Instant | None
    due_at: Instant | None


class Mark(Piece):
    """Something to see on the charts."""

    at: Instant
    text: str
    tone: str


class Leg(Piece):
    """At `at` the drill is `base_s` drill seconds old, from then on it ages by `rate` a second; 0 while it stands."""

    at: Instant
    base_s: float
    rate: float


class Desk(Piece):
    """How an incident stands at `now`.

    `clock` is drill seconds per wall second, `elapsed_s` the drill time since the drill's start; `legs` tell it for any
    instant. `level` is the one whose limits hold: the declared one, else the gravest, which `is_level_assumed` says.
    `stopped` says that the drill clock stands, and why. `to_acknowledge` names what came since the last
    acknowledgement. `is_over` says that it was resolved and nothing came after. `seq` is the place of the last event
    that everybody may see.
    """

    drill: str
    playbook: str
    clock: float
    now: Instant
    started_at: Instant
    ended_at: Instant | None
    elapsed_s: float
    stopped: Said | None
    seq: int
    page: Page | None
    acknowledged: Said | None
    to_acknowledge: tuple[str, ...]
    declared: Declared | None
    level: str
    is_level_assumed: bool
    is_impacted: bool
    served_again_at: Instant | None
    roles: tuple[RoleHeld, ...]
    updates: tuple[Posted, ...]
    calls: tuple[Call, ...]
    diagnosis: Diagnosed | None
    resolved: Said | None
    is_over: bool
    reviewed: Said | None
    alerts: tuple[Fired, ...]
    injects: tuple[Inject, ...]
    clocks: tuple[SlaClock, ...]
    legs: tuple[Leg, ...]
    marks: tuple[Mark, ...]

    def stage_of(self, clock: str) -> Stage | None:
        """The stage of a clock; None where there is no such clock."""
        return next((each.stage for each in self.clocks if each.id == clock), None)

    @property
    def is_too_early(self) -> bool:
        """Whether it was called resolved while what is waited for had not run its time, as far as that is known."""
        waited_for = [each for each in self.clocks if each.sense == "hold"]
        cut_short = (each.stage == "waiting" or (each.stage == "missed" and each.used_s > 0) for each in waited_for)
        return self.is_over and any(cut_short)
