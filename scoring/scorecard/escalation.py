"""Who had to be called, who was, and whether the calls were called for."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scoring.playbook import Escalation, Level, Playbook
from scoring.scorecard.finding import MOST_NAMED, Finding, Part, listed, names, plain, said_alike, together
from scoring.scorecard.judgement import short_name
from scoring.scorecard.mitigation import Mitigation
from scoring.scorecard.sla import spell
from scoring.story import Story
from scoring.story.chronicle import Chronicle, Index
from scoring.timeline import Event

ESCALATED = "incident.escalated"


@dataclass(frozen=True)
class Due:
    """One person who has to be called by `until_at`."""

    rule: Escalation
    to: str
    due_at: datetime
    until_at: datetime


Pair = tuple[str, str]
"""Whom somebody called and by what, in plain words."""


def escalate(story: Story, expected: Level, mitigation: Mitigation, resolved: Event | None) -> Finding:
    """0.8 × required escalations made in time / required + 0.2 × calls that were called for / calls made.

    In time is by the end of the rule's grace; sooner is no fault. Not assessed when none was due; one whose grace the
    drill's end cut off counts if it was made and is left out if it was not.
    """
    due = due_escalations(story, expected, mitigation, resolved)
    calls = story.chronicle.index(Calls).made(story)
    wanted = _Wanted(story.playbook, due)
    answers = {pair: wanted.answered_by(pair) for pair in calls}
    in_time = {d for pair, found in answers.items() for d in found if calls[pair].first[0].occurred_at <= d.until_at}
    judged = [d for d in due if d in in_time or d.until_at <= story.ended_at]
    made = sum(each.count for each in calls.values())
    shown = _first_events(calls.values())
    if not judged:
        extra = f"; {made} made all the same" if made and not due else ""
        return Finding(None, f"no escalation was due{extra}", shown)
    late = [d for d in judged if d not in in_time]
    shown = shown or names(story.page or story.onset or story.injected)
    needless = {pair: each for pair, each in calls.items() if not wanted.has(pair)}
    return together([Part(0.8, _in_time(judged, late, shown)), Part(0.2, _share(made, needless, shown))])


def due_escalations(story: Story, expected: Level, mitigation: Mitigation, resolved: Event | None) -> list[Due]:
    """Every person whom the playbook's rules want called in this drill, and by when.

    A timed rule is due its time after the onset, if the incident is of its level or graver and not mitigated or
    resolved by then. Rules for a level at once and for kinds of failure are due with the page: the alert that names the
    fault, else the declaration or when it should have come, whichever is first.
    """
    if story.onset_at is None:
        return []
    ends = {"mitigated": mitigation.served_from, "resolved": resolved.occurred_at if resolved else None}
    paged_at = _paged_at(story, expected)
    due = []
    for rule in story.playbook.escalations:
        when = rule.when
        is_due, due_at = _is_grave(story.playbook, expected, when.level), paged_at
        if when.level is None:
            is_due = any(
                said_alike(short_name(mode), short_name(story.truth.failure_mode)) for mode in when.failure_modes
            )
        elif when.after is not None:
            due_at = story.later(story.onset_at, when.after)
            done_at = ends[when.until or "resolved"]
            is_due = is_due and (done_at is None or done_at > due_at)
        if is_due and due_at <= story.ended_at:
            due += [Due(rule, to, due_at, story.later(due_at, rule.grace.value)) for to in rule.to]
    return due


def _paged_at(story: Story, expected: Level) -> datetime:
    assert story.onset_at is not None
    if story.first_alert is not None:
        return story.first_alert.occurred_at
    should_have = story.later(story.onset_at, expected.sla.detect.value)
    return min(should_have, story.page.occurred_at) if story.page else should_have


def _is_grave(book: Playbook, expected: Level, level_id: str | None) -> bool:
    if level_id is None:
        return False
    return (book.gravity(expected.id) or 0) <= (book.gravity(level_id) or 0)


class _Wanted:
    """Which calls are called for."""

    def __init__(self, book: Playbook, due: list[Due]) -> None:
        self._due = due
        self._on_request = [rule for rule in book.escalations if rule.when.on_request]
        self._channels = {plain(channel) for rule in book.escalations for channel in rule.by}

    def answered_by(self, pair: Pair) -> list[Due]:
        """What such a call answers."""
        return [d for d in self._due if pair[0] == plain(d.to) and self._fits(pair, d.rule)]

    def has(self, pair: Pair) -> bool:
        """Whether such a call was called for, be it that only people could know."""
        asked = (rule for rule in self._on_request if self._fits(pair, rule))
        return bool(self.answered_by(pair)) or any(pair[0] == plain(to) for rule in asked for to in rule.to)

    def _fits(self, pair: Pair, rule: Escalation) -> bool:
        """False only where the call went by a channel that the playbook knows and this rule does not want."""
        return pair[1] not in self._channels or pair[1] in {plain(channel) for channel in rule.by}


@dataclass(frozen=True)
class Made:
    """Calls of one person by one channel: how many, and the first of them."""

    count: int
    first: tuple[Event, ...]


class Calls(Index):
    """Who was called by what. An event whose `to` is a list calls each of them; `by` is the channel."""

    kinds = frozenset({ESCALATED})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self._done = 0
        self._places: dict[Pair, list[int]] = {}

    def catch_up(self) -> None:
        every = self.chronicle.by_kind.get(ESCALATED, [])
        for place in range(self._done, len(every)):
            event = every[place]
            to = event.data.get("to")
            people = [item for item in to if isinstance(item, str)] if isinstance(to, list) else [event.text("to")]
            for person in people:
                self._places.setdefault((plain(person), plain(event.text("by"))), []).append(place)
        self._done = len(every)

    def forget(self, at: datetime) -> None:
        self._done = min(self._done, bisect_left(self.chronicle.times[ESCALATED], at))
        for places in self._places.values():
            del places[bisect_left(places, self._done) :]

    def made(self, story: Story) -> dict[Pair, Made]:
        """The calls from the fault's beginning to the drill's end, by whom and by what."""
        times = self.chronicle.times.get(ESCALATED, ())
        first = bisect_left(times, story.begin_at) if story.begin_at else len(times)
        last = bisect_right(times, story.ended_at)
        found: dict[Pair, Made] = {}
        for pair in sorted(self._places):
            places = self._places[pair]
            i, j = bisect_left(places, first), bisect_left(places, last)
            if i < j:
                some = places[i : min(j, i + MOST_NAMED)]
                found[pair] = Made(j - i, tuple(self.chronicle.by_kind[ESCALATED][place] for place in some))
        return found


def _first_events(calls: Iterable[Made]) -> tuple[str, ...]:
    """The first calls of all."""
    events = [event for made in calls for event in made.first]
    return names(*sorted(events, key=lambda event: event.occurred_at))


def _in_time(judged: list[Due], late: list[Due], shown: tuple[str, ...]) -> Finding:
    if not late:
        return Finding(1.0, "every escalation that was due was made in time", shown)
    who = listed(f"{d.to} (due {_condition(d)})" for d in late)
    return Finding(1 - len(late) / len(judged), f"not called in time: {who}", shown)


def _condition(due: Due) -> str:
    when = due.rule.when
    if when.level is None:
        return f"for {' or '.join(when.failure_modes)}"
    if when.after is None:
        return f"at once for {when.level}"
    return f"when {when.level} was not {when.until} after {spell(when.after)}"


def _share(made: int, needless: dict[Pair, Made], shown: tuple[str, ...]) -> Finding:
    if not made:
        return Finding(0.0, "nobody was called", shown)
    if not needless:
        return Finding(1.0, "every call was called for", shown)
    who = listed(to or "nobody in particular" for to, _ in needless)
    share = 1 - sum(each.count for each in needless.values()) / made
    return Finding(share, f"called without need: {who}", _first_events(needless.values()))
