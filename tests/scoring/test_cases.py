"""Every rule of scoring by example: `cases/*.yaml`, timeline in, scorecard out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from scoring.playbook import DIMENSIONS, Playbook
from scoring.scorecard import score
from scoring.timeline import Timeline

CASES = [
    pytest.param(case, id=case["name"].replace(" ", "-"))
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def look_up(card: Any, path: str) -> Any:
    for step in path.split("."):
        card = card[int(step)] if isinstance(card, list) else card[step]
    return card


def assert_says(seen: Any, expected: Any, where: str) -> None:
    if isinstance(expected, Mapping):
        for name, value in expected.items():
            assert_says(seen[name], value, f"{where}.{name}")
    elif isinstance(expected, float | int) and not isinstance(expected, bool):
        assert seen == pytest.approx(expected, abs=1e-3), where
    else:
        assert seen == expected, where


@pytest.mark.parametrize("case", CASES)
def test_the_scorecard_says(
    case: Mapping[str, Any], told: Callable[[Mapping[str, Any]], Timeline], playbook: Playbook
) -> None:
    card = orjson.loads(score(told(case), playbook).to_json())
    for path, expected in case["expect"].items():
        assert_says(look_up(card, path), expected, path)
    assert list(card["dimensions"]) == sorted(DIMENSIONS)
    for name, dimension in card["dimensions"].items():
        assert dimension["why"].endswith("."), name
    if card["score"] is not None:
        earned = sum(d["points"] or 0 for d in card["dimensions"].values())
        assert card["score"] == pytest.approx(earned, abs=0.01)
        assert sum(d["weight"] for d in card["dimensions"].values()) == pytest.approx(100, abs=0.01)
