"""When users were served again, by the oracle's rule: the start of the verification window that then holds.

A window is W = max(the playbook's verification window, the longest alert `for`) drill seconds. It holds from an instant
on if, until W later, no two of three load windows are outside the thresholds, the failed share of all requests is
within them, there are enough requests, offered load is at least the playbook's share of the baseline's, and every check
of the oracle is ok. Where load windows or checks are missing, the answer is "cannot tell", never yes or no.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge

from scoring.story import Story
from scoring.story.alerts import FIRING, RESOLVED, Loud
from scoring.story.checks import CHECKED
from scoring.story.chronicle import WINDOW, Chronicle, Index
from scoring.story.evidence import Answer, Condition, verification_s
from scoring.timeline import Event

_SLACK_S = 0.05
"""Wall seconds by which clocks and timers may differ."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Mitigation:
    """`started_at` is when the window that held began, `held_at` when it had held; both None if none did.

    `unsure_at` is the earliest instant at which one might have begun, had nothing been missing from the record.
    `pending_at` is when a window began that may hold yet, while the drill runs.
    `reverted` says that users were served again only because the fault ended by itself.
    """

    started_at: datetime | None = None
    held_at: datetime | None = None
    unsure_at: datetime | None = None
    unsure_why: str = ""
    pending_at: datetime | None = None
    reverted: Event | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def served_from(self) -> datetime | None:
        """From when on users are served again, as far as is known: while the drill runs that may not have held yet."""
        return self.started_at or self.pending_at


def find_mitigation(story: Story) -> Mitigation:
    """The mitigation of a drill in which a fault was injected. Pure."""
    if story.onset_at is None:
        return Mitigation()
    found = _from_windows(story) if story.windows else _from_impact_events(story)
    if found.started_at is None:
        return found
    reverted = story.reverted
    slack = timedelta(seconds=_granularity_s(story))
    if reverted is not None and found.held_at is not None and reverted.occurred_at < found.held_at - slack:
        return Mitigation(reverted=reverted, conditions=found.conditions)
    return found


def _granularity_s(story: Story) -> float:
    return story.windows[0].seconds if story.windows else 1.0


def _from_impact_events(story: Story) -> Mitigation:
    """Without load windows: from the first `impact.ended` after which no impact starts for W."""
    assert story.onset_at is not None
    width = timedelta(seconds=verification_s(story.chronicle))
    starts = [e.occurred_at for e in story.since_begin("impact.started")]
    if not starts:
        why = "neither load windows nor impact events show what users were served"
        return Mitigation(unsure_at=story.onset_at, unsure_why=why)
    for event in story.since_begin("impact.ended"):
        start, held_at = event.occurred_at, event.occurred_at + width
        again = bisect_left(starts, start)
        is_calm = again == len(starts) or starts[again] >= held_at
        if is_calm and held_at <= story.ended_at and _judge_checks(story, start, held_at)[0] is not Answer.FAILS:
            seen = f"impact ended and did not return for {width.total_seconds() * story.clock:.0f} drill seconds"
            return Mitigation(start, held_at, conditions=(Condition("users", True, seen),))
    return Mitigation(conditions=(Condition("users", False, "impact did not end for long enough"),))


def _from_windows(story: Story) -> Mitigation:
    search = story.chronicle.index(Search)
    started_at, unsure = search.find(story)
    pending_at = None if story.is_over or started_at else search.pending(story)
    unsure_at, unsure_why = unsure or (None, "")
    end = story.ended_at if started_at is None else started_at + search.width
    begin = end - search.width if started_at is None else started_at
    conditions = (*story.load.conditions(begin, end), *_conditions_of_checks(story, begin, end))
    return Mitigation(started_at, end if started_at else None, unsure_at, unsure_why, pending_at, conditions=conditions)


class Search(Index):
    """The search for a window that holds. Candidates that were refuted once are not looked at again.

    What was found of a candidate stands as long as nothing comes that could bear on it: no load window, check or alert
    up to two load windows after its end.
    """

    kinds = frozenset({WINDOW, CHECKED, FIRING, RESOLVED})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.width = timedelta(seconds=verification_s(chronicle))
        self._asked: tuple[datetime | None, datetime | None, bool] | None = None
        self._ended_at = _EARLIEST
        self._refuted: list[datetime] = []
        self._until: list[datetime] = []
        """Up to when what came could bear on each refuted candidate."""
        self._unsure: tuple[datetime, str] | None = None

    def forget(self, at: datetime) -> None:
        place = bisect_left(self._until, at)
        if self._unsure is not None and place < len(self._refuted) and self._unsure[0] >= self._refuted[place]:
            self._unsure = None
        del self._refuted[place:], self._until[place:]

    def find(self, story: Story) -> tuple[datetime | None, tuple[datetime, str] | None]:
        """When the window that holds begins, and the first that might have, had nothing been missing, with why."""
        load, checks = story.load, story.checks
        asked = story.onset_at, story.begin_at, checks.has_oracle(story.ended_at)
        if asked != self._asked or story.ended_at < self._ended_at:
            self.forget(_EARLIEST)
        self._asked, self._ended_at = asked, story.ended_at
        unsure, is_settled = self._unsure, True
        last_end = story.ended_at + timedelta(seconds=_SLACK_S)
        for start in self._candidates(story):
            end = start + self.width
            if end > last_end:
                break
            answer, why = load.judge(start, end)
            if answer is not Answer.FAILS:
                checked, why_not = _judge_checks(story, start, end)
                if checked is not Answer.HOLDS:
                    answer, why = checked, why_not
            if answer is Answer.HOLDS:
                return start, unsure
            if answer is Answer.CANNOT_TELL and unsure is None:
                unsure = start, why
            settled_at = load.settled_at(end)
            is_settled = is_settled and settled_at is not None
            if is_settled and settled_at is not None:
                self._refuted.append(start)
                self._until.append(settled_at)
                self._unsure = unsure
        return None, unsure

    def pending(self, story: Story) -> datetime | None:
        """When the first window begins that speaks for users so far, and is not over."""
        now = story.ended_at
        open_yet = (start for start in self._candidates(story) if start + self.width > now)
        return next((start for start in open_yet if self._speaks_for_users(story, start, now)), None)

    @staticmethod
    def _speaks_for_users(story: Story, start: datetime, now: datetime) -> bool:
        """Load windows come a few seconds late; checks do not."""
        is_served = story.load.judge(start, now)[0] is not Answer.FAILS
        return is_served and _judge_checks(story, start, now)[0] is Answer.HOLDS

    def _candidates(self, story: Story) -> Iterator[datetime]:
        """Instants at which a window can begin: where users or checks turn good, and every load window after that."""
        assert story.onset_at is not None
        after = self._refuted[-1] if self._refuted else None
        if after is None:
            yield story.onset_at
            after = story.onset_at
        has_oracle = story.checks.has_oracle(story.ended_at)
        good = (
            _after(story.checks.turned_good, after)
            if has_oracle
            else story.chronicle.index(Loud).fell_silent_after(after)
        )
        for at in merge(_after(story.load.starts, after), good):
            if at > after:
                yield at
                after = at


def _after(times: Sequence[datetime], at: datetime) -> Iterator[datetime]:
    return (times[place] for place in range(bisect_right(times, at), len(times)))


def _judge_checks(story: Story, start: datetime, end: datetime) -> tuple[Answer, str]:
    """By the oracle's checks; where a timeline has no oracle at all, by alerts alone where there is a baseline."""
    if story.checks.has_oracle(story.ended_at):
        return story.checks.judge(start, min(end, story.ended_at))
    assert story.begin_at is not None
    is_loud = story.baseline is not None and story.chronicle.index(Loud).is_loud(start, end, story.begin_at)
    return (Answer.FAILS, "an accepted alert fired") if is_loud else (Answer.HOLDS, "")


def _conditions_of_checks(story: Story, start: datetime, end: datetime) -> tuple[Condition, ...]:
    if story.checks.has_oracle(story.ended_at):
        return story.checks.conditions(start, min(end, story.ended_at))
    return (Condition("oracle", None, "no oracle watched; alerts were taken from the record"),)
