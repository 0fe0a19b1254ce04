"""The playbook holds to its document, and a broken one says where and how to mend it."""

from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
import yaml

from scoring.errors import PlaybookError, TimelineError
from scoring.files import read_timeline, score_file
from scoring.playbook import DIMENSIONS, Playbook, parse_duration
from scoring.playbook_file import load_playbook, parse_playbook, playbook_names, playbook_text
from scoring.schemas import main, schemas
from scoring.severity import Seen, level_for

RECORDED = Path(__file__).parent / "recorded" / "connection-exhaustion.timeline.json"


@pytest.mark.parametrize("name", playbook_names())
def test_every_figure_has_a_source_or_a_rule(name: str) -> None:
    figures = list(load_playbook(name).figures())
    assert len(figures) > 50
    for path, _, figure in figures:
        assert figure.source or figure.derived, path
        if figure.source:
            assert figure.source.startswith(f"{name} § "), path


@pytest.mark.parametrize("name", playbook_names())
def test_a_graver_level_never_allows_more_time(name: str) -> None:
    levels = load_playbook(name).plain()["levels"]
    for graver, milder in pairwise(levels):
        assert all(graver["sla"][step] <= milder["sla"][step] for step in graver["sla"])
    assert all(level["sla"]["mitigate"] <= level["sla"]["resolve"] for level in levels)


def test_the_lab_asks_what_its_document_asks(playbook: Playbook) -> None:
    asked = {level["id"]: level for level in playbook.plain()["levels"]}
    minutes = {name: {step: s / 60 for step, s in level["sla"].items()} for name, level in asked.items()}
    assert minutes["SEV-1"] == {"detect": 15, "acknowledge": 15, "classify": 15, "mitigate": 15, "resolve": 60}
    assert minutes["SEV-2"] == {"detect": 30, "acknowledge": 30, "classify": 15, "mitigate": 60, "resolve": 240}
    assert minutes["SEV-3"]["detect"] == 120
    assert minutes["SEV-4"]["detect"] == 1440
    assert [level["update_every"] for level in asked.values()] == [900, 1800, 1800, None]
    assert playbook.verification.window.value == 900


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        (Seen(1.0), "SEV-1"),
        (Seen(0.2), "SEV-2"),
        (Seen(0.1), "SEV-3"),
        (Seen(0.06), "SEV-3"),
        (Seen(0.06, component="postgres"), "SEV-1"),
        (Seen(0.01, component="postgres"), None),
        (Seen(0.0, p95_ms=2500), "SEV-3"),
        (Seen(0.0, p95_ms=4500), "SEV-2"),
        (Seen(0.05, p95_ms=2000), None),
    ],
)
def test_the_criteria_give_the_level(seen: Seen, level: str | None, playbook: Playbook) -> None:
    assert level_for(seen, playbook) == level


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value: 15m", "value: 15", r"own.yaml:\d+: levels.0.response.value: 15 is no duration; write one such as"),
        ("first_update", "first_updat", r"own.yaml:\d+: levels.0.first_updat: .* unknown; did you mean 'first_update'"),
        ("level: SEV-3", "level: SEV3", r"matrix row .*there is no level 'SEV3'; did you mean 'SEV-3'\?"),
        ("title: Critical", "id: x", r"own.yaml:\d+: 'id' is there twice, first in line \d+"),
        ("name: llm-research-lab", "name: [", r"own.yaml:\d+:\d+: this is not YAML"),
        ("name: llm-research-lab\n", "", r"own.yaml:\d+: name: this field is missing; add it"),
        ("source: llm-research-lab § Impact", "source: Impact", r"own.yaml:\d+: matrix.0.source: String should match"),
    ],
)
def test_a_broken_playbook_says_file_line_field_and_mend(old: str, new: str, said: str) -> None:
    text = playbook_text("llm-research-lab").replace(old, new, 1)
    with pytest.raises(PlaybookError, match=said) as caught:
        parse_playbook(text, "own.yaml")
    assert "\n" not in str(caught.value)


def test_an_own_playbook_goes_before_a_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = playbook_text("llm-research-lab").replace("title: LLM Research Lab", "title: Ours", 1)
    (tmp_path / "llm-research-lab").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert load_playbook("llm-research-lab").title == "Ours"


def test_an_unknown_playbook_is_met_with_a_guess() -> None:
    with pytest.raises(PlaybookError, match="no playbook 'llm-reserch-lab'; did you mean 'llm-research-lab'"):
        load_playbook("llm-reserch-lab")
    with pytest.raises(PlaybookError, match="no such playbook file"):
        load_playbook("nowhere/own.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "this is not JSON"),
        ("[]", "a timeline is an object"),
        ('{"drill": {"id": "x", "clock": 0, "started_at": "2026-01-05T10:00:00Z"}}', r"drill.clock: .*greater than 0"),
        ('{"drill": {"id": "x", "clock": 1, "started_at": "2026-01-05T10:00:00"}}', r"drill.started_at: .*timezone"),
        ('{"drill": {"id": "x", "clock": 1, "started_at": "2026-01-05T10:00:00Z"}}', "truth: it is missing"),
        (
            '{"drill": {"id": "x", "clock": 1, "started_at": "2026-01-05T10:00:00Z"}, "truth": {}, '
            '"events": [{"kind": "fault.injekted", "occurred_at": "2026-01-05T10:00:00Z"}]}',
            "events.0.kind: there is no kind of event 'fault.injekted'; did you mean 'fault.injected'",
        ),
    ],
)
def test_what_is_no_timeline_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "timeline.json"
    path.write_text(text)
    with pytest.raises(TimelineError, match=said) as caught:
        read_timeline(path)
    assert str(path) in str(caught.value)


def test_what_is_published_fits_its_schema(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "playbook.schema.json",
        "scorecard.schema.json",
        "timeline.schema.json",
    ]
    published = schemas()
    card = score_file(RECORDED)
    jsonschema.validate(card.model_dump(mode="json"), published["scorecard"])
    jsonschema.validate(read_timeline(RECORDED).model_dump(mode="json"), published["timeline"])
    jsonschema.validate(yaml.safe_load(playbook_text("llm-research-lab")), published["playbook"])


def test_the_weights_make_a_hundred_and_durations_read_as_written() -> None:
    assert sum(DIMENSIONS.values()) == 100
    assert [parse_duration(text) for text in ("30s", "15m", "1h30m", "2d")] == [30, 900, 5400, 172_800]
    for wrong in ("", "15", "m", "1x", "15 m", -3, None):
        with pytest.raises(ValueError, match="is no duration"):
            parse_duration(wrong)
