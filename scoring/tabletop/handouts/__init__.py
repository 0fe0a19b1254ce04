"""What is printed for a tabletop: one HTML file for each reader, A4, without colours, scripts or anything to load.

A template is given what its reader may know and nothing else, so that no slip in it can print the truth for the room.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from scoring.playbook.figure import write_duration
from scoring.playbook.words import say, say_condition, say_criterion
from scoring.tabletop import EVERYBODY
from scoring.tabletop.file import Prepared
from scoring.tabletop.words import elapsed, lasts, say_answer, say_shown

_HERE = Path(__file__).parent
MARK = '<meta name="generator" content="gameday tabletop">'
"""By which a hand-out is known as one."""


def render(prepared: Prepared) -> dict[str, str]:
    """The hand-outs by file name: for the room, to cut up and hand over, for the facilitator, for evaluators."""
    return {name: _page(name, **told(prepared)) for name, told in READERS.items()}


def _participants(prepared: Prepared) -> dict[str, Any]:
    """What the room reads at the start: neither the story, nor an inject, nor what is expected."""
    scenario, book = prepared.scenario, prepared.playbook
    return {
        "title": scenario.title,
        "situation": scenario.situation,
        "lasts": lasts(scenario),
        "seats": scenario.participants,
        "titles": _titles(prepared),
        "does": {role.id: role.does for role in book.roles},
        "playbook": book,
    }


def _injects(prepared: Prepared) -> dict[str, Any]:
    """The cards, each with what its receiver may see."""
    cards = [
        {
            "number": number,
            "at": inject.at,
            "title": inject.title,
            "sender": inject.sender,
            "to": inject.to,
            "channel": inject.channel,
            "text": inject.text,
        }
        for number, inject in enumerate(prepared.scenario.injects, 1)
    ]
    return {"title": prepared.scenario.title, "titles": _titles(prepared), "cards": cards}


def _facilitator(prepared: Prepared) -> dict[str, Any]:
    numbers = {
        action.id: number for number, inject in enumerate(prepared.scenario.injects, 1) for action in inject.expects
    }
    texts = {action.id: action.text for _, action in prepared.scenario.actions()}
    return {
        "scenario": prepared.scenario,
        "title": prepared.scenario.title,
        "lasts": lasts(prepared.scenario),
        "playbook": prepared.playbook,
        "titles": _titles(prepared),
        "numbers": numbers,
        "texts": texts,
    }


def _evaluator(prepared: Prepared) -> dict[str, Any]:
    """The exercise evaluation guide: for each objective its tasks, and its actions with where they belong."""
    numbered = list(enumerate(prepared.scenario.injects, 1))
    guide = [
        (
            objective,
            [
                (number, inject, action)
                for number, inject in numbered
                for action in inject.expects
                if action.objective == objective.id
            ],
        )
        for objective in prepared.scenario.objectives
    ]
    return {
        "scenario": prepared.scenario,
        "title": prepared.scenario.title,
        "lasts": lasts(prepared.scenario),
        "guide": guide,
    }


READERS: dict[str, Callable[[Prepared], dict[str, Any]]] = {
    "participants.html": _participants,
    "injects.html": _injects,
    "facilitator.html": _facilitator,
    "evaluator.html": _evaluator,
}


def _titles(prepared: Prepared) -> dict[str, str]:
    """What people call the roles, and the whole room."""
    return {EVERYBODY: EVERYBODY, **{role.id: role.title for role in prepared.playbook.roles}}


def _page(template: str, **told: Any) -> str:
    style = Markup((_HERE / "print.css").read_text(encoding="utf-8"))
    return _environment().get_template(template).render(mark=Markup(MARK), style=style, **told)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    environment.filters |= {
        "markdown": lambda text: Markup(markdown.render(text)),
        "elapsed": elapsed,
        "duration": write_duration,
        "say": say,
        "condition": say_condition,
        "criterion": say_criterion,
        "shown": say_shown,
        "answer": say_answer,
        "words": lambda name: name.replace("_", " "),
    }
    return environment
