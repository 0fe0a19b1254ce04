"""Playbooks as Markdown: every figure with its origin for who compares, one playbook for who works by it."""

from collections.abc import Iterable, Iterator

from scoring.documents.markdown import cell, table_lines
from scoring.playbook import Level, Playbook
from scoring.playbook.consistency import STEPS
from scoring.playbook.figure import Time, write_duration
from scoring.playbook.words import percent, say, say_condition, say_criterion


def table(playbooks: Iterable[Playbook]) -> str:
    """Every figure of the playbooks with its value and its source or derivation."""
    return "\n".join(line for book in playbooks for line in _figures(book))


def describe(playbook: Playbook) -> str:
    """One playbook for its readers: levels, limits, who is told and called, when it is over, what follows."""
    parts = (_head, _levels, _verification, _matrix, _escalations, _people, _review)
    return "\n".join(line for part in parts for line in part(playbook))


def _figures(book: Playbook) -> Iterator[str]:
    yield from _head(book)
    rows = [(path, say(figure), figure.source or "", figure.derived or "") for path, figure in book.figures()]
    yield from table_lines(("figure", "value", "source", "derived"), rows)


def _head(book: Playbook) -> Iterator[str]:
    yield from (f"# {cell(book.title)}", "", f"`{book.name}`, from the document `{cell(book.document)}`.", "")
    yield from table_lines(
        ("level", "response", *STEPS, "first update", "update every", "reached by"),
        [
            (
                level.id,
                say(level.response),
                *(say(getattr(level.sla, step)) for step in STEPS),
                _or_dash(level.first_update),
                _or_dash(level.update_every),
                say(level.channels) if level.channels else "–",
            )
            for level in book.levels
        ],
    )


def _levels(book: Playbook) -> Iterator[str]:
    titles = {audience.id: f"{audience.title} ({audience.channel})" for audience in book.audiences}
    for level in book.levels:
        yield from (f"## {level.id}: {cell(level.title)}", "", cell(level.definition), "")
        yield from _signs(level)
        if level.audiences:
            yield f"- Tell: {cell(', '.join(titles[name] for name in level.audiences.value))}"
        yield ""


def _signs(level: Level) -> Iterator[str]:
    yield from (f"- Measured: {say_criterion(criterion)}" for criterion in level.criteria)
    if level.examples:
        yield f"- Such as: {cell('; '.join(level.examples))}"


def _verification(book: Playbook) -> Iterator[str]:
    limits, hold = book.verification, book.severity_hold
    yield from ("## When users are served again", "")
    yield f"For {say(limits.window)} and on at least {say(limits.min_requests)} requests:"
    yield ""
    yield f"- at most {percent(limits.error_share_above.value)} of their requests fail"
    yield f"- the p95 is at most {say(limits.p95_ms_above)} ms"
    if limits.p95_times_baseline_above:
        yield f"- the p95 is at most {say(limits.p95_times_baseline_above)} times the one before the fault"
    yield f"- at least {percent(limits.load_share.value)} of the usual requests come"
    yield ""
    yield f"A level's signs count once they held for {say(hold.time)} on at least {say(hold.min_requests)} requests."
    yield ""


def _matrix(book: Playbook) -> Iterator[str]:
    if book.matrix:
        yield from ("## Components", "")
        rows = [(row.component, row.users, row.impact, row.level) for row in book.matrix]
        yield from table_lines(("component", "users", "impact", "at least"), rows)


def _escalations(book: Playbook) -> Iterator[str]:
    if book.escalations:
        yield from ("## Escalation", "")
        rows = [
            (say_condition(rule.when), ", ".join(rule.to), " or ".join(rule.by), say(rule.grace))
            for rule in book.escalations
        ]
        yield from table_lines(("when", "to", "by", "in time within"), rows)


def _people(book: Playbook) -> Iterator[str]:
    if book.roles:
        yield from ("## Roles", "")
        yield from (f"- {cell(say(role))}" for role in book.roles)
        yield ""


def _review(book: Playbook) -> Iterator[str]:
    yield from ("## Afterwards", "")
    rows = [
        (
            deadline.title,
            write_duration(deadline.due.value),
            ", ".join(part.replace("_", " ") for part in deadline.parts.value),
            say(deadline.levels) if deadline.levels else "all",
        )
        for deadline in book.review.deadlines
    ]
    yield from table_lines(("what", "within", "with", "levels"), rows)


def _or_dash(time: Time | None) -> str:
    return say(time) if time else "–"
