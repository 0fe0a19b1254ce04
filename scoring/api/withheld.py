"""What a reader may see: the truth and the experiment of a running drill are the facilitator's alone, and what a person
has practised is that person's, too.
"""

from scoring.api.answers import SeenDrill
from scoring.api.auth import Asker, Role
from scoring.api.problems import Problem
from scoring.record.people import id_of
from scoring.timeline import TRUTH_KINDS, Drill, Event, Timeline, Truth


def may_see_truth(role: Role, drill: Drill) -> bool:
    """Whether this reader may know what is really wrong."""
    return role is Role.FACILITATOR or drill.ended_at is not None


def need_truth(role: Role, drill: Drill, what: str) -> None:
    """Raises Problem 403 for a reader who must not know yet what is really wrong, which `what` would tell."""
    if not may_see_truth(role, drill):
        raise Problem(403, "Not yet", f"{what} tells what is wrong; it can be read once the drill has ended")


def need_own(asker: Asker, person_id: str) -> None:
    """Raises Problem 403 for whoever is neither a facilitator nor the person whose record it is."""
    if asker.role is not Role.FACILITATOR and id_of(asker.person or "") != person_id:
        raise Problem(
            403,
            "Not yours to see",
            "what a person has practised is for facilitators, and for a token that was made out to that person",
        )


def drill_for(role: Role, drill: Drill, truth: Truth, events: int) -> SeenDrill:
    """A drill as its reader may see it."""
    open_ = may_see_truth(role, drill)
    shown = drill if open_ else drill.model_copy(update={"experiment": None})
    return SeenDrill.model_construct(
        **shown.__dict__,
        running=drill.ended_at is None,
        events=events if open_ else None,
        truth=truth if open_ else None,
    )


def timeline_for(role: Role, timeline: Timeline) -> Timeline:
    """A timeline as its reader may see it."""
    if may_see_truth(role, timeline.drill):
        return timeline
    return timeline.model_copy(
        update={
            "drill": timeline.drill.model_copy(update={"experiment": None}),
            "truth": None,
            "baseline": None,
            "events": tuple(shown for event in timeline.events if (shown := event_for(role, timeline.drill, event))),
        }
    )


def event_for(role: Role, drill: Drill, event: Event) -> Event | None:
    """An event as its reader may see it; None for one that would tell the answer."""
    return event if may_see_truth(role, drill) else shown_while_running(event)


def shown_while_running(event: Event) -> Event | None:
    """An event of a running drill as everybody but the facilitator sees it; None for one that tells the answer."""
    if event.kind in TRUTH_KINDS:
        return None
    return event.model_copy(update={"data": {}}) if event.kind == "drill.started" else event
