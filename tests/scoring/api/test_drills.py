"""Drills are opened once, listed page by page, and score as their files do."""

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from posting import RECORDED, assert_problem, event, new_drill, new_name

from scoring.files import read_timeline, score_file


def test_a_drill_sent_piece_by_piece_scores_like_its_file(ingest: httpx.Client, facilitator: httpx.Client) -> None:
    """While it runs the scorecard is kept up to date; in the end it is the one of the whole timeline."""
    recorded = orjson.loads(RECORDED.read_bytes())
    name = recorded["drill"]["id"]
    opened = new_drill(name, started_at=recorded["drill"]["started_at"])
    assert ingest.post("/api/v1/drills", json=opened).status_code == 201
    assert ingest.put(f"/api/v1/drills/{name}/baseline", json=recorded["baseline"]).status_code == 200
    for start in range(0, len(recorded["events"]), 20):
        batch = recorded["events"][start : start + 20]
        assert ingest.post(f"/api/v1/drills/{name}/events/batch", json=batch).status_code == 201
        assert facilitator.get(f"/api/v1/drills/{name}/scorecard").status_code == 200
    assert ingest.post(f"/api/v1/drills/{name}/impact", json=recorded["impact"]).json() == {
        "new": len(recorded["impact"])
    }
    assert ingest.post(f"/api/v1/drills/{name}/impact", json=recorded["impact"][-3:]).json() == {"new": 0}
    card = facilitator.get(f"/api/v1/drills/{name}/scorecard")
    assert card.text == score_file(RECORDED).to_json()
    severity = facilitator.get(f"/api/v1/drills/{name}/severity").json()
    assert severity["expected"] == card.json()["expected_severity"]
    assert [moment["level"] for moment in severity["moments"]] == [None], "in this recording users felt nothing"


def test_an_exported_timeline_scores_the_same_without_any_service(
    drill: str, ingest: httpx.Client, facilitator: httpx.Client, tmp_path: Path
) -> None:
    ingest.post(f"/api/v1/drills/{drill}/events", json=event("fault.injected"))
    ingest.post(f"/api/v1/drills/{drill}/events", json=event("drill.ended", "2026-01-05T10:01:05Z"))
    path = tmp_path / "timeline.json"
    path.write_bytes(facilitator.get(f"/api/v1/drills/{drill}/timeline").content)
    assert len(read_timeline(path).events) == 2
    assert score_file(path).to_json() == facilitator.get(f"/api/v1/drills/{drill}/scorecard").text


def test_a_drill_is_opened_once(ingest: httpx.Client, drill: str) -> None:
    again = ingest.post("/api/v1/drills", json=new_drill(drill))
    assert (again.status_code, again.json()) == (200, {"id": drill})
    assert_problem(ingest.post("/api/v1/drills", json=new_drill(drill, clock=30)), 409, "another definition")


def test_the_first_word_on_a_drills_end_stands(drill: str, ingest: httpx.Client) -> None:
    ends = [f"2026-01-05T10:0{minute}:00.000000Z" for minute in (5, 6)]
    answers = [ingest.post(f"/api/v1/drills/{drill}/end", json={"ended_at": at}) for at in ends]
    assert [answer.json()["ended_at"] for answer in answers] == [ends[0], ends[0]]
    assert answers[1].json()["events"] == 1


def test_no_drill_ends_before_it_began(drill: str, ingest: httpx.Client) -> None:
    early = "2026-01-05T09:59:59Z"
    assert_problem(ingest.post(f"/api/v1/drills/{drill}/end", json={"ended_at": early}), 422, "before", "#/ended_at")
    aborted = event("drill.aborted", early)
    assert_problem(ingest.post(f"/api/v1/drills/{drill}/events", json=aborted), 422, "before", "#/occurred_at")


def test_drills_are_listed_page_by_page(ingest: httpx.Client, observer: httpx.Client) -> None:
    day = new_name("day")
    names = [new_name() for _ in range(5)]
    for index, name in enumerate(names):
        opened = new_drill(name, game_day=day, team="red" if index % 2 else "blue")
        assert ingest.post("/api/v1/drills", json=opened).status_code == 201
    ingest.post(f"/api/v1/drills/{names[0]}/end", json={"ended_at": "2026-01-05T11:00:00Z"})

    def listed(**asked: Any) -> list[str]:
        found, after = [], None
        while True:
            page = observer.get("/api/v1/drills", params={"game_day": day, "limit": 2, **asked, **(after or {})}).json()
            found += [each["id"] for each in page["drills"]]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    assert listed() == names
    assert listed(team="red") == names[1::2]
    assert listed(running=True) == names[1:]
    assert listed(running=False) == names[:1]


@pytest.mark.parametrize("bad", ["x", "ZHJpbGxzOnM", "dG9rZW5zOjE", "é", "=" * 8, "ZHJpbGxzOi0x"])
def test_a_cursor_of_no_list_is_refused(bad: str, observer: httpx.Client) -> None:
    assert_problem(observer.get("/api/v1/drills", params={"after": bad}), 422, "no cursor of this list", "after")


@pytest.mark.parametrize(
    ("changed", "where", "said"),
    [
        ({"clock": 0}, "#/clock", "greater than"),
        ({"playbook": "llm-reserch-lab"}, "#/playbook", "did you mean 'llm-research-lab'"),
        ({"playbook": "../../etc/passwd"}, "#/playbook", "no playbook"),
        (
            {"truth": {"severity": {"llm-research-lab": "SEV1"}}},
            "#/truth/severity/llm-research-lab",
            "did you mean 'SEV-1'",
        ),
        ({"truth": {"alerts": [1]}}, "#/truth/alerts/0", "string"),
        ({"id": "../up"}, "#/id", "pattern"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "#/started_at", "calendar"),
        ({"started_at": "9999-12-31T23:59:59-14:00"}, "#/started_at", "calendar"),
        ({"started_at": "9999-12-31T23:59:59Z"}, "#/started_at", "between 1970 and 2200"),
        ({"not_assessed": ["detekt"]}, "#/not_assessed/0", "did you mean 'detect'"),
        ({"playbook_text": "name: x"}, "#/playbook_text", "missing"),
        ({"playbook_text": "[" * 5000}, "#/playbook_text", "nested"),
        ({"playbook_text": "{a: &a [x, x], b: &b [*a, *a], c: [*b, *b]}"}, "#/playbook_text", ""),
    ],
)
def test_a_wrong_drill_is_refused_with_its_field(
    changed: dict[str, Any], where: str, said: str, ingest: httpx.Client
) -> None:
    assert_problem(ingest.post("/api/v1/drills", json=new_drill("wrong", **changed)), 422, said, where)


def test_a_playbook_is_served_with_bare_figures(responder: httpx.Client) -> None:
    assert "llm-research-lab" in responder.get("/api/v1/playbooks").json()["playbooks"]
    book = responder.get("/api/v1/playbooks/llm-research-lab").json()
    assert book["levels"][0]["id"] == "SEV-1"
    assert book["levels"][0]["sla"]["detect"] == 900
    assert_problem(responder.get("/api/v1/playbooks/llm-reserch-lab"), 404, "did you mean 'llm-research-lab'")


def test_a_playbook_of_ones_own_is_checked(observer: httpx.Client) -> None:
    from scoring.playbook.file import playbook_text

    text = playbook_text("llm-research-lab")
    good = observer.post("/api/v1/playbooks/validate", json={"text": text})
    assert (good.status_code, good.json()["levels"][0]) == (200, "SEV-1")
    bad = observer.post("/api/v1/playbooks/validate", json={"text": text.replace("levels:", "levls:")})
    assert_problem(bad, 422, "levels", "#/text")
