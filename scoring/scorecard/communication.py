"""The duty to keep people informed: first update, cadence, audiences, content and a true closing notice.

The duty holds from the declaration, or from when it should have come if that was earlier, to the true resolution, else
to the drill's end. A declaration should have come the classification SLA after the alert that names the fault; where no
such alert fired, after the detection SLA and the classification SLA.

What the incident asks for is by the expected severity, so that declaring low buys nothing: the first update's time and
the audiences. Only the interval D between updates is by the level in force, see `stretches_of`.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime

from scoring.playbook import Level
from scoring.scorecard.all_clear import Served, is_recovered
from scoring.scorecard.finding import MOST_NAMED, Finding, Part, listed, names, plain, together
from scoring.scorecard.judgement import declarations
from scoring.scorecard.mitigation import Mitigation
from scoring.scorecard.sla import spell
from scoring.scorecard.updates import Range, Updates
from scoring.story import Story
from scoring.timeline import Event


@dataclass(frozen=True)
class Stretch:
    """A part of the duty in which one interval between updates holds, in drill seconds."""

    start: datetime
    end: datetime
    every_s: float


@dataclass(frozen=True)
class _Duty:
    """The duty from `start` to `end`, and what was said in it.

    `within` are the updates from the fault's beginning to the duty's end; `counted` has with them the first closing
    notice after the resolution. `began` shows why somebody had to be told.
    """

    start: datetime
    end: datetime
    updates: Updates
    within: Range
    counted: tuple[Range, ...]
    closing: int | None
    began: Event | None

    @property
    def first(self) -> Event | None:
        """The first update."""
        i, j = self.within
        return self.updates.events[i] if i < j else None

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said at all."""
        return all(i >= j for i, j in self.counted)

    def shown(self) -> tuple[str, ...]:
        """The updates that count, else what called for them."""
        return names(*self.updates.shown(self.counted, MOST_NAMED)) or names(self.began)


def communicate(
    story: Story, expected: Level, mitigation: Mitigation, resolved: Event | None, *, is_censored: bool
) -> Finding:
    """First update in time 0.25, cadence 0.35, audiences 0.15, content 0.15, a closing notice that is true 0.10.

    `is_censored` says that the drill ended before the incident had to be resolved. Not assessed where no level in force
    asked for updates, or the drill ended before the first was due.
    """
    duty = _duty(story, expected, resolved)
    is_open = resolved is None and not story.is_over
    if duty is None:
        return Finding(None, story.not_yet("tell anybody") if is_open else "it was over before anybody had to be told")
    stretches = stretches_of(story, expected, duty.start, duty.end)
    if not stretches:
        return Finding(None, f"{expected.id} asks for no updates")
    first = _first_update(story, expected, duty)
    if first.grade is None and duty.is_silent:
        return Finding(None, story.not_yet("post an update") if is_open else "it was over before an update was due")
    return together(
        [
            Part(0.25, first),
            Part(0.35, _cadence(story, duty, stretches)),
            Part(0.15, _audiences(story, expected, duty)),
            Part(0.15, _content(duty)),
            Part(0.10, _closing(story, duty, mitigation, resolved, is_censored=is_censored)),
        ]
    )


def stretches_of(story: Story, expected: Level, start: datetime, end: datetime) -> list[Stretch]:
    """The duty, cut where the level in force changes.

    In force is what was last declared or reclassified: a reclassification changes the interval from then on. Before any
    declaration the expected level is in force, and it stands in where the one declared asks for no updates or is none
    of the playbook's, so that declaring low cannot end the duty. Stretches in which neither asks for any are left out.
    """
    book, usual = story.playbook, expected.update_every
    cuts = [(start, usual)]
    for event in declarations(story):
        if event.occurred_at < end:
            said = event.text("severity")
            level = book.level(said) if book.gravity(said) is not None else expected
            cuts.append((max(event.occurred_at, start), level.update_every or usual))
    edges = [at for at, _ in cuts[1:]] + [end]
    return [
        Stretch(at, until, every.value)
        for (at, every), until in zip(cuts, edges, strict=True)
        if every is not None and at < until
    ]


def overdue_s(story: Story, updates: Updates, stretches: list[Stretch]) -> float:
    """Σ max(0, gap − D) in drill seconds over the duty, the last gap included.

    A moment is overdue when the last word before it, or the duty's start, is more than the D then in force back; where
    D does not change within a gap, that adds up to max(0, gap − D).
    """
    since = stretches[0].start
    return story.clock * sum(
        updates.overdue_s(stretch.start, stretch.end, since, stretch.every_s / story.clock) for stretch in stretches
    )


def _duty(story: Story, expected: Level, resolved: Event | None) -> _Duty | None:
    told, sla = declarations(story), expected.sla
    starts = [told[0].occurred_at] if told else []
    if story.first_alert is not None:
        starts.append(story.later(story.first_alert.occurred_at, sla.classify.value))
    elif story.onset_at is not None:
        starts.append(story.later(story.onset_at, sla.detect.value + sla.classify.value))
    end = resolved.occurred_at if resolved else story.ended_at
    start = min(starts, default=end)
    if start >= end or story.begin_at is None:
        return None
    updates = story.chronicle.index(Updates)
    times = updates.times
    i, j, last = bisect_left(times, story.begin_at), bisect_right(times, end), bisect_right(times, story.ended_at)
    later = updates.first_closing(j, last)
    counted = ((i, j),) if later is None else ((i, j), (later, later + 1))
    closing = updates.first_closing(i, last)
    return _Duty(start, end, updates, (i, j), counted, closing, told[0] if told else story.page or story.injected)


def _first_update(story: Story, expected: Level, duty: _Duty) -> Finding:
    """Whether the first word came within the expected level's `first_update` of the duty's start."""
    if expected.first_update is None:
        return Finding(None, "")
    allowed_s = expected.first_update.value
    due, first = story.later(duty.start, allowed_s), duty.first
    if first is not None:
        if first.occurred_at <= due:
            return Finding(1.0, "the first update came in time", names(first))
        took = spell(story.drill_s(duty.start, first.occurred_at))
        return Finding(0.0, f"the first update came after {took}, {spell(allowed_s)} were allowed", names(first))
    if duty.end < due:
        return Finding(None, "")
    return Finding(0.0, f"no update was posted within {spell(allowed_s)}", names(duty.began))


def _cadence(story: Story, duty: _Duty, stretches: list[Stretch]) -> Finding:
    """1 − overdue time / time the duty held."""
    held_s = sum(story.drill_s(stretch.start, stretch.end) for stretch in stretches)
    late_s = overdue_s(story, duty.updates, stretches)
    shown = names(*duty.updates.shown([duty.within], MOST_NAMED)) or names(duty.began)
    if late_s <= 0 or held_s <= 0:
        return Finding(1.0, "updates kept their interval", shown)
    why = f"updates were overdue for {spell(late_s)} of {spell(held_s)}"
    return Finding(max(0.0, 1.0 - late_s / held_s), why, shown)


def _audiences(story: Story, expected: Level, duty: _Duty) -> Finding:
    """The share of the expected level's audiences that any update told, by name or by the channel where they listen."""
    required = list(expected.audiences.value) if expected.audiences else []
    if not required:
        return Finding(None, "")
    listens = {plain(audience.id): plain(audience.channel) for audience in story.playbook.audiences}
    words = {name: {plain(name), listens.get(plain(name), plain(name))} for name in required}
    missing = [name for name in required if not duty.updates.tell(words[name], duty.counted)]
    if not missing:
        return Finding(1.0, "everybody who had to be was told", duty.shown())
    return Finding(1 - len(missing) / len(required), f"nobody told {listed(missing)}", duty.shown())


def _content(duty: _Duty) -> Finding:
    """The mean share of the playbook's parts that updates carry; a closing notice needs nothing about what is next."""
    if duty.is_silent:
        return Finding(0.0, "no update said anything", names(duty.began))
    share, missed = duty.updates.content(duty.counted)
    if not missed:
        return Finding(1.0, "updates said what they have to", duty.shown())
    said = ", ".join(f"{part.replace('_', ' ')} ({count})" for part, count in sorted(missed.items()))
    return Finding(share, f"updates lacked {said}", names(*duty.updates.short(duty.counted, MOST_NAMED)))


def _closing(
    story: Story, duty: _Duty, mitigation: Mitigation, resolved: Event | None, *, is_censored: bool
) -> Finding:
    """Whether the first closing notice was true; a false one cannot be made good by another."""
    if duty.closing is None:
        shown = names(resolved or story.page or story.injected)
        return Finding(None, "") if is_censored else Finding(0.0, "no closing notice was posted", shown)
    first = duty.updates.events[duty.closing]
    if not Served(story, mitigation).at(first.occurred_at):
        return Finding(0.0, "the closing notice was posted while users were not served", names(first))
    if not is_recovered(story):
        return Finding(0.0, "the closing notice was posted while the cause was still there", names(first))
    return Finding(1.0, "the closing notice was true", names(first))
