"""What is printed: each reader gets what is theirs, whole in one file, and the room never gets the truth."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from scoring.tabletop import Action, Objective, Truth
from scoring.tabletop.file import Prepared, load_scenario, parse_scenario, scenario_names, scenario_text
from scoring.tabletop.handouts import MARK, render

ALL = {name: load_scenario(name) for name in scenario_names()}
PAGES = {name: render(prepared) for name, prepared in ALL.items()}
each = pytest.mark.parametrize("name", list(ALL))


class Reading(HTMLParser):
    """The text of a page, its tags, and whether each one that is opened is closed in order."""

    VOID = frozenset({"meta", "br", "hr", "link", "img", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def plain(markdown: str) -> list[str]:
    """The sentences of a text, as far as they stand on a page as they are written."""
    parts = re.split(r"[`*|>\[]|(?<=[.:?!]) ", " ".join(markdown.split()))
    return [part.strip() for part in parts if len(part.strip()) > 25 and " " in part.strip()]


@each
def test_there_is_a_page_for_each_reader_whole_in_itself(name: str) -> None:
    assert list(PAGES[name]) == ["participants.html", "injects.html", "facilitator.html", "evaluator.html"]
    for page in PAGES[name].values():
        reading = Reading(page)
        assert reading.open == []
        assert MARK in page
        assert "size: A4" in page
        loaded = [tag for tag, attributes in reading.tags if {"src", "srcset", "data"} & attributes.keys()]
        assert loaded == []
        assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in reading.tags}
        assert "url(" not in page
        assert "@import" not in page


@each
def test_participants_get_the_situation_their_seats_and_the_levels(name: str) -> None:
    prepared, text = ALL[name], Reading(PAGES[name]["participants.html"]).text
    assert all(stretch in text for stretch in plain(prepared.scenario.situation))
    for level in prepared.playbook.levels:
        assert f"{level.id} {level.title}" in text
        assert level.definition in text
    for seat in prepared.scenario.participants:
        assert seat.player is not None
        assert seat.player in text
        assert all(stretch in text for stretch in plain(seat.knows or ""))


@each
def test_participants_never_get_the_truth(name: str) -> None:
    scenario, text = ALL[name].scenario, Reading(PAGES[name]["participants.html"]).text
    secrets = [scenario.truth.failure_mode, *plain(scenario.summary)]
    for inject in scenario.injects:
        secrets += [*plain(inject.note or ""), *plain(inject.text), *(action.text for action in inject.expects)]
    assert len(secrets) > 100
    assert [secret for secret in secrets if secret in text] == []


@each
def test_what_the_room_gets_does_not_depend_on_what_it_must_not_know(name: str) -> None:
    """Of another truth, story, objectives and expectations, participants' pages and cards are the same to the byte."""
    prepared = ALL[name]
    other = replace(prepared, scenario=prepared.scenario.model_copy(update=_other(prepared)))
    pages = render(other)
    assert pages["participants.html"] == PAGES[name]["participants.html"]
    assert pages["injects.html"] == PAGES[name]["injects.html"]
    assert pages["facilitator.html"] != PAGES[name]["facilitator.html"]
    assert pages["evaluator.html"] != PAGES[name]["evaluator.html"]


def _other(prepared: Prepared) -> dict[str, Any]:
    action = Action(id="other", text="Something else is done.", objective="other")
    return {
        "summary": "Another story.",
        "truth": Truth(failure_mode="other/mode", component="other", severity="other", alerts=("Other",)),
        "not_assessed": (),
        "hot_wash": ("Another question?",),
        "objectives": (Objective(id="other", text="Other.", dimension="close", tasks=("other",)),),
        "injects": tuple(
            inject.model_copy(
                update={
                    "id": f"other-{number}",
                    "kind": "information",
                    "note": "Another note.",
                    "shows": (),
                    "waits_for": (),
                    "unless": (),
                    "expects": (action,),
                    "source": None,
                }
            )
            for number, inject in enumerate(prepared.scenario.injects)
        ),
    }


@each
def test_there_is_a_card_for_each_inject_with_nothing_but_what_it_says(name: str) -> None:
    page = PAGES[name]["injects.html"]
    cards = page.split('<section class="card">')[1:]
    injects = ALL[name].scenario.injects
    assert len(cards) == len(injects)
    for number, (card, inject) in enumerate(zip(cards, injects, strict=True), 1):
        text = Reading(f"<section>{card.partition('</section>')[0]}</section>").text
        assert text.startswith(f"{number} ")
        assert inject.title in text
        assert inject.sender in text
        assert all(stretch in text for stretch in plain(inject.text))
        assert not [action.text for action in inject.expects if action.text in text]


@each
def test_the_facilitator_gets_everything(name: str) -> None:
    scenario, text = ALL[name].scenario, Reading(PAGES[name]["facilitator.html"]).text
    assert scenario.truth.failure_mode in text
    for inject in scenario.injects:
        assert all(stretch in text for stretch in (*plain(inject.note or ""), *plain(inject.text)))
        assert all(action.text in text for action in inject.expects)
    assert all(question in text for question in scenario.hot_wash)


@each
def test_evaluators_find_each_action_once_under_its_objective(name: str) -> None:
    scenario, page = ALL[name].scenario, PAGES[name]["evaluator.html"]
    sections = page.split("<section")[1:]
    assert len(sections) == len(scenario.objectives)
    for section, objective in zip(sections, scenario.objectives, strict=True):
        said = unescape(section)
        assert objective.text in said
        assert all(task in said for task in objective.tasks)
        mine = {action.text for _, action in scenario.actions() if action.objective == objective.id}
        others = {action.text for _, action in scenario.actions()} - mine
        assert all(text in said for text in mine)
        assert not any(text in said for text in others)
        assert section.count('class="mark"') == 4


def test_what_a_scenario_says_is_text_and_no_markup() -> None:
    text = scenario_text("llm-research-lab").replace("title: Demo day", "title: <i>Demo</i> & day", 1)
    text = text.replace("It is Tuesday, 09:50.", "<script>alert(1)</script> ![x](https://example.com/x.png)", 1)
    for page in render(parse_scenario(text, "own.yaml")).values():
        assert "<title>" in page
        assert "<i>Demo" not in page
        assert "&lt;i&gt;Demo&lt;/i&gt; &amp; day" in page
        assert not {"script", "img"} & {tag for tag, _ in Reading(page).tags}
