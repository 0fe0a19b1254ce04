"""Every rule of scoring by example: `cases/*.yaml`, timeline in, scorecard out.

A case has `events`, `load`, `checks` and so on as `build` takes them, and may also have `playbook` (a name), `drill`
(fields of the drill) and `looks`: {"20-60": {"alerts_quiet": false}} are checks of the oracle, one a second, in which
these conditions are so and all others are met. An expected text that begins with `~` is part of what is said.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from scoring.playbook import DIMENSIONS
from scoring.playbook.file import load_playbook
from scoring.scorecard import score
from scoring.scorecard.text import WIDTH, render
from scoring.timeline import Timeline

CASES = [
    pytest.param(case, id=case["name"].replace(" ", "-"))
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
BOOKS = {
    name: load_playbook(name) for name in {"llm-research-lab"} | {p.values[0].get("playbook") for p in CASES} - {None}
}
CONDITIONS = ("alerts_quiet", "rules_intact", "services", "ready_replicas", "features", "data_canary")


def looks(case: Mapping[str, Any]) -> list[list[Any]]:
    found = []
    for span, changed in case.get("looks", {}).items():
        first, last = (int(edge) for edge in span.split("-"))
        phase = changed.get("phase", "mitigated")
        conditions = [{"name": name, "ok": changed.get(name, True), "seen": "looked at"} for name in CONDITIONS]
        data = {"phase": phase, "ok": all(c["ok"] for c in conditions), "conditions": conditions}
        found += [[second + 0.2, "oracle.checked", data] for second in range(first, last)]
    return found


def look_up(card: Any, path: str) -> Any:
    for step in path.split("."):
        card = card[int(step)] if isinstance(card, list) else card[step]
    return card


def assert_says(seen: Any, expected: Any, where: str) -> None:
    if isinstance(expected, Mapping) and expected:
        for name, value in expected.items():
            assert_says(seen[name], value, f"{where}.{name}")
    elif isinstance(expected, float | int) and not isinstance(expected, bool):
        assert seen == pytest.approx(expected, abs=1e-3), where
    elif isinstance(expected, str) and expected.startswith("~"):
        assert expected[1:] in seen, where
    else:
        assert seen == expected, where


@pytest.mark.parametrize("case", CASES)
def test_the_scorecard_says(case: Mapping[str, Any], told: Callable[[Mapping[str, Any]], Timeline]) -> None:
    timeline = told({**case, "events": [*case.get("events", []), *looks(case)]})
    drill = timeline.drill.model_copy(update=case.get("drill", {}))
    scorecard = score(timeline.model_copy(update={"drill": drill}), BOOKS[case.get("playbook", "llm-research-lab")])
    card = orjson.loads(scorecard.to_json())
    for path, expected in case["expect"].items():
        assert_says(look_up(card, path), expected, path)
    assert list(card["dimensions"]) == sorted(DIMENSIONS)
    for name, dimension in card["dimensions"].items():
        assert dimension["why"].endswith("."), name
    if card["score"] is not None:
        earned = sum(d["points"] or 0 for d in card["dimensions"].values())
        cost = card["hints"]["points"] if "hints" in card else 0
        assert card["score"] == pytest.approx(max(0, earned - cost), abs=0.01)
        assert sum(d["weight"] for d in card["dimensions"].values()) == pytest.approx(100, abs=0.01)
    text = render(scorecard)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert all(name in text for name in DIMENSIONS)
    assert ("Hints" in text) == ("hints" in card)
