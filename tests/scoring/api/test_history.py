"""What becomes of drills that have ended: game days, leaderboard, trends, runs, action items, training, archives."""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import httpx
import orjson
import pytest
from posting import RECORDED, TOKENS, assert_problem, event, new_drill

PATIENCE_S = 10.0
DAY, TEAM, MODE = "day-of-history", "historians", "connection-exhaustion"


def until(found: Callable[[], Any]) -> Any:
    """What is found, once there is something: history is kept after an answer, not before."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)
    return value


@pytest.fixture(scope="module")
def played(clients: dict[str, httpx.Client]) -> list[str]:
    """A recorded drill, played twice by a team on a game day, with a review; and one that still runs."""
    recorded = orjson.loads(RECORDED.read_bytes())
    client = clients["ingest"]
    names = [f"{DAY}-{number}" for number in (1, 2, 3)]
    for name in names:
        more = {"game_day": DAY, "team": TEAM, "people": ["Grace Hopper"]}
        opened = new_drill(name, started_at=recorded["drill"]["started_at"], **more)
        assert client.post("/api/v1/drills", json=opened).status_code == 201
        if name == names[2]:
            break
        client.put(f"/api/v1/drills/{name}/baseline", json=recorded["baseline"])
        client.post(f"/api/v1/drills/{name}/impact", json=recorded["impact"])
        told = [each for each in recorded["events"] if each["kind"] != "drill.ended"]
        assert client.post(f"/api/v1/drills/{name}/events/batch", json=told).status_code == 201
        end = {"ended_at": recorded["drill"]["ended_at"]}
        assert client.post(f"/api/v1/drills/{name}/end", json=end).status_code == 200
    review = event(
        "review.filed", recorded["drill"]["ended_at"], parts={"action_items": "1. [P1] Bound the pool - @grace"}
    )
    assert client.post(f"/api/v1/drills/{names[0]}/events", json=review).status_code == 201
    until(
        lambda: [
            i for i in clients["observer"].get("/api/v1/action-items").json()["action_items"] if "pool" in i["text"]
        ]
    )
    until(lambda: board(clients["observer"], by="team").get(TEAM, {}).get("drills") == 2)
    return names


def board(client: httpx.Client, **asked: Any) -> dict[str, Any]:
    standings = client.get("/api/v1/leaderboard", params=asked).json()["standings"]
    return {each["who"]: each for each in standings}


def test_a_game_day_shows_its_drills_and_what_they_earned(played: list[str], observer: httpx.Client) -> None:
    listed = {each["name"]: each for each in observer.get("/api/v1/game-days").json()["game_days"]}
    assert (listed[DAY]["drills"], listed[DAY]["running"]) == (3, 1)
    day = observer.get(f"/api/v1/game-days/{DAY}").json()
    assert [each["drill"]["id"] for each in day["drills"]] == played
    scores = [each["earned"]["score"] for each in day["drills"][:2]]
    assert day["drills"][2]["earned"] is None
    assert day["drills"][2]["drill"]["truth"] is None
    assert day["average"] == scores[0] == scores[1]
    card = observer.get(f"/api/v1/drills/{played[0]}/scorecard").json()
    assert scores[0] == card["score"]
    page = observer.get(f"/api/v1/game-days/{DAY}", params={"limit": 2}).json()
    rest = observer.get(f"/api/v1/game-days/{DAY}", params={"limit": 2, "after": page["next"]}).json()
    assert [each["drill"]["id"] for each in page["drills"] + rest["drills"]] == played
    assert rest["next"] is None


def test_the_leaderboard_counts_what_has_ended(played: list[str], observer: httpx.Client) -> None:
    assert board(observer, by="team")[TEAM]["drills"] == 2
    assert board(observer, by="person")["grace-hopper"]["drills"] == 2
    assert set(board(observer, by="drill", failure_mode=MODE, limit=1000)) >= set(played[:2])
    assert played[2] not in board(observer, by="drill", limit=1000)
    assert_problem(observer.get("/api/v1/leaderboard?by=luck"), 422, "", "by")


def test_trends_and_runs_say_how_many_and_how_sure(played: list[str], observer: httpx.Client) -> None:
    [trend] = observer.get("/api/v1/trends", params={"team": TEAM}).json()["trends"]
    assert (trend["failure_mode"], trend["drills"]) == (MODE, 2)
    runs = observer.get("/api/v1/runs", params={"team": TEAM, "failure_mode": MODE}).json()
    assert runs["runs"] == 2
    ttd = runs["measures"]["ttd"]
    assert ttd["judged"] == 2
    assert 0 <= ttd["wilson_low"] <= ttd["share"] <= ttd["wilson_high"] <= 1
    assert "No trend" in ttd["trend"]["why"]
    assert trend["measures"]["ttd"]["median_s"] == ttd["median_s"]


def test_an_action_item_is_closed_once(
    played: list[str], facilitator: httpx.Client, responder: httpx.Client, observer: httpx.Client
) -> None:
    def items(**asked: Any) -> list[dict[str, Any]]:
        found = responder.get("/api/v1/action-items", params=asked).json()["action_items"]
        return [each for each in found if each["drill_id"] == played[0] and "pool" in each["text"]]

    [item] = items()
    assert (item["owner"], item["priority"]) == ("grace", "P1")
    url = f"/api/v1/action-items/{item['id']}/close"
    assert_problem(observer.post(url, json={}), 403, "responder")
    first = responder.post(url, json={"closed_at": "2026-02-01T00:00:00Z", "closed_by": "Grace"}).json()
    assert first["closed_by"] == "Grace"
    assert facilitator.post(url, json={}).json()["closed_at"] == first["closed_at"]
    assert items() == []
    assert len(items(open=False)) == 1
    assert_problem(facilitator.post("/api/v1/action-items/nobody/close", json={}), 404, "no action item 'nobody'")


def test_a_training_record_says_what_was_met_and_what_is_due(played: list[str], facilitator: httpx.Client) -> None:
    record = facilitator.get("/api/v1/people/grace-hopper/training").json()
    assert {each["drill_id"] for each in record["drills"]} == set(played[:2])
    [practice] = record["practice"]
    assert (practice["failure_mode"], practice["drills"]) == (MODE, 2)
    assert practice["due_at"] > practice["last_at"]


def test_people_are_added_moved_and_taken_out(facilitator: httpx.Client, observer: httpx.Client) -> None:
    assert facilitator.post("/api/v1/teams", json={"name": "Night Watch"}).json()["id"] == "night-watch"
    names = ["Ned", "Jon", "Sam"]
    for name in names:
        added = facilitator.post("/api/v1/people", json={"name": name, "team": "night-watch"})
        assert added.status_code == 201
    found, after = [], {}
    while after is not None:
        page = observer.get("/api/v1/people", params={"team": "night-watch", "limit": 2, **after}).json()
        found += [each["name"] for each in page["people"]]
        after = {"after": page["next"]} if page["next"] else None
    assert found == ["Jon", "Ned", "Sam"]
    assert facilitator.put("/api/v1/people/jon", json={"name": "Jon Snow"}).json()["team"] is None
    assert facilitator.delete("/api/v1/people/ned").status_code == 204
    left = observer.get("/api/v1/people", params={"team": "night-watch"}).json()["people"]
    assert [each["id"] for each in left] == ["sam"]
    assert_problem(observer.post("/api/v1/teams", json={"name": "x"}), 403, "facilitator")


def test_an_archive_leaves_one_service_and_enters_another(
    played: list[str], facilitator: httpx.Client, responder: httpx.Client, other_server: Any
) -> None:
    archive = responder.get(f"/api/v1/drills/{played[0]}/archive")
    assert archive.headers["content-type"] == "application/zip"
    assert "timeline.json" in ZipFile(BytesIO(archive.content)).namelist()
    assert_problem(facilitator.get(f"/api/v1/drills/{played[2]}/archive"), 409, "not ended")
    header = {"Content-Type": "application/zip"}
    with other_server.as_("facilitator") as other:
        taken = other.post("/api/v1/archives", content=archive.content, headers=header)
        assert (taken.status_code, taken.json()["drill"]) == (201, played[0])
        assert other.post("/api/v1/archives", content=archive.content, headers=header).status_code == 200
        for path in ("timeline", "scorecard"):
            url = f"/api/v1/drills/{played[0]}/{path}"
            assert other.get(url).text == facilitator.get(url).text
        until(lambda: TEAM in board(other, by="team"))
        bent = archive.content.replace(b"PK\x01\x02", b"PK\x01\x03")
        assert_problem(other.post("/api/v1/archives", content=bent, headers=header), 422, "zip")
        assert_problem(other.post("/api/v1/archives", content=archive.content, headers={"Content-Type": "x/y"}), 415)


def test_the_pages_show_what_became_of_it(played: list[str], observer: httpx.Client) -> None:
    drills = observer.get("/").text
    assert all(f'href="/drills/{name}"' in drills for name in played)
    card = observer.get(f"/api/v1/drills/{played[0]}/scorecard").json()
    assert f"{card['score']:g} {card['mark']}" in drills
    page = observer.get(f"/drills/{played[0]}").text
    assert MODE in page
    assert card["dimensions"]["detect"]["why"].split("'")[0] in page
    assert "incident.acknowledged" in page
    running = observer.get(f"/drills/{played[2]}").text
    assert "once the drill has ended" in running
    assert MODE not in running
    history = observer.get("/history").text
    assert TEAM in history
    assert MODE in history


def test_what_is_told_is_shown_as_text(ingest: httpx.Client, facilitator: httpx.Client) -> None:
    """Whatever it says, it is no markup of ours."""
    script = "<script>alert(1)</script>"
    opened = new_drill("markup", team=script, game_day=script, people=[script], truth={"component": script})
    assert ingest.post("/api/v1/drills", json=opened).status_code == 201
    told = [event("update.posted", text=script), event("alert.firing", labels={"alertname": script})]
    ingest.post("/api/v1/drills/markup/events/batch", json=[{**each, "source": script} for each in told])
    for path in ("/", "/drills/markup", "/history", f"/drills/{script}"):
        assert "<script" not in facilitator.get(path, headers={"Accept": "text/html"}).text
    assert "&lt;script&gt;" in facilitator.get("/drills/markup").text
    ingest.post("/api/v1/drills/markup/end", json={"ended_at": "2026-01-05T11:00:00Z"})


def test_an_archive_of_an_auditor_is_no_way_in(server: Any) -> None:
    header = {"Authorization": f"Bearer {TOKENS['ingest']}", "Content-Type": "application/zip"}
    assert_problem(httpx.post(f"{server.url}/api/v1/archives", content=b"PK", headers=header), 403, "facilitator")
