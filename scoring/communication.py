"""The duty to keep people informed: first update, cadence, audiences, content and a true closing notice.

The duty holds from the declaration, or from when it should have come (first page plus the classification SLA), to the
true resolution, else to the drill's end. Its interval D is that of the graver of the expected level and the level
declared in force: declaring low must not buy silence.
"""

from datetime import datetime

from scoring.finding import Finding, Part, names, together
from scoring.judgement import declarations
from scoring.mitigation import Mitigation
from scoring.playbook import Level
from scoring.sla import spell
from scoring.story import Story
from scoring.timeline import Event

Stretch = tuple[datetime, datetime, Level]


def communicate(
    story: Story, expected: Level, mitigation: Mitigation, resolved: Event | None, *, is_censored: bool
) -> Finding:
    """First update in time 0.25, cadence 0.35, audiences 0.15, content 0.15, a closing notice that is true 0.10.

    `is_censored` says that the drill ended before the incident had to be resolved.
    """
    duty = _duty(story, expected, resolved)
    if duty is None:
        return Finding(None, "the drill ended before anybody had to be told")
    start, end = duty
    stretches = [stretch for stretch in _stretches(story, expected, start, end) if stretch[2].update_every]
    if not stretches:
        return Finding(None, f"{expected.id} asks for no updates")
    updates = [e for e in story.since_begin("update.posted") if e.occurred_at <= end or e.data.get("closing") is True]
    within = [e for e in updates if e.occurred_at <= end]
    first = _first_update(story, stretches, within, end)
    if first.grade is None and not updates:
        return Finding(None, "the drill ended before an update was due")
    return together(
        [
            Part(0.25, first),
            Part(0.35, _cadence(story, stretches, within)),
            Part(0.15, _audiences(stretches, updates)),
            Part(0.15, _content(story, updates)),
            Part(0.10, _closing(updates, mitigation, is_censored=is_censored)),
        ]
    )


def overdue_s(story: Story, stretches: list[Stretch], told_at: list[datetime]) -> float:
    """Σ max(0, gap − D) in drill seconds over the duty; where D changes within a gap, each part has its own D.

    A moment is overdue when the last word before it, or the duty's start, is more than D back.
    """
    total = 0.0
    marks = [stretches[0][0], *told_at]
    for start, end, level in stretches:
        every = level.update_every.value if level.update_every else 0.0
        for i, mark in enumerate(marks):
            until = min(end, marks[i + 1]) if i + 1 < len(marks) else end
            since = max(start, story.later(mark, every))
            if until > since:
                total += story.drill_s(since, until)
    return total


def _duty(story: Story, expected: Level, resolved: Event | None) -> tuple[datetime, datetime] | None:
    told = declarations(story)
    starts = [told[0].occurred_at] if told else []
    if story.page is not None:
        starts.append(story.later(story.page.occurred_at, expected.sla.classify.value))
    elif story.onset_at is not None:
        starts.append(story.later(story.onset_at, expected.sla.detect.value + expected.sla.classify.value))
    end = resolved.occurred_at if resolved else story.ended_at
    start = min(starts, default=end)
    return (start, end) if start < end else None


def _stretches(story: Story, expected: Level, start: datetime, end: datetime) -> list[Stretch]:
    """The duty cut where the level in force changes."""
    book = story.playbook
    changes = [(e.occurred_at, e.text("severity")) for e in declarations(story) if e.occurred_at < end]
    in_force: str | None = None
    cuts: list[tuple[datetime, str | None]] = [(start, None)]
    for at, said in changes:
        in_force = said if book.gravity(said) is not None else in_force
        cuts.append((max(at, start), in_force))
    edges = [at for at, _ in cuts[1:]] + [end]
    return [
        (at, until, book.level(book.graver(expected.id, level) or expected.id))
        for (at, level), until in zip(cuts, edges, strict=True)
        if at < until
    ]


def _first_update(story: Story, stretches: list[Stretch], updates: list[Event], end: datetime) -> Finding:
    start, _, level = stretches[0]
    allowed = level.first_update.value if level.first_update else 0.0
    due = story.later(start, allowed)
    if updates:
        first = updates[0]
        took = story.drill_s(start, first.occurred_at)
        if first.occurred_at <= due:
            return Finding(1.0, "the first update came in time", names(first))
        return Finding(0.0, f"the first update came after {spell(took)}, {spell(allowed)} were allowed", names(first))
    if end < due:
        return Finding(None, "")
    return Finding(0.0, f"no update was posted within {spell(allowed)}")


def _cadence(story: Story, stretches: list[Stretch], updates: list[Event]) -> Finding:
    held_s = sum(story.drill_s(start, end) for start, end, _ in stretches)
    start = stretches[0][0]
    told_at = sorted({e.occurred_at for e in updates if e.occurred_at > start})
    late_s = overdue_s(story, stretches, told_at)
    grade = max(0.0, 1.0 - late_s / held_s)
    if late_s <= 0:
        return Finding(1.0, "updates kept their interval", names(*updates))
    return Finding(grade, f"updates were overdue for {spell(late_s)} of {spell(held_s)}", names(*updates))


def _audiences(stretches: list[Stretch], updates: list[Event]) -> Finding:
    required = list(dict.fromkeys(a for _, _, level in stretches if level.audiences for a in level.audiences.value))
    if not required:
        return Finding(None, "")
    told: set[str] = set()
    for event in updates:
        listed = event.data.get("audiences")
        told |= {item.lower() for item in listed if isinstance(item, str)} if isinstance(listed, list) else set()
    missing = [name for name in required if name.lower() not in told]
    if not missing:
        return Finding(1.0, "everybody who had to be was told", names(*updates))
    return Finding(1 - len(missing) / len(required), f"nobody told {' and '.join(missing)}", names(*updates))


def _content(story: Story, updates: list[Event]) -> Finding:
    """The mean share of the required parts that updates carry; a closing notice needs no next update."""
    if not updates:
        return Finding(0.0, "no update said anything")
    wanted = story.playbook.update_content.value
    missed: dict[str, int] = {}
    shares = []
    for event in updates:
        parts = [part for part in wanted if not (event.data.get("closing") is True and part.startswith("next_"))]
        absent = [part for part in parts if not event.data.get(part)]
        for part in absent:
            missed[part] = missed.get(part, 0) + 1
        shares.append(1 - len(absent) / len(parts) if parts else 1.0)
    grade = sum(shares) / len(shares)
    if not missed:
        return Finding(1.0, "updates said what they have to", names(*updates))
    said = ", ".join(f"{part.replace('_', ' ')} ({count})" for part, count in sorted(missed.items()))
    return Finding(grade, f"updates lacked {said}", names(*updates))


def _closing(updates: list[Event], mitigation: Mitigation, *, is_censored: bool) -> Finding:
    notices = [event for event in updates if event.data.get("closing") is True]
    from_at = mitigation.started_at
    if from_at is not None and (true := next((n for n in notices if n.occurred_at >= from_at), None)):
        return Finding(1.0, "the closing notice was true", names(true))
    if notices:
        return Finding(0.0, "the closing notice was posted while users were not served", names(*notices))
    return Finding(None, "") if is_censored else Finding(0.0, "no closing notice was posted")
