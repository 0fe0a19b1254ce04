"""What the documents ask of who is on call, and how a person's record stands to it. Pure.

One of the five documents has such requirements. Where the record can show that one is met, the rule by which it does is
ours, and told with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from scoring.training import Played, State, TrainingRecord, state_of

SOURCE = "autonomous-dev-system § Training"


@dataclass(frozen=True)
class RequirementCard:
    """One requirement: where it is from, how a record stands to it, and what shows that.

    `due_at` is when it has to be met again; null for what is met once and for all, and for what was never met.
    """

    id: str
    text: str
    source: str
    state: State
    why: str
    due_at: datetime | None = None


def requirements(record: TrainingRecord, now: datetime) -> tuple[RequirementCard, ...]:
    """How a record stands to each requirement of the documents at an instant."""
    return tuple(
        RequirementCard(id_, text, SOURCE, *judge(record, now)) for id_, (text, judge) in _REQUIREMENTS.items()
    )


_Judged = tuple[State, str, datetime | None]
_Judge = Callable[[TrainingRecord, datetime], _Judged]


def _trained(record: TrainingRecord, now: datetime) -> _Judged:
    return "not_told", "no drill shows it; whoever gave the training knows", None


def _practised(record: TrainingRecord, now: datetime) -> _Judged:
    """The document asks for tabletops; a live drill is no less of a rehearsal."""
    last = next(_practices(record), None)
    if last is None:
        return "due", "no drill yet, live or at a table", None
    state = state_of(record.due_at, now)
    until = f"{record.due_at:%Y-%m-%d}"
    told = f"since {until}" if state == "overdue" else f"again by {until}"
    return state, f"last practised on {last.started_at:%Y-%m-%d}, in drill {last.drill_id}; {told}", record.due_at


def _responded(record: TrainingRecord, now: datetime) -> _Judged:
    """A drill stands in for an incident: both are on record as they happened."""
    count = sum(1 for _ in _practices(record))
    if not count:
        return "due", "not yet; a drill in which something fails stands in for an incident", None
    return "met", f"{count} {'drill' if count == 1 else 'drills'} in which something failed", None


def _reviewed(record: TrainingRecord, now: datetime) -> _Judged:
    """To file one is more than to have read it."""
    if record.reviewed_at is None:
        return "due", "no review was filed of a drill that this person took part in", None
    reviews = "1 review was" if record.reviews == 1 else f"{record.reviews} reviews were"
    return "met", f"{reviews} filed of their drills, the last on {record.reviewed_at:%Y-%m-%d}", None


def _practices(record: TrainingRecord) -> Iterator[Played]:
    return (each for each in record.drills if each.is_practice)


_REQUIREMENTS: dict[str, tuple[str, _Judge]] = {
    "trained": ("has had training in incident response", _trained),
    "practised": ("practises once a quarter", _practised),
    "responded": ("has taken part in the response to an incident", _responded),
    "reviewed": ("knows the reviews of past incidents", _reviewed),
}
