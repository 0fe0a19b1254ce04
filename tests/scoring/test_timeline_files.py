"""A timeline file is scored as it is published, or refused by name and field; and what is published fits its schema."""

from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import yaml

from scoring.errors import ScoringError, TimelineError
from scoring.files import read_timeline, score_file, score_text
from scoring.playbook import DIMENSIONS
from scoring.playbook.file import playbook_text
from scoring.schemas import main, schemas
from scoring.scorecard.text import WIDTH, render

RECORDED = Path(__file__).parent / "recorded" / "connection-exhaustion.timeline.json"
PUBLISHED: dict[str, Any] = {
    "drill": {"id": "d-1", "clock": 60, "started_at": "2026-01-05T10:00:00Z", "ended_at": "2026-01-05T10:01:00Z"},
    "truth": {
        "failure_mode": "connection-exhaustion",
        "component": "postgres",
        "neighbours": [],
        "severity": {"llm-research-lab": "SEV-1"},
        "alerts": ["SlotsExhausted"],
        "control": False,
    },
    "baseline": {"requests_per_s": 50},
    "events": [
        {"kind": "fault.injected", "occurred_at": "2026-01-05T10:00:08Z", "source": "chaos", "data": {}},
        {
            "kind": "alert.firing",
            "occurred_at": "2026-01-05T10:00:12+00:00",
            "source": "monitor",
            "data": {"labels": {"alertname": "SlotsExhausted"}},
        },
        {"kind": "incident.acknowledged", "occurred_at": "2026-01-05T12:00:13+02:00", "source": "me", "data": {}},
        {
            "kind": "alert.resolved",
            "occurred_at": "2026-01-05T10:00:14Z",
            "source": "monitor",
            "data": {"labels": {"alertname": "SlotsExhausted"}},
        },
    ],
    "impact": [
        {
            "at": f"2026-01-05T10:00:{second:02d}Z",
            "requests": 50,
            "failures": 20 if 9 <= second < 14 else 0,
            "p50_ms": 10,
            "p95_ms": 40,
            "p99_ms": 60.5,
        }
        for second in range(60)
    ],
}
MEASURE = {"drill_seconds", "wall_seconds", "sla_seconds", "verdict", "grade"}
DIMENSION = {"weight", "grade", "points", "mark", "why"}
CARD = {"measures", "dimensions", "score", "mark", "sla_met", "expected_severity", "noise", "requests_failed"}


def scored(document: Any, playbook: str | None = "llm-research-lab") -> dict[str, Any]:
    card: dict[str, Any] = orjson.loads(score_text(orjson.dumps(document), "t.json", playbook).to_json())
    return card


def changed(**parts: Any) -> dict[str, Any]:
    return {**PUBLISHED, **parts}


def test_the_published_form_is_scored_with_the_published_keys() -> None:
    card = scored(PUBLISHED)
    assert set(card) >= CARD
    assert list(card["measures"]) == sorted(("ttd", "tta", "ttc", "ttm", "ttr"))
    assert all(set(measure) >= MEASURE for measure in card["measures"].values())
    assert set(card["dimensions"]) == set(DIMENSIONS)
    assert all(set(dimension) >= DIMENSION for dimension in card["dimensions"].values())
    assert card["measures"]["tta"] == card["measures"]["tta"] | {"drill_seconds": 60, "wall_seconds": 1, "grade": 1}
    assert card["measures"]["ttm"]["drill_seconds"] == 300
    assert (card["requests_failed"], card["expected_severity"]) == (100, "SEV-1")
    jsonschema.validate(PUBLISHED, schemas()["timeline"])


@pytest.mark.parametrize(
    "parts",
    [
        {"baseline": None},
        {"baseline": {}},
        {"baseline": {"requests_per_s": None, "p95_ms": None, "services": None, "ready_replicas": None}},
        {"impact": [{**window, "p50_ms": None, "p95_ms": None, "p99_ms": None} for window in PUBLISHED["impact"]]},
        {"events": [{**event, "key": None, "received_at": None, "sent_at": None} for event in PUBLISHED["events"]]},
        {"events": [{k: v for k, v in event.items() if k != "source"} for event in PUBLISHED["events"]]},
        {"truth": {**PUBLISHED["truth"], "neighbours": None, "severity": None, "control": None}},
        {"truth": {"component": "postgres", "alerts": ["SlotsExhausted"]}},
        {"drill": {**PUBLISHED["drill"], "playbook": None, "experiment": None, "team": None, "more": 1}},
    ],
)
def test_what_is_null_or_left_out_is_not_held_against_a_file(parts: dict[str, Any]) -> None:
    card = scored(changed(**parts))
    assert card["measures"]["ttm"] == scored(PUBLISHED)["measures"]["ttm"]
    assert card["verdict"] == "scored"


@pytest.mark.parametrize("impact", [{"impact": None}, {"impact": []}, {}])
def test_a_timeline_without_load_windows_is_scored_on_its_impact_events(impact: dict[str, Any]) -> None:
    document = {name: part for name, part in PUBLISHED.items() if name != "impact"} | impact
    told = [
        {"kind": "impact.started", "occurred_at": "2026-01-05T10:00:09Z", "data": {"error_share": 0.4}},
        {"kind": "impact.ended", "occurred_at": "2026-01-05T10:00:20Z", "data": {}},
    ]
    card = scored({**document, "events": [*PUBLISHED["events"], *told]})
    assert card["measures"]["ttm"]["drill_seconds"] == 660
    assert card["dimensions"]["mitigate"]["grade"] == card["measures"]["ttm"]["grade"]
    assert (card["requests"], card["requests_failed"]) == (0, 0)


def test_a_drill_that_still_runs_is_scored_so_far() -> None:
    card = scored(changed(drill={**PUBLISHED["drill"], "ended_at": None}))
    assert card["measures"]["ttr"]["verdict"] == "censored"
    assert "still running" in card["measures"]["ttr"]["why"]


MINIMAL = '{"drill": {"id": "x", "clock": 1, "started_at": "2026-01-05T10:00:00Z"}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: this is not JSON"),
        ("[", "this is not JSON"),
        ("[]", "a timeline is an object"),
        ('"x"', "a timeline is an object"),
        ("{}", "drill: this field is missing; add it"),
        ('{"drill": []}', r"drill: .*"),
        ('{"drill": {"id": "x", "clock": 0, "started_at": "2026-01-05T10:00:00Z"}}', r"drill.clock: .*greater than 0"),
        ('{"drill": {"id": "x", "clock": 1e308, "started_at": "2026-01-05T10:00:00Z"}}', r"drill.clock: .*1000000"),
        ('{"drill": {"id": "x", "clock": 1, "started_at": "2026-01-05T10:00:00"}}', r"drill.started_at: .*timezone"),
        ('{"drill": {"id": "x", "clock": 1, "started_at": "9999-12-31T23:59:59Z"}, "truth": {}}', "the year 9999"),
        (MINIMAL[:-1] + ', "ended_at": "2026-01-05T09:00:00Z"}, "truth": {}}', "drill.ended_at: it is before"),
        (MINIMAL[:-1] + ', "not_assessed": ["comunicate"]}, "truth": {}}', "did you mean 'communicate'"),
        (MINIMAL + "}", "truth: it is missing"),
        (MINIMAL + ', "truth": null}', "truth: it is missing"),
        (MINIMAL + ', "truth": {"alerts": "All"}}', r"truth.alerts: .* \(it is 'All'\)"),
        (MINIMAL + ', "truth": {}, "events": {}}', "events: "),
        (MINIMAL + ', "truth": {}, "events": [7]}', "events.0: "),
        (MINIMAL + ', "truth": {}, "events": [{"kind": null}]}', "events.0.kind: this field is missing"),
        (
            MINIMAL + ', "truth": {}, "events": [{"kind": "fault.injekted", "occurred_at": "2026-01-05T10:00:00Z"}]}',
            "events.0.kind: there is no kind of event 'fault.injekted'; did you mean 'fault.injected'",
        ),
        (
            MINIMAL + ', "truth": {}, "events": [{"kind": "fault.injected", "occurred_at": 1e300}]}',
            "events.0.occurred_at: ",
        ),
        (MINIMAL + ', "truth": {}, "impact": [{"at": "2026-01-05T10:00:00Z", "requests": 1e30}]}', "impact.0.requests"),
        (MINIMAL + ', "truth": {}, "impact": [{"at": "2026-01-05T10:00:00Z", "requests": -1}]}', "impact.0.requests"),
        (
            MINIMAL + ', "truth": {}, "impact": [{"at": "2026-01-05T10:00:00Z", "requests": 1, "failures": 2}]}',
            "impact.0.failures: 2 of 1 requests cannot fail",
        ),
        (MINIMAL + ', "truth": {}, "baseline": {"error_share": 5}}', "baseline.error_share: .*less than or equal to 1"),
        (MINIMAL + ', "truth": {"severity": {"llm-research-lab": "SEV1"}}}', "no level 'SEV1'; did you mean 'SEV-1'"),
    ],
)
def test_what_is_no_timeline_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "timeline.json"
    path.write_text(text)
    with pytest.raises(TimelineError, match=said) as caught:
        score_file(path, "llm-research-lab")
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_drill_without_a_playbook_asks_for_one() -> None:
    with pytest.raises(TimelineError, match=r"t.json: drill.playbook: .* give one with --playbook NAME"):
        scored(PUBLISHED, None)
    with pytest.raises(ScoringError, match="there is no playbook 'llm-reserch-lab'; did you mean"):
        scored(PUBLISHED, "llm-reserch-lab")


@pytest.mark.parametrize("name", [".", "nowhere.json"])
def test_what_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match=r"cannot be read: .*; give the path of a timeline file"):
        read_timeline(tmp_path / name)


def test_a_scorecard_is_readable_as_plain_text() -> None:
    document = changed(
        events=[*PUBLISHED["events"], {"kind": "incident.resolved", "occurred_at": "2026-01-05T10:00:11Z"}]
    )
    lines = render(score_text(orjson.dumps(document), "t.json", "llm-research-lab")).splitlines()
    assert max(map(len, lines)) <= WIDTH
    text = "\n".join(lines)
    assert "Drill d-1 under llm-research-lab, 60 drill seconds a second" in text
    assert "acknowledge          1 min       1.0 s      15 min   met             1.00" in lines
    assert "resolved: A false all-clear: it was called resolved while users were not served." in text
    assert "shown by incident.resolved@2026-01-05T10:00:11.000000Z" in text
    assert "accepted 1: SlotsExhausted" in text
    assert text.isprintable() or set(text) - set("\n") == {c for c in text if c.isprintable()}


def test_what_is_published_fits_its_schema(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    published = schemas()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.schema.json" for name in published)
    card = score_file(RECORDED)
    jsonschema.validate(card.model_dump(mode="json"), published["scorecard"])
    jsonschema.validate(read_timeline(RECORDED).model_dump(mode="json"), published["timeline"])
    jsonschema.validate(yaml.safe_load(playbook_text("llm-research-lab")), published["playbook"])
