"""Recorded runs with known instants give the same scorecard, byte for byte."""

from datetime import datetime
from pathlib import Path

import orjson
import pytest

from scoring.errors import RecordError
from scoring.files import read_timeline, score_file
from scoring.timeline.chain import verify

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.timeline.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split(".")[0])
def test_a_recorded_run_gives_the_same_scorecard_byte_for_byte(path: Path) -> None:
    golden = path.with_name(path.name.replace(".timeline.", ".scorecard."))
    assert score_file(path).to_json() + "\n" == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split(".")[0])
def test_its_measures_agree_with_the_raw_signals(path: Path) -> None:
    """Onset, detection, acknowledgement and resolution to 0.1 s of wall time, taken from the file alone."""
    raw = orjson.loads(path.read_bytes())
    card = score_file(path)

    def first(kind: str, *names: str) -> datetime:
        return min(
            datetime.fromisoformat(event["occurred_at"])
            for event in raw["events"]
            if event["kind"] == kind and (not names or event["data"]["labels"]["alertname"] in names)
        )

    users_noticed = any(event["kind"] == "impact.started" for event in raw["events"])
    onset = first("impact.started" if users_noticed else "fault.injected")
    page = first("alert.firing", *raw["truth"]["alerts"])
    assert card.measures["ttd"].wall_seconds == pytest.approx(max(0, (page - onset).total_seconds()), abs=0.1)
    acknowledged = first("incident.acknowledged")
    assert card.measures["tta"].wall_seconds == pytest.approx((acknowledged - page).total_seconds(), abs=0.1)
    resolved = first("incident.resolved")
    assert card.measures["ttr"].wall_seconds == pytest.approx((resolved - onset).total_seconds(), abs=0.1)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split(".")[0])
def test_any_bent_event_is_noticed(path: Path) -> None:
    timeline = read_timeline(path)
    events = timeline.events
    verify(timeline.drill.id, reversed(events))
    bent = events[3].model_copy(update={"occurred_at": events[4].occurred_at})
    for record in ((*events[:3], bent, *events[4:]), (*events[:3], *events[4:]), (*events[1:],)):
        with pytest.raises(RecordError, match=timeline.drill.id):
            verify(timeline.drill.id, record)
    with pytest.raises(RecordError):
        verify("another drill", events)


@pytest.mark.parametrize("path", RECORDED[:1], ids=["recorded"])
def test_a_bent_record_fails_hard(path: Path, tmp_path: Path) -> None:
    raw = orjson.loads(path.read_bytes())
    raw["events"][10]["data"]["severity"] = "SEV-4"
    copy = tmp_path / "bent.json"
    copy.write_bytes(orjson.dumps(raw))
    card = score_file(copy)
    assert [fail.what for fail in card.hard_fails] == ["record_tampered"]
    assert card.mark == "U"
    assert card.sla_met is False
