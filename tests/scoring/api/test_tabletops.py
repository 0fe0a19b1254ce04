"""A tabletop as its people meet it: three roles, one service, a whole exercise from a scenario that ships."""

import re
import signal
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from posting import ROLES, assert_problem
from tables import SHIPPED, Table, course, faults, play, refused, taken

from scoring.playbook.file import load_playbook
from scoring.scorecard import score
from scoring.tabletop import Scenario
from scoring.tabletop.file import load_scenario
from scoring.tabletop.rehearsal import rehearse
from scoring.timeline import Timeline


@pytest.fixture
def table(clients: dict[str, httpx.Client]) -> Iterator[Table]:
    opened = Table(clients)
    yield opened
    opened.send(opened.facilitator, "facilitate", "end", sure="yes")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(SHIPPED).scenario


def test_nothing_has_happened_before_the_facilitator_begins(table: Table, scenario: Scenario) -> None:
    room = table.seen(table.participant)["room"]
    assert (room["title"], room["has_begun"], room["is_stopped"], room["injects"]) == (scenario.title, False, True, [])
    assert room["elapsed_s"] == 0
    assert [seat["role"] for seat in room["seats"]] == [each.role for each in scenario.participants]
    for client, name in (
        (table.participant, "room"),
        (table.participant, "seats/2"),
        (table.observer, "room"),
        (table.observer, "observe"),
        (table.facilitator, "facilitate"),
    ):
        assert "It has not begun" in table.page(client, name)
    table.does("start")
    assert "It has not begun" not in table.page(table.participant, "room")
    assert table.seen()["room"]["has_begun"]


def test_each_comes_to_their_own_page(table: Table) -> None:
    for client, page in ((table.facilitator, "facilitate"), (table.participant, "room"), (table.observer, "observe")):
        answer = client.get(f"/drills/{table.id}/tabletop")
        assert answer.headers["location"] == f"/drills/{table.id}/tabletop/{page}"
    for client, page in (
        (table.participant, "facilitate"),
        (table.participant, "observe"),
        (table.observer, "facilitate"),
    ):
        assert client.get(f"/drills/{table.id}/tabletop/{page}").status_code == 403
    assert table.send(table.observer, "room", "acknowledge", who="Ada").status_code == 403
    assert table.send(table.participant, "facilitate", "start").status_code == 403
    assert_problem(table.participant.post("/api/v1/tabletops", json={"scenario": SHIPPED}), 403)


def test_a_revealed_inject_is_everybodys_and_shows_what_it_shows(table: Table, scenario: Scenario) -> None:
    first = scenario.injects[0]
    table.does("start")
    table.does("reveal", inject=first.id)
    for client in (table.participant, table.observer, table.facilitator):
        [revealed] = table.seen(client)["room"]["injects"]
        assert (revealed["title"], revealed["sender"]) == (first.title, first.sender)
    for name in ("room", "seats/1"):
        assert first.title in table.page(table.participant, name)
    kinds = [each["kind"] for each in table.facilitator.get(f"{table.api}/events").json()["events"]]
    assert kinds[-1 - len(first.shows) :] == ["inject.delivered", *(shown.event for shown in first.shows)]
    instants = {each["occurred_at"] for kind in set(kinds[3:]) for each in table.events(kind)}
    assert len(instants) == 1
    refused(table.send(table.facilitator, "facilitate", "reveal", inject=first.id), "was revealed at")
    assert len(table.events("inject.delivered")) == 1


def test_the_clock_jumps_to_the_inject_that_comes_next(table: Table, scenario: Scenario) -> None:
    second = scenario.injects[1]
    table.does("start")
    table.does("reveal", inject=scenario.injects[0].id)
    table.does("reveal", inject=second.id, jump="yes")
    assert table.inject(second.id)["delivered_s"] == pytest.approx(second.at, abs=0.01)
    table.does("advance")
    elapsed_s = table.seen()["room"]["elapsed_s"]
    assert elapsed_s >= scenario.injects[2].at
    table.does("advance", to="0:40")
    assert table.seen()["room"]["elapsed_s"] >= 2400
    refused(table.send(table.facilitator, "facilitate", "advance", to="0:20"), "only moves ahead")
    refused(table.send(table.facilitator, "facilitate", "advance", to="soon"), "such as 0:25")
    refused(table.send(table.facilitator, "facilitate", "advance", ahead="much"), "write 15m")


def test_no_time_passes_while_the_clock_stands(table: Table) -> None:
    table.does("start")
    table.does("advance", to="0:10")
    table.does("stop", reason="lunch")
    before = table.seen()["room"]["elapsed_s"]
    assert "lunch" in table.page(table.participant, "room")
    refused(table.send(table.facilitator, "facilitate", "stop"), "stands since")
    assert table.seen()["room"]["elapsed_s"] == before
    table.does("start")
    refused(table.send(table.facilitator, "facilitate", "start"), "runs")


def test_what_the_room_did_itself_is_seen_and_ticked_at_its_time(table: Table, scenario: Scenario) -> None:
    table.does("start")
    table.does("reveal", inject=scenario.injects[0].id)
    table.says("acknowledge", who="Ada")
    one = table.action("acknowledge")
    assert (one["state"], "Ada" in one["seen"]["text"]) == ("open", True)
    table.does("tick", expected="acknowledge", as_seen=one["seen"]["event"])
    one = table.action("acknowledge")
    assert (one["state"], one["seen"]) == ("done", None)
    assert len(table.events("incident.acknowledged")) == 1
    [tick] = table.events("inject.answered")
    assert tick["occurred_at"] == table.events("incident.acknowledged")[0]["occurred_at"]
    refused(table.send(table.facilitator, "facilitate", "tick", expected="acknowledge"), "was ticked as done")


def test_a_tick_puts_what_the_room_did_on_the_timeline(table: Table, scenario: Scenario) -> None:
    table.does("start")
    for inject in scenario.injects[:2]:
        table.does("reveal", inject=inject.id, jump="yes")
    for time in ("0:06", "0:08"):
        table.does("advance", to=time)
    refused(table.send(table.facilitator, "facilitate", "tick", expected="declare", when="0:07"), "jumped over 0:07")
    table.does("tick", expected="declare", when="0:06", text="the database is a row of the matrix", who="Ada")
    [declared] = table.events("incident.declared")
    assert declared["data"] == {"severity": "SEV-1", "text": "the database is a row of the matrix", "by": "Ada"}
    assert table.action("declare")["done_s"] == pytest.approx(360, abs=1)
    table.does("tick", expected="fill-the-roles", **{"who.scribe": "Grace"})
    held = {each["data"]["role"]: each["data"]["who"] for each in table.events("role.assigned")}
    assert held["scribe"] == "Grace"
    assert set(held.values()) == {"Grace", "the room"}
    refused(table.send(table.facilitator, "facilitate", "tick", expected="first-update", when="0:50"), "still to come")
    refused(table.send(table.facilitator, "facilitate", "tick", expected="decleare"), "did you mean 'declare'")


def test_an_action_is_late_after_its_time_and_not_done_when_the_facilitator_says_so(
    table: Table, scenario: Scenario
) -> None:
    table.does("start")
    table.does("reveal", inject=scenario.injects[0].id)
    for time in ("0:04", "0:09"):
        table.does("advance", to=time)
    assert table.action("acknowledge")["state"] == "overdue"
    table.does("tick", expected="acknowledge")
    assert table.action("acknowledge")["state"] == "late"
    table.does("undo", expected="acknowledge")
    assert table.action("acknowledge")["state"] == "not_done"
    table.does("tick", expected="acknowledge", when="0:04")
    assert table.action("acknowledge")["state"] == "done"


def test_what_waits_for_the_room_is_held_back_and_a_reminder_is_left_out(table: Table) -> None:
    table.does("start")
    table.does("reveal", inject="first-page")
    assert table.inject("requests-go-through")["state"] == "held"
    refused(table.send(table.facilitator, "facilitate", "reveal", inject="requests-go-through"), "It waits for")
    for name in {*table.inject("requests-go-through")["inject"]["waits_for"], "stop-the-export"}:
        table.does("tick", expected=name)
    assert table.inject("requests-go-through")["state"] == "ahead"
    assert table.inject("they-are-back")["state"] == "left_out"
    refused(table.send(table.facilitator, "facilitate", "reveal", inject="they-are-back"), "has done already")
    table.does("reveal", inject="they-are-back", anyway="yes")
    assert table.inject("they-are-back")["state"] == "delivered"


def test_something_that_no_scenario_foresaw_reaches_the_seats_it_is_for(table: Table) -> None:
    table.does("start")
    role = table.opened["seats"][0]["role"]
    table.does("inject", from_="the press", to=role, text="We hear that you are down.")
    [revealed] = table.seen(table.participant)["room"]["injects"]
    assert (revealed["text"], revealed["to"]) == ("We hear that you are down.", [table.opened["seats"][0]["title"]])
    refused(table.send(table.facilitator, "facilitate", "inject", from_="x", to="nobody", text="y"), "Nobody sits")
    refused(table.send(table.facilitator, "facilitate", "inject", from_="x"), "Say what happens")


def test_a_form_that_is_sent_twice_counts_once(table: Table, scenario: Scenario) -> None:
    key = "k" * 24
    for _ in range(2):
        taken(table.send(table.facilitator, "facilitate", "start", key=key))
        taken(table.send(table.facilitator, "facilitate", "reveal", inject=scenario.injects[0].id, key=key))
        taken(table.send(table.participant, "room", "declare", severity="SEV-2", key=key))
        taken(table.send(table.facilitator, "facilitate", "tick", expected="acknowledge", key=key))
    kinds = ("clock.started", "inject.delivered", "incident.declared", "incident.acknowledged", "inject.answered")
    assert {kind: len(table.events(kind)) for kind in kinds} == dict.fromkeys(kinds, 1)


def test_what_was_typed_comes_back_with_its_fault(table: Table) -> None:
    table.does("start")
    answer = table.send(table.participant, "room", "update", status="investigating", next_step="look at <the> pool")
    refused(answer, "An update needs a text")
    assert "look at &lt;the&gt; pool" in answer.text
    answer = table.send(table.participant, "seats/1", "resolve", text="all is well")
    refused(answer, "no incident to resolve")
    assert "all is well" in answer.text
    assert table.send(table.participant, "room", "review").status_code == 404
    assert table.participant.get(f"/drills/{table.id}/tabletop/seats/99").status_code == 404


def test_marks_and_notes_stand_by_objective_and_stay_with_those_who_gave_them(table: Table, scenario: Scenario) -> None:
    objective = scenario.objectives[0]
    table.does("start")
    taken(table.send(table.observer, "observe", "note", objective=objective.id, mark="S", text="one spoke for all"))
    taken(table.send(table.observer, "observe", "note", objective=objective.id, mark="M", text="then nobody did"))
    refused(table.send(table.observer, "observe", "note", mark="P"), "A mark is of an objective")
    refused(table.send(table.observer, "observe", "note", objective="x", text="y"), "There is no objective")
    reached = table.seen()["objectives"][0]
    assert reached["mark"] == "M"
    assert reached["ratings"][0]["texts"] == ["one spoke for all", "then nobody did"]
    table.does("note", objective=objective.id, mark="P", text="better than that", sort="strength")
    assert table.seen()["objectives"][0]["mark"] == "P"
    noted = table.events("observation.noted")[-1]
    assert noted["data"]["dimension"] == objective.dimension
    assert "better than that" not in table.page(table.participant, "room")
    assert "one spoke for all" in table.page(table.observer, "observe")


def test_a_link_lets_somebody_into_their_seat_once(table: Table, server: Any, stranger: httpx.Client) -> None:
    page = table.send(table.facilitator, "facilitate", "invite", name_="Ada", to="seats/1")
    assert page.status_code == 200
    link = unescape(re.findall(r'<code class="link">([^<]*)</code>', page.text)[0])
    assert link.startswith(server.url)
    with httpx.Client(base_url=server.url, headers={"Accept": "text/html"}) as browser:
        signed_in = browser.get(link)
        assert f"/drills/{table.id}/tabletop/seats/1" in signed_in.text
        seat = browser.get(f"/drills/{table.id}/tabletop/seats/1")
        assert "Ada" in seat.text
        assert browser.get(f"/drills/{table.id}/tabletop/facilitate").status_code == 403
    again = stranger.get(urlsplit(link)._replace(scheme="", netloc="").geturl(), headers={"Accept": "text/html"})
    assert again.status_code == 401
    refused(table.send(table.facilitator, "facilitate", "invite", name_="Ada", to="seats/99"), "no such seat")


def test_a_seat_alone_reads_what_it_alone_knows(table: Table, scenario: Scenario) -> None:
    number, seat = next((n, each) for n, each in enumerate(scenario.participants, 1) if each.knows)
    start = " ".join((seat.knows or "").split()[:4])
    assert start in " ".join(table.page(table.participant, f"seats/{number}").split())
    assert start not in " ".join(table.page(table.participant, "room").split())


def test_a_drill_that_is_no_tabletop_has_none_of_its_pages(clients: dict[str, httpx.Client], drill: str) -> None:
    for path in (f"/api/v1/drills/{drill}/tabletop", f"/drills/{drill}/tabletop/room"):
        assert_problem(clients["facilitator"].get(path), 404, "is no tabletop")


@pytest.mark.parametrize(
    ("body", "said", "where"),
    [
        ({}, "there is no scenario", "#/scenario"),
        ({"scenario": "llm-reserch-lab"}, "did you mean 'llm-research-lab'", "#/scenario"),
        ({"scenario": "/etc/passwd"}, "there is no scenario", "#/scenario"),
        ({"scenario_text": "name: x\n"}, "this field is missing", "#/scenario_text"),
        ({"scenario_text": ":"}, "", "#/scenario_text"),
        ({"scenario": SHIPPED, "playbook_text": "name: x\n"}, "the playbook", "#/playbook_text"),
        ({"scenario": SHIPPED, "clock": 0}, "", "#/clock"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_refused_with_place_and_mend(
    body: dict[str, Any], said: str, where: str, facilitator: httpx.Client
) -> None:
    assert_problem(facilitator.post("/api/v1/tabletops", json=body), 422, said, where)


def test_a_tabletop_of_an_id_that_is_taken_is_refused(table: Table) -> None:
    answer = table.facilitator.post("/api/v1/tabletops", json={"scenario": SHIPPED, "id": table.id})
    assert_problem(answer, 409, "another id")


def test_a_whole_tabletop_is_played_through_a_restart_to_its_report(other_server: Any, scenario: Scenario) -> None:
    """Everybody sees the same throughout, and the room earns what a rehearsal says that it can."""
    steps = course(scenario)
    middle = len(steps) // 2
    assert sum(what == "reveal" for _, what, _ in steps) >= 10
    clients = {role: other_server.as_(role) for role in ROLES}
    table = Table(clients, team="payments", people=["Ada", "Grace"])
    table.does("start")
    play(table, steps[:middle])
    before = table.seen()
    other_server.kill(signal.SIGKILL)
    other_server.start()
    clients |= {role: other_server.as_(role) for role in ROLES}
    table.sit_down(clients)
    after = table.seen()
    assert after["room"]["injects"] == before["room"]["injects"]
    assert [each["state"] for each in after["injects"]] == [each["state"] for each in before["injects"]]
    assert after["room"]["elapsed_s"] - before["room"]["elapsed_s"] < 60
    play(table, steps[middle:])
    objective = scenario.objectives[0]
    noted = {"objective": objective.id, "mark": "S", "sort": "improvement", "text": "one spoke for all"}
    taken(table.send(table.observer, "observe", "note", **noted))
    rooms = [table.seen(client)["room"] for client in (table.facilitator, table.participant, table.observer)]
    assert len({str(room["injects"]) for room in rooms}) == 1
    assert {one["state"] for each in table.seen()["injects"] for one in each["expected"]} <= {
        "done",
        "left_out",
        "waiting",
    }
    table.does("end", sure="yes")
    card = table.participant.get(f"{table.api}/scorecard").json()
    rehearsed = score(rehearse(load_scenario(SHIPPED)), load_playbook(SHIPPED))
    assert (card["verdict"], card["hard_fails"]) == ("scored", [])
    assert card["score"] == pytest.approx(rehearsed.score, abs=2)
    recorded = Timeline.model_validate_json(table.facilitator.get(f"{table.api}/timeline").text)
    assert score(recorded, load_playbook(SHIPPED)).to_json() == table.facilitator.get(f"{table.api}/scorecard").text
    _read_report(table, scenario)
    refused(table.send(table.facilitator, "facilitate", "reveal", inject="an-hour"), "The exercise ended")
    for client in clients.values():
        client.close()


def _read_report(table: Table, scenario: Scenario) -> None:
    """The report is everybody's after the end, as a page and as files, with what was decided to be done about it."""
    address = f"/drills/{table.id}/tabletop/report"
    html = {"Accept": "text/html"}
    wrong = {"key": "", "item.0.owner": "ada", "item.1.text": "Name clients", "item.1.due_on": "soon"}
    back = table.participant.post(f"{address}/plan", data=wrong, headers=html)
    refused(back, "Say what is to be done")
    assert "is no date" in faults(back)
    assert 'value="Name clients"' in back.text
    plan = {
        "key": "",
        "item.0.text": "Name the clients of the pool",
        "item.0.owner": "ada",
        "item.0.due_on": "2027-01-31",
    }
    for _ in range(2):
        taken(table.participant.post(f"{address}/plan", data={**plan, "key": "k" * 20}, headers=html))
    assert len(table.events("review.filed")) == 1 + len([1 for _, a in scenario.actions() if _files_a_review(a)])
    for client in (table.facilitator, table.participant, table.observer):
        page = unescape(client.get(address, headers=html).text)
        for said in (*(each.text for each in scenario.objectives), "Name the clients of the pool", "one spoke for all"):
            assert said in page
    told = table.observer.get(f"{address}.md")
    assert told.headers["content-type"].startswith("text/markdown")
    assert "Name the clients of the pool" in told.text
    assert table.observer.get(f"{address}.html").text.startswith("<!doctype html>")
    assert table.observer.get(f"{address}.pdf").content.startswith(b"%PDF-")
    items = table.facilitator.get("/api/v1/action-items").json()
    assert "Name the clients of the pool" in str(items)


def _files_a_review(action: Any) -> bool:
    return action.answers is not None and action.answers.event == "review.filed"
