"""The responder's page: each form makes its event, once; a bad one comes back filled in, with a sentence beside it."""

import re
from typing import Any

import httpx
import pytest
from posting import new_name
from rooms import Room

UPDATE = {"status": "investigating", "impact": "Some requests fail.", "audiences": ["responders", "customers"]}


def test_from_page_to_resolution_by_forms_alone(room: Any) -> None:
    assert "Nobody was paged yet" in room.get("responder", "respond").text
    room.page()
    assert "every slot is taken" in room.get("responder", "respond").text
    for form, fields in [
        ("acknowledge", {"who": "Ada"}),
        ("declare", {"severity": "SEV-2", "as": "declare"}),
        ("assign", {"role": "scribe", "holder": "Cy"}),
        ("update", UPDATE),
        ("escalate", {"to": "engineering-manager", "by": "phone"}),
        ("diagnose", {"component": "postgres", "failure_mode": "connection-exhaustion"}),
        ("act", {"command": "moved traffic", "changes": "yes"}),
        ("resolve", {"text": "slots freed"}),
    ]:
        answer = room.send("responder", "respond", form, **fields)
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/drills/{room.name}/respond#{form}"), (
            answer.text
        )
    kinds = [event["kind"] for event in room.events()]
    assert kinds == [
        "alert.firing",
        "incident.acknowledged",
        "incident.declared",
        "role.assigned",
        "update.posted",
        "incident.escalated",
        "diagnosis.submitted",
        "action.taken",
        "incident.resolved",
    ]
    desk = room.desk()
    assert (desk["acknowledged"]["by"], desk["declared"]["severity"], desk["is_over"]) == ("Ada", "SEV-2", True)
    page = room.get("responder", "respond").text
    for said in ("Ada has it.", "SEV-2", "Cy", "postgres: connection-exhaustion", "moved traffic"):
        assert said in page


def test_what_fires_after_an_acknowledgement_is_named_where_the_page_stands(room: Any) -> None:
    room.page()
    room.tell("incident.acknowledged", 6, who="Ada")
    assert "New since then" not in room.get("responder", "respond").text
    room.tell("alert.firing", 7, labels={"alertname": "Another"}, fingerprint="a")
    said = room.get("responder", "respond").text.partition('data-live="page"')[2].partition("</div>")[0]
    assert "New since then: Another." in said
    assert 'href="#acknowledge"' in said
    room.tell("alert.resolved", 8, labels={"alertname": "Another"}, fingerprint="a")
    assert "New since then" not in room.get("responder", "respond").text


def test_a_form_counts_once_however_often_it_is_sent(room: Any) -> None:
    """A double click, a resend after a lost answer: also where what was sent could not be sent again by itself."""
    room.page()
    key = room.form("responder", "respond", "acknowledge")["key"][0]
    for _ in range(3):
        assert room.send("responder", "respond", "acknowledge", who="Ada", key=key).status_code == 303
    assert len(room.events("incident.acknowledged")) == 1
    key = room.form("responder", "respond", "update")["key"][0]
    for _ in range(2):
        assert room.send("responder", "respond", "update", **UPDATE, key=key).status_code == 303
    assert room.send("responder", "respond", "update", **UPDATE).status_code == 303
    assert len(room.events("update.posted")) == 2


@pytest.mark.parametrize(
    ("place", "fields", "said", "kept"),
    [
        ("acknowledge.", {"who": "Eve"}, "Ada acknowledged it at", "Eve"),
        ("resolve.", {"text": "it was the disk"}, "Declare one first", "it was the disk"),
        ("declare.severity", {"severity": "SEV-9", "text": "my reasons"}, "no severity &#39;SEV-9&#39;", "my reasons"),
        ("update.impact", {**UPDATE, "impact": "", "next_step": "fail over"}, "An update needs a text", "fail over"),
        ("update.next_update_at", {**UPDATE, "next_update_at": "after lunch"}, "cannot be read", "after lunch"),
        ("assign.role", {"role": "janitor", "holder": "Mallory"}, "no role &#39;janitor&#39;", "Mallory"),
        ("escalate.by", {"to": "my aunt"}, "Say how you reached them", "my aunt"),
        ("diagnose.component", {"text": "a hunch of mine"}, "Name the component", "a hunch of mine"),
        ("act.command", {"command": " "}, "Say what you did", ""),
    ],
)
def test_a_bad_form_comes_back_with_what_was_typed(
    room: Any, place: str, fields: dict[str, Any], said: str, kept: str
) -> None:
    """`place` is form.field; what is wrong with no field stands above them all."""
    form, _, field = place.partition(".")
    room.page()
    assert room.send("responder", "respond", "acknowledge", who="Ada").status_code == 303
    before = room.events()
    key = room.form("responder", "respond", form).get("key", ["0123456789abcdef-key"])[0]
    answer = room.send("responder", "respond", form, **fields, key=key)
    assert answer.status_code == 422
    [(more, sentence)] = re.findall(rf'<p class="fault[^"]*" id="{form}-{field}-fault"([^>]*)>([^<]*)</p>', answer.text)
    assert said in sentence
    assert "hidden" not in more
    assert answer.text.count('aria-invalid="true"') == (1 if field and field != "severity" else 0)
    assert kept in answer.text
    assert "data-back" in answer.text
    assert f'value="{key}"' in answer.text
    assert f'<details class="act" id="{form}" open' in answer.text
    assert room.events() == before


def test_after_a_refusal_the_same_form_can_be_mended_and_sent(room: Any) -> None:
    room.page()
    key = room.form("responder", "respond", "declare")["key"][0]
    assert room.send("responder", "respond", "declare", severity="SEV-9", key=key).status_code == 422
    assert room.send("responder", "respond", "declare", severity="SEV-2", key=key).status_code == 303
    assert room.events("incident.declared")[0]["data"]["severity"] == "SEV-2"


def test_the_update_is_drafted_in_the_form_and_can_be_posted_as_it_is(room: Any) -> None:
    room.page()
    room.send("responder", "respond", "declare", severity="SEV-1", **{"as": "declare"})
    windows = [{"at": (room.began_at).isoformat(), "seconds": 5, "requests": 100, "failures": 31, "p95_ms": 40}]
    assert room.ask("ingest", "post", f"/api/v1/drills/{room.name}/impact", json=windows).status_code == 201
    draft = room.form("responder", "respond", "update")
    assert draft["impact"] == ["About 31 % of requests fail."]
    assert draft["next_update_at"] == ["15m"]
    assert draft["audiences"] == ["responders", "customers", "stakeholders"]
    assert room.send("responder", "respond", "update", **draft).status_code == 303
    data = room.events("update.posted")[0]["data"]
    assert data["channel"] == "incident-channel, status-page, email"
    assert {"status", "impact", "next_step", "next_update_at"} <= data.keys()


def test_an_update_is_read_as_sentences(room: Any) -> None:
    """Also one that was written down at a table, or came from another tool, in parts and without a text."""
    parts = {"impact": "Two requests in five fail", "next_step": "find who holds them", "audiences": ["customers"]}
    room.page()
    room.tell("update.posted", 6, **parts)
    page = room.get("responder", "respond").text
    assert 'Two requests in five fail<br><span class="quiet">Next:</span> find who holds them' in page
    assert "update to customers: Two requests in five fail. Next: find who holds them" in page
    assert '<span class="quiet">Next:</span> find who holds them' in room.get("responder", "status").text


def test_the_page_leads_to_what_comes_next(room: Any) -> None:
    def leads_to() -> list[str]:
        [told] = re.findall(r'<div class="page.*?</div>', room.get("responder", "respond").text, re.DOTALL)
        return re.findall(r'href="#(\w+)"', told)

    assert leads_to() == []
    room.page()
    for form, fields in [
        ("acknowledge", {"who": "Ada"}),
        ("declare", {"severity": "SEV-2", "as": "declare"}),
        ("update", UPDATE),
        ("diagnose", {"component": "postgres", "failure_mode": "connection-exhaustion"}),
    ]:
        assert leads_to() == [form]
        assert room.send("responder", "respond", form, **fields).status_code == 303
    assert leads_to() == [], "what is left is to mitigate it, and to wait whether that holds"
    assert room.send("responder", "respond", "resolve").status_code == 303
    assert leads_to() == ["update"], "the closing notice"
    assert room.send("responder", "respond", "update", **UPDATE | {"status": "resolved"}).status_code == 303
    assert leads_to() == []
    room.end()
    page = room.get("responder", "respond").text
    assert f'<a href="/drills/{room.name}">See how it went</a>' in page
    assert f'<a href="/drills/{room.name}/review">Write the review</a>' in page
    assert re.findall(r'<details class="act" id="(\w+)" open', page) == []
    assert "Write the review" not in room.get("observer", "observe").text


def test_the_list_of_drills_leads_everybody_to_their_seat(room: Any) -> None:
    for role, seat in (("responder", "respond"), ("facilitator", "facilitate"), ("observer", "observe")):
        listed = room.ask(role, "get", "/", {"Accept": "text/html"}).text
        assert f'href="/drills/{room.name}/{seat}"' in listed
    room.end()
    assert f'href="/drills/{room.name}/respond"' not in room.ask("responder", "get", "/", {"Accept": "text/html"}).text


def test_the_playbooks_criteria_stand_beside_the_severities(room: Any) -> None:
    text = room.get("responder", "respond").text
    assert "share of requests that fail above 10 %" in text
    assert "A significant part of the service is impaired." in text


def test_what_was_typed_as_a_name_is_kept_as_text_and_nothing_is_executed(room: Any) -> None:
    room.page()
    evil = '<script>alert("x")</script>'
    assert room.send("responder", "respond", "acknowledge", who=evil).status_code == 303
    text = room.get("responder", "respond").text
    assert evil not in text
    assert "&lt;script&gt;" in text


def test_a_name_is_remembered(room: Any) -> None:
    room.page()
    answer = room.send("responder", "respond", "acknowledge", who="Ada Lovelace ♥")
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    value = cookie.partition(";")[0]
    named = room.ask("responder", "get", f"/drills/{room.name}/respond", {"Accept": "text/html", "Cookie": value})
    assert 'value="Ada Lovelace ♥"' in named.text
    back = room.ask(
        "responder", "post", "/name", data={"who": "Bob", "back": "//elsewhere.example"}, follow_redirects=False
    )
    assert back.headers["location"] == "/"


def test_who_may_sit_where(room: Any) -> None:
    allowed = {
        "respond": {"responder", "facilitator"},
        "review": {"responder", "facilitator", "observer", "ingest"},
        "facilitate": {"facilitator"},
        "observe": {"observer", "facilitator"},
        "status": {"responder", "facilitator", "observer", "ingest"},
    }
    for seat, roles in allowed.items():
        for role in ("responder", "facilitator", "observer", "ingest"):
            assert room.get(role, seat).status_code == (200 if role in roles else 403), (seat, role)
    assert room.send("observer", "respond", "acknowledge", who="x", key="0123456789abcdef").status_code == 403
    assert room.send("responder", "facilitate", "stop", key="0123456789abcdef").status_code == 403
    assert room.send("observer", "facilitate", "abort", key="0123456789abcdef").status_code == 403


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"who=Ada&" + b"x=1&" * 400, "application/x-www-form-urlencoded", 422),
        (b'{"who": "Ada"}', "application/json", 415),
        (b"\xff\xfe=\xff&who=Ad\x00a%00", "application/x-www-form-urlencoded; charset=utf-8", 303),
    ],
)
def test_what_is_no_form_is_told_so(room: Any, content: bytes, kind: str, status: int) -> None:
    room.page()
    path = f"/drills/{room.name}/respond/acknowledge"
    answer = room.ask("responder", "post", path, {"Content-Type": kind}, content=content, follow_redirects=False)
    assert answer.status_code == status, answer.text


def test_there_is_no_other_seat_and_no_other_form(room: Any) -> None:
    assert room.get("facilitator", "sleep").status_code in (404, 422)
    assert room.send("responder", "respond", "sleep", key="0123456789abcdef").status_code == 404
    assert room.send("responder", "respond", "review", key="0123456789abcdef").status_code == 404
    assert room.ask("responder", "get", "/drills/nobody/respond").status_code == 404


def test_hints_of_a_guided_drill_are_taken_one_by_one_and_once_each(server: Any) -> None:
    hints = [{"text": "Look at the database.", "cost": 2}, {"text": "Count its sessions.", "cost": 4.5}]
    with httpx.Client(base_url=server.url, timeout=10) as client:
        room = Room(client, new_name("guided"), truth={"failure_mode": "x", "hints": hints})
        page = room.get("responder", "respond").text
        assert "Take hint 1: 2 points" in page
        assert "Look at the database." not in page
        for _ in range(2):
            assert room.send("responder", "respond", "hint", level="1", key="0123456789abcdef").status_code == 303
        page = room.get("responder", "respond").text
        assert ("Look at the database." in page, "Count its sessions." in page) == (True, False)
        assert "Take hint 2: 4.5 points" in page
        assert len(room.events("hint.taken")) == 1
        assert room.send("responder", "respond", "hint", level="2").status_code == 303
        assert "All of them were taken." in room.get("responder", "respond").text
        assert room.send("responder", "respond", "stop").status_code == 303
        assert room.desk()["stopped"] is not None
        assert room.send("responder", "respond", "start").status_code == 303
        assert room.desk()["stopped"] is None
        room.end()


def test_elsewhere_there_are_no_hints_and_the_clock_is_the_facilitators(room: Any) -> None:
    assert "Take hint" not in room.get("responder", "respond").text
    assert room.send("responder", "respond", "hint", level="1").status_code == 404
    answer = room.send("responder", "respond", "stop")
    assert answer.status_code == 422
    assert room.desk()["stopped"] is None
