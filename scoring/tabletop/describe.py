"""A scenario as Markdown for its facilitator: everything that is in it, the truth among it."""

from collections.abc import Iterator

from scoring.documents.markdown import cell, table_lines
from scoring.playbook.figure import write_duration
from scoring.tabletop import Action, Inject, Scenario
from scoring.tabletop.file import Prepared
from scoring.tabletop.words import elapsed, lasts, say_answer, say_receivers, say_shown


def describe(prepared: Prepared) -> str:
    """The whole scenario: story, objectives, seats, and the master scenario events list with expected actions."""
    scenario = prepared.scenario
    parts = (_head(prepared), _objectives(scenario), _seats(prepared), _events(prepared), _hot_wash(scenario))
    return "\n".join(line for part in parts for line in part)


def _head(prepared: Prepared) -> Iterator[str]:
    scenario, truth = prepared.scenario, prepared.scenario.truth
    yield from (f"# {cell(scenario.title)}", "")
    yield from (f"`{scenario.name}`, under the playbook `{prepared.playbook.name}`, {lasts(scenario)}.", "")
    yield from ("## Situation", "", scenario.situation.strip(), "")
    yield from ("## For the facilitator", "", scenario.summary.strip(), "")
    yield f"- What is wrong: {truth.failure_mode} in {truth.component}"
    yield f"- Severity: {truth.severity}"
    yield f"- Alerts that name it: {', '.join(truth.alerts)}"
    if scenario.not_assessed:
        yield f"- Decided by the script, not assessed: {', '.join(scenario.not_assessed)}"
    yield ""


def _objectives(scenario: Scenario) -> Iterator[str]:
    yield from ("## Objectives", "")
    rows = [(o.id, o.dimension, o.text, "; ".join(o.tasks)) for o in scenario.objectives]
    yield from table_lines(("objective", "dimension", "the room", "critical tasks"), rows)


def _seats(prepared: Prepared) -> Iterator[str]:
    if not prepared.scenario.participants:
        return
    titles = {role.id: role.title for role in prepared.playbook.roles}
    yield from ("## Participants", "")
    rows = [(titles[seat.role], seat.player or "", seat.knows or "") for seat in prepared.scenario.participants]
    yield from table_lines(("role", "player", "knows"), rows)


def _events(prepared: Prepared) -> Iterator[str]:
    yield from ("## Master scenario events list", "")
    for number, inject in enumerate(prepared.scenario.injects, 1):
        yield from (f"### {number}. {elapsed(inject.at)} {cell(inject.title)}", "")
        to = say_receivers(inject, prepared.playbook)
        yield from (f"{cell(inject.sender)} to {to}, by {inject.channel} ({inject.kind}).", "")
        yield from (inject.text.strip(), "")
        yield from _behind(inject)
        yield from (_expected(action) for action in inject.expects)
        yield ""


def _behind(inject: Inject) -> Iterator[str]:
    if inject.note:
        yield f"- Note: {' '.join(inject.note.split())}"
    if inject.shows:
        yield f"- Timeline: {'; '.join(say_shown(shown) for shown in inject.shows)}"
    if inject.waits_for:
        yield f"- Not before: {', '.join(inject.waits_for)}"
    if inject.unless:
        yield f"- Left out after: {', '.join(inject.unless)}"
    if inject.source:
        yield f"- Source: {inject.source}"


def _expected(action: Action) -> str:
    within = f", within {write_duration(action.within)}" if action.within is not None else ""
    answer = f"; {say_answer(action.answers)}" if action.answers else ""
    return f"- [ ] {action.text} ({action.objective}{within}{answer})"


def _hot_wash(scenario: Scenario) -> Iterator[str]:
    if scenario.hot_wash:
        yield from ("## Hot wash", "", *(f"- {question}" for question in scenario.hot_wash), "")
