"""What only people know: how grave it is and what is wrong."""

import re

from scoring.scorecard.finding import Finding, Part, clip, names, plain, said_alike, together
from scoring.story import Story
from scoring.timeline import Event

_RIGHT, _ONE_TOO_HIGH, _ONE_TOO_LOW = 1.0, 0.75, 0.25
_NEIGHBOUR = 0.5
_LATER_CAUSE = 0.5


def classify(story: Story, expected: str, *, is_censored: bool) -> Finding:
    """0.6 × g(first declared severity) + 0.4 × g(the last), against the expected one; g is `severity_grade`.

    Reclassifications count as declarations once there was one. 0 when none came; not assessed when the drill ended
    before one had to.
    """
    declared = declarations(story)
    if not declared:
        if is_censored:
            return Finding(None, story.not_yet("declare a severity"))
        return Finding(0.0, f"no severity was declared; {expected} was called for", names(story.page or story.injected))
    first, last = declared[0], declared[-1]
    return together(
        [Part(0.6, _declared(story, first, expected, "first")), Part(0.4, _declared(story, last, expected, "last"))]
    )


def declarations(story: Story) -> list[Event]:
    """Declarations and reclassifications from the first declaration on."""
    told = story.since_begin("incident.declared", "incident.reclassified")
    first = next((i for i, event in enumerate(told) if event.kind == "incident.declared"), len(told))
    return told[first:]


def severity_grade(story: Story, declared: str, expected: str) -> float:
    """The same 1, one too high 0.75 (in doubt, assume the worse), one too low 0.25, else 0."""
    book = story.playbook
    said, right = book.gravity(declared), book.gravity(expected)
    if said is None or right is None:
        return 0.0
    return {0: _RIGHT, -1: _ONE_TOO_HIGH, 1: _ONE_TOO_LOW}.get(said - right, 0.0)


def diagnose(story: Story, *, is_censored: bool) -> Finding:
    """Component right 0.5 (half of that for a direct neighbour), failure mode right 0.5; the last diagnosis counts.

    Right is the first cause; another one of several is worth half. Names agree whatever their case, hyphens and
    underscores, and all names of one row of the playbook's component matrix are one component's; a failure mode may go
    without its family, and with words after it. 0 when nobody said; not assessed when the drill ended before the
    incident had to be resolved.
    """
    submitted = story.since_begin("diagnosis.submitted")
    if not submitted:
        if is_censored:
            return Finding(None, story.not_yet("submit a diagnosis"))
        return Finding(0.0, "no diagnosis was submitted", names(story.page or story.injected))
    last = submitted[-1]
    return together([Part(0.5, _component(story, last)), Part(0.5, _failure_mode(story, last))])


def _declared(story: Story, event: Event, expected: str, which: str) -> Finding:
    said = event.text("severity")
    grade = severity_grade(story, said, expected)
    if grade == _RIGHT:
        return Finding(grade, f"{said} was declared, as called for", names(event))
    unknown = "" if story.playbook.gravity(said) is not None else ", which this playbook does not know"
    shown = clip(said) or "no severity"
    return Finding(grade, f"{shown} was declared {which}{unknown}; {expected} was called for", names(event))


def _component(story: Story, event: Event) -> Finding:
    said, right = event.text("component"), story.truth.component
    if right and _is_one(story, said, right):
        return Finding(1.0, "the component was named rightly", names(event))
    if said and any(_is_one(story, said, name) for name in story.truth.neighbours):
        return Finding(_NEIGHBOUR, f"{clip(said)} was named, a neighbour of {clip(right)}", names(event))
    if said and any(_is_one(story, said, fault.component) for fault in story.truth.faults[1:]):
        return Finding(
            _LATER_CAUSE, f"{clip(said)} was named, where another cause was; it began in {clip(right)}", names(event)
        )
    return Finding(0.0, f"{clip(said) or 'no component'} was named; it was {clip(right)}", names(event))


def _is_one(story: Story, one: str, other: str) -> bool:
    """Whether two names are of one component."""
    called = [{plain(row.component), *map(plain, row.names)} for row in story.playbook.matrix]
    return said_alike(one, other) or any({plain(one), plain(other)} <= row for row in called)


def _failure_mode(story: Story, event: Event) -> Finding:
    said, right = short_name(event.text("failure_mode")), short_name(story.truth.failure_mode)
    if right and _begins_with(said, right):
        return Finding(1.0, "the failure mode was named rightly", names(event))
    if any(_begins_with(said, short_name(fault.failure_mode)) for fault in story.truth.faults[1:]):
        why = f"{clip(said)} was named, another cause; the first was {clip(right)}"
        return Finding(_LATER_CAUSE, why, names(event))
    return Finding(0.0, f"the failure mode was {clip(right)}, not {clip(said) or 'named at all'}", names(event))


def _begins_with(said: str, failure_mode: str) -> bool:
    """Whether it names a failure mode, alone or with words after it: `connection exhaustion: a batch has them all`."""
    name = plain(failure_mode)
    return bool(name) and re.match(rf"{re.escape(name)}\b", plain(said)) is not None


def short_name(failure_mode: str) -> str:
    """Without its family: `database/pool-exhaustion` → `pool-exhaustion`."""
    return failure_mode.rpartition("/")[2]
