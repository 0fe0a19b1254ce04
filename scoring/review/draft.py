"""`draft(timeline, playbook, card)`: the review before anybody wrote it, in the playbook's own parts."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from scoring.playbook import Level, Playbook
from scoring.review import ITEMS, Due, Part, Review
from scoring.review.items import ActionItem
from scoring.review.kinds import kind_of
from scoring.review.known import Known, known_of
from scoring.review.proposing import Situation, propose
from scoring.review.summary import severity
from scoring.review.told import tell_part
from scoring.scorecard.cards import Scorecard
from scoring.timeline import Timeline

_LATEST_S = 366 * 86_400 * 100.0


def draft(timeline: Timeline, playbook: Playbook, card: Scorecard | None) -> Review:
    """The review, filled in as far as the timeline tells. Pure.

    Without a scorecard, as while the truth is withheld, it says nothing that would tell the truth, and proposes no
    action items. `timeline.truth` is used only beside a scorecard.
    """
    known = known_of(timeline, playbook, card)
    wanted = playbook.review.parts.value
    parts = (part for part in wanted if part != ITEMS)
    return Review(
        drill=timeline.drill.id,
        parts=tuple(_part(part, known) for part in parts),
        items=_items(known),
        wants_items=ITEMS in wanted,
        due=tuple(_due(known)),
    )


def _part(part_id: str, known: Known) -> Part:
    kind = kind_of(part_id)
    return Part(part_id, kind.title, kind.asks, tell_part(part_id, known))


def _items(known: Known) -> tuple[ActionItem, ...]:
    drill, truth, card = known.timeline.drill, known.timeline.truth, known.card
    if card is None or drill.ended_at is None:
        return ()
    situation = Situation(
        failure_mode=truth.failure_mode if truth else "",
        component=truth.component if truth else "",
        holders=_holders(known),
        people=drill.people,
        ended_on=drill.ended_at.date(),
    )
    return propose(card, situation)


def _holders(known: Known) -> Mapping[str, str]:
    """Who held each role in the end."""
    return {event.text("role"): event.text("who") for event in known.every("role.assigned")}


def _due(known: Known) -> Iterator[Due]:
    """What has to be handed in, from the first resolution on, else from the drill's end; nothing before either."""
    resolved = known.first("incident.resolved")
    from_at = resolved.occurred_at if resolved else known.timeline.drill.ended_at
    if from_at is None:
        return
    for deadline in known.playbook.review.asked_of(_level(known).id):
        yield Due(deadline.title, deadline.parts.value, _later(known, from_at, deadline.due.value))


def _level(known: Known) -> Level:
    """The level that was called for or said; the gravest where nobody knows."""
    said = severity(known)
    is_there = known.playbook.gravity(said) is not None
    return known.playbook.level(said) if is_there else known.playbook.levels[0]


def _later(known: Known, at: datetime, drill_s: float) -> datetime:
    time = known.time
    return time.wall_at(time.at(at) + timedelta(seconds=min(drill_s, _LATEST_S) / time.factor))
