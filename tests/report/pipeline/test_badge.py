"""The badge."""

import json
from xml.etree import ElementTree

import pytest

from simulator.report.gate import Gate
from simulator.report.pipeline.badge import render_badge, render_badge_json

SVG = "{http://www.w3.org/2000/svg}"


def test_the_badge_has_a_title_for_those_who_hear_it_and_its_words_fit(gate: Gate) -> None:
    badge = ElementTree.fromstring(render_badge(gate))
    assert badge.findtext(f"{SVG}title") == "resilience 68: failed" == badge.get("aria-label")
    for words in badge.iter(f"{SVG}text"):
        assert float(words.attrib["x"]) + float(words.attrib["textLength"]) < float(badge.attrib["width"])


@pytest.mark.parametrize(
    ("outcome", "colour"), [("passed", "success"), ("failed", "critical"), ("inconclusive", "inactive")]
)
def test_shields_gets_label_message_and_colour(gate: Gate, outcome: str, colour: str) -> None:
    badge = json.loads(render_badge_json(gate.model_copy(update={"outcome": outcome})))
    assert badge == {"schemaVersion": 1, "label": "resilience 68", "message": outcome, "color": colour}


def test_nothing_scored_is_no_score(gate: Gate) -> None:
    assert json.loads(render_badge_json(gate.model_copy(update={"drills": ()})))["label"] == "resilience"
