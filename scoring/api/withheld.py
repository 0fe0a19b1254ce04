"""What a reader may see: the truth and the experiment of a running drill are the facilitator's alone."""

from typing import Any

from scoring.api.auth import Role
from scoring.timeline import TRUTH_KINDS, Drill, Event, Timeline, Truth


def may_see_truth(role: Role, drill: Drill) -> bool:
    """Whether this reader may know what is really wrong."""
    return role is Role.FACILITATOR or drill.ended_at is not None


def drill_for(role: Role, drill: Drill, truth: Truth, events: int) -> dict[str, Any]:
    """A drill as its reader may see it."""
    open_ = may_see_truth(role, drill)
    shown = drill if open_ else drill.model_copy(update={"experiment": None})
    return {
        **shown.model_dump(mode="json"),
        "running": drill.ended_at is None,
        "events": events,
        "truth": truth.model_dump(mode="json") if open_ else None,
    }


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
    if may_see_truth(role, drill):
        return event
    if event.kind in TRUTH_KINDS:
        return None
    return event.model_copy(update={"data": {}}) if event.kind == "drill.started" else event
