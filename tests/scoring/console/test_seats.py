"""The pages of the facilitator and the observers, the status page, the record after the end, and what they load."""

import re
from datetime import timedelta
from typing import Any

import pytest
from rooms import CLOCK


def test_the_facilitator_stops_the_clock_and_everybody_sees_it_stand(room: Any) -> None:
    room.page()
    assert room.send("facilitator", "facilitate", "stop", reason="fire alarm").status_code == 303
    desk = room.desk()
    assert desk["stopped"]["text"] == "fire alarm"
    assert not any(clock["is_moving"] for clock in desk["clocks"])
    assert "The drill clock stands" in room.get("responder", "respond").text
    again = room.desk()
    assert again["elapsed_s"] == desk["elapsed_s"]
    assert [each["used_s"] for each in again["clocks"]] == [each["used_s"] for each in desk["clocks"]]
    assert room.send("facilitator", "facilitate", "start").status_code == 303
    assert room.desk()["stopped"] is None
    assert any(clock["is_moving"] for clock in room.desk()["clocks"])


def test_a_drill_that_waits_for_its_facilitator_is_begun_and_later_ones_go_on(room: Any) -> None:
    room.tell("clock.stopped", 0, reason="the drill has not begun", begun=False)
    before = room.get("facilitator", "facilitate").text
    assert "Start the clock" in before
    assert "Let the clock go on" not in before
    assert room.send("facilitator", "facilitate", "start").status_code == 303
    assert room.send("facilitator", "facilitate", "stop").status_code == 303
    after = room.get("facilitator", "facilitate").text
    assert "Let the clock go on" in after
    assert "Start the clock" not in after


def test_who_stops_a_clock_that_stands_is_told_since_when(room: Any) -> None:
    """Two facilitators at once: the second one's page still had the form."""
    key = room.form("facilitator", "facilitate", "stop")["key"][0]
    room.send("facilitator", "facilitate", "stop")
    answer = room.send("facilitator", "facilitate", "stop", key=f"{key}x")
    assert answer.status_code == 422
    assert "The drill clock stands since" in answer.text


def test_a_message_reaches_the_responder_and_pages(room: Any) -> None:
    told = {"from": "the support desk", "channel": "phone", "title": "Calls", "text": "Ten customers called."}
    assert room.send("facilitator", "facilitate", "inject", **told).status_code == 303
    assert room.desk()["page"]["title"] == "Calls"
    for role, seat in (("responder", "respond"), ("observer", "observe"), ("facilitator", "facilitate")):
        assert "Ten customers called." in room.get(role, seat).text
    blank = room.send("facilitator", "facilitate", "inject", **{"from": "x"})
    assert "this is what they get to read" in blank.text


def test_the_facilitator_sees_the_truth_what_the_oracle_saw_and_the_score(room: Any) -> None:
    room.tell("fault.injected", 3, activity="hold the slots")
    seen = [
        {"name": "services", "ok": True, "seen": "all"},
        {"name": "alerts_quiet", "ok": None, "seen": "?"},
        "nonsense",
    ]
    room.tell("oracle.checked", 4, phase="mitigated", ok=False, conditions=seen)
    text = room.get("facilitator", "facilitate").text
    for said in ("connection-exhaustion", "postgres", "services", "alerts quiet", "cannot tell", "Points so far"):
        assert said in text, said
    assert "hold the slots" in text


def test_an_aborted_drill_has_ended_with_its_reason(room: Any) -> None:
    assert room.send("facilitator", "facilitate", "abort", reason="a real incident").status_code == 422
    assert room.send("facilitator", "facilitate", "abort", reason="a real incident", sure="yes").status_code == 303
    assert room.desk()["ended_at"] is not None
    assert room.events("drill.aborted")[0]["data"]["reason"] == "a real incident"
    refused = room.send("facilitator", "facilitate", "stop", key="0123456789abcdef")
    assert (refused.status_code, "The drill ended" in refused.text) == (422, True)


def test_a_held_fault_is_ordered_from_the_page(room: Any) -> None:
    assert "No other fault is held ready" in room.get("facilitator", "facilitate").text
    unknown = room.send("facilitator", "facilitate", "order", failure_mode="x", key="0123456789abcdef")
    assert "No fault &#39;x&#39; is held ready" in unknown.text
    assert room.events("fault.ordered") == []


def test_observers_note_and_mark_and_nothing_else(room: Any) -> None:
    page = room.get("observer", "observe").text
    assert len(re.findall('<form method="post" action="/drills/', page)) == 1
    noted = {"text": "calm and clear", "dimension": "communicate", "mark": "S"}
    assert room.send("observer", "observe", "note", **noted).status_code == 303
    assert room.send("facilitator", "facilitate", "note", text="on time").status_code == 303
    for role, seat in (("observer", "observe"), ("facilitator", "facilitate")):
        text = room.get(role, seat).text
        assert "calm and clear" in text
        assert "on time" in text
    assert "calm and clear" not in room.get("responder", "respond").text
    refused = room.send("observer", "observe", "note", text="x", mark="P")
    assert "choose one" in refused.text
    room.end()
    record = room.ask("responder", "get", f"/drills/{room.name}").text
    assert "calm and clear" in record
    assert "on time" in record
    assert "Marks of observers beside ours" in record


def test_customers_read_what_was_posted_for_them(room: Any) -> None:
    assert "All systems operational" in room.get("observer", "status").text
    room.page()
    post = {"status": "investigating", "next_update_at": "30m"}
    room.send("responder", "respond", "update", impact="inner matters", audiences=["responders"], **post)
    room.send("responder", "respond", "update", impact="Some requests fail.", audiences=["customers"], **post)
    text = room.get("observer", "status").text
    assert "Some requests fail." in text
    assert "inner matters" not in text
    assert "SlotsExhausted" not in text
    assert "next update by" in text
    room.send("responder", "respond", "update", status="resolved", impact="All is well.", audiences=["customers"])
    assert "<strong>Resolved</strong>" in room.get("observer", "status").text


def test_the_record_leaves_out_looks_of_the_oracle_that_saw_the_same(room: Any) -> None:
    for minute, ok in enumerate((False, False, True, True, False)):
        seen = [{"name": "services", "ok": ok, "seen": "all" if ok else "none"}]
        room.tell("oracle.checked", minute, phase="mitigated", ok=ok, conditions=seen)
    room.end()
    record = room.ask("responder", "get", f"/drills/{room.name}", {"Accept": "text/html"}).text
    assert record.count("<strong>oracle.checked</strong>") == 3
    assert len(room.events("oracle.checked")) == 5


def test_the_record_after_the_end_says_what_was_good_and_what_next(room: Any) -> None:
    room.tell("fault.injected", 3)
    room.page()
    for minute in range(3, 30):
        conditions = [{"name": "services", "ok": False, "seen": "one is missing"}]
        room.tell("oracle.checked", minute, phase="mitigated", ok=False, conditions=conditions)
    at = [(room.began_at + timedelta(minutes=minute) / CLOCK).isoformat() for minute in range(30)]
    windows = [{"at": each, "requests": 50, "failures": 50} for each in at]
    room.ask("ingest", "post", f"/api/v1/drills/{room.name}/impact", json=windows)
    running = room.ask("responder", "get", f"/drills/{room.name}").text
    assert "What next" not in running
    room.end()
    text = room.ask("responder", "get", f"/drills/{room.name}").text
    for said in ("What was good", "What next", "Times, in drill time", "data-chart", "connection-exhaustion"):
        assert said in text, said
    assert "The drill has ended" in room.get("responder", "respond").text


@pytest.mark.parametrize("name", ["style.css", "console.js", "plotly.js", "icon.svg"])
def test_what_a_page_loads_is_kept_for_good_until_it_changes(room: Any, name: str) -> None:
    page = room.get("responder", "respond").text
    [address] = set(re.findall(rf'"(/{re.escape(name)}\?v=[0-9a-f]+)"', page))
    answer = room.ask("responder", "get", address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    plain = room.ask("responder", "get", f"/{name}", {"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert "immutable" not in plain.headers["cache-control"]


def test_a_sign_in_link_leads_to_a_page_of_a_drill_and_nowhere_else(room: Any) -> None:
    to = f"/drills/{room.name}/respond"
    for asked, status in ((to, 401), ("//elsewhere.example", 422), ("https://elsewhere.example", 422)):
        answer = room.ask("observer", "get", "/sign-in", params={"code": "used", "to": asked})
        assert answer.status_code == status, asked
