"""The pages in a real browser: by keyboard, by several people at once, through lost connections and restarts."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import LAPTOP, PHONE, People, assert_accessible
from posting import new_name
from rooms import CLOCK, Room
from serving import Server
from waiting import until

pytestmark = pytest.mark.browser
SEATS = [
    ("responder", "respond"),
    ("facilitator", "facilitate"),
    ("observer", "observe"),
    ("observer", "status"),
    ("responder", "review"),
]


def really_left_s(room: Room, clock: str) -> float:
    """What it has to show by the service's clock."""
    desk = room.desk()
    found = next(each for each in desk["clocks"] if each["id"] == clock)
    return float(found["limit_s"] - found["used_s"])


def test_by_keyboard_alone_from_the_page_to_the_resolution(room: Room, people: People) -> None:
    ada = people("responder")
    page = ada.open(f"/drills/{room.name}/respond")
    ada.sees("Nobody was paged yet")
    room.page()
    ada.sees("every slot is taken")
    page.locator("#alarm", has_text="SlotsExhausted").wait_for()
    page.locator("#acknowledge-who").wait_for()
    ada.types("a")
    page.keyboard.press("Control+a")
    page.keyboard.type("Ada")
    ada.types("Enter")
    ada.sees("Acknowledged by Ada")
    ada.types("d", "ArrowDown", "ArrowUp", "Space", "Enter")
    page.locator(".standing", has_text="SEV-1").wait_for()
    ada.types("u")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("A third of requests fails.")
    while page.evaluate("document.activeElement.textContent") != "Post":
        page.keyboard.press("Tab")
    ada.types("Enter")
    page.locator("[data-live=updates]", has_text="A third of requests fails.").wait_for()
    ada.types("e")
    page.keyboard.type("engineering-manager")
    page.keyboard.press("Tab")
    page.keyboard.type("phone")
    ada.types("Enter")
    page.locator("[data-live=calls] td", has_text="made too late").wait_for()
    ada.types("i")
    page.keyboard.type("postgres")
    ada.types("Enter")
    page.locator("[data-live=state-diagnose]", has_text="postgres").wait_for()
    ada.types("r")
    page.keyboard.type("slots freed")
    ada.types("Enter")
    page.locator(".standing", has_text="Resolved").wait_for()
    assert [event["kind"] for event in room.events()][1:] == [
        *("incident.acknowledged", "incident.declared", "update.posted"),
        *("incident.escalated", "diagnosis.submitted", "incident.resolved"),
    ]
    assert room.events("update.posted")[0]["data"]["impact"] == "A third of requests fails."
    ada.shoot("respond-resolved")


def test_on_a_phone_all_of_who_has_to_be_called_is_in_sight(room: Room, people: People) -> None:
    room.page()
    room.tell("incident.declared", 6, severity="SEV-1")
    room.tell("incident.escalated", 7, to=["engineering-manager"], by="phone")
    page = people("observer", size=PHONE).open(f"/drills/{room.name}/observe")
    page.locator("[data-live=calls] td", has_text="made").first.wait_for()
    wide, room_for = page.locator(".calls").evaluate("(each) => [each.scrollWidth, each.clientWidth]")
    assert wide <= room_for


def test_keys_are_text_where_somebody_types_and_can_be_switched_off(room: Room, people: People) -> None:
    ada = people("responder")
    page = ada.open(f"/drills/{room.name}/respond")
    page.locator("#my-name").focus()
    ada.types("End")
    page.keyboard.type("aud?r")
    assert page.locator("#my-name").input_value().endswith("aud?r")
    assert page.locator("#keys").is_hidden()
    page.locator("h1").click()
    ada.types("?")
    page.locator("#keys").wait_for(state="visible")
    page.locator("#keys-on").uncheck()
    ada.types("Escape")
    page.locator("#keys").wait_for(state="hidden")
    ada.types("r")
    assert page.locator("#resolve").get_attribute("open") is None
    page.reload()
    ada.types("r")
    assert page.locator("#resolve").get_attribute("open") is None
    page.evaluate("localStorage.clear()")


def test_several_browsers_see_the_same_at_once(room: Room, people: People) -> None:
    ada, bob = people("responder"), people("responder", size=PHONE)
    grace, fay = people("observer"), people("facilitator")
    for person, seat in ((ada, "respond"), (bob, "respond"), (grace, "observe"), (fay, "facilitate")):
        person.open(f"/drills/{room.name}/{seat}")
        person.page.locator(".standing", has_text="All quiet").wait_for()
    room.page()
    for person in (ada, bob, grace):
        person.sees("Nobody has acknowledged it")
    ada.page.locator("#acknowledge-who").fill("Ada")
    ada.page.get_by_role("button", name="I have it").click()
    for person in (ada, bob, grace):
        person.sees("Acknowledged by Ada")
    fay.page.locator("#stop-reason").fill("fire alarm")
    fay.page.get_by_role("button", name="Stop the clock").click()
    for person in (ada, bob, grace, fay):
        person.page.locator(".standing", has_text="The drill clock stands").wait_for()
    assert ada.left_s("classify") == bob.left_s("classify") == grace.left_s("classify")
    fay.page.get_by_role("button", name="Let the clock go on").click()
    for person in (ada, bob, grace, fay):
        person.page.locator(".standing", has_text="Paged").wait_for()


def test_what_was_typed_survives_a_reload_a_refusal_and_news(room: Room, people: People) -> None:
    room.page()
    ada = people("responder")
    page = ada.open(f"/drills/{room.name}/respond")
    ada.types("u")
    page.locator("#update-impact").fill("My own words.")
    page.locator("#update-next_update_at").fill("after lunch")
    room.tell("alert.firing", 6, labels={"alertname": "Other"}, fingerprint="o")
    page.locator("[data-live=alerts]", has_text="Other").wait_for()
    assert page.locator("#update-impact").input_value() == "My own words."
    page.reload()
    ada.types("u")
    assert page.locator("#update-impact").input_value() == "My own words."
    page.get_by_role("button", name="Post").click()
    page.locator("#update-next_update_at-fault", has_text="'after lunch' cannot be read").wait_for()
    assert page.evaluate("document.activeElement.id") == "update-next_update_at"
    assert page.locator("#update-impact").input_value() == "My own words."
    ada.shoot("respond-refused")
    page.locator("#update-next_update_at").fill("15m")
    page.get_by_role("button", name="Post").click()
    page.locator("[data-live=updates]", has_text="My own words.").wait_for()
    assert len(room.events("update.posted")) == 1


def test_through_a_lost_connection_nothing_is_lost_and_nothing_counts_twice(room: Room, people: People) -> None:
    room.page()
    ada = people("responder")
    page = ada.open(f"/drills/{room.name}/respond")
    ada.sees("Nobody has acknowledged it")
    ada.context.set_offline(True)
    page.locator("#acknowledge-who").fill("Ada")
    page.get_by_role("button", name="I have it").click()
    page.locator("#acknowledge .sending", has_text="Not sent").wait_for()
    assert page.locator("#acknowledge-who").input_value() == "Ada"
    room.tell("inject.delivered", 7, **{"from": "a manager", "text": "How long?"})
    ada.context.set_offline(False)
    ada.sees("How long?", within_s=20)
    button = page.get_by_role("button", name="I have it")
    button.dblclick()
    ada.sees("Acknowledged by Ada")
    assert len(room.events("incident.acknowledged")) == 1
    assert ada.left_s("classify") == pytest.approx(really_left_s(room, "classify"), abs=2 * CLOCK)


def test_the_services_clock_is_the_truth_however_wrong_the_browsers_is(room: Room, people: People) -> None:
    room.page()
    ada = people("responder")
    ada.context.clock.install(time=datetime(2031, 3, 3, tzinfo=UTC))
    page = ada.open(f"/drills/{room.name}/respond")
    ada.context.clock.resume()
    until(
        lambda: abs(ada.left_s("acknowledge") - really_left_s(room, "acknowledge")) < 2 * CLOCK,
        what="the right clock on a machine whose own is wrong",
    )
    said = page.locator("[data-clock=acknowledge] .words").inner_text()
    assert said in ("in time", "past half", "overdue")


def test_a_restart_of_the_service_leads_to_the_same_page(tmp_path: Path, people: People) -> None:
    service = Server(tmp_path / "drills.db")
    try:
        with httpx.Client(base_url=service.url, timeout=10) as client:
            room = Room(client, new_name("restart"))
            room.page()
            ada = people("responder", url=service.url)
            page = ada.open(f"/drills/{room.name}/respond")
            ada.sees("every slot is taken")
            ada.types("u")
            page.locator("#update-impact").fill("Typed before the restart.")
            service.kill(signal.SIGKILL)
            page.locator("#connection", has_text="connection").wait_for()
            service.start()
            page.locator("#connection:empty").wait_for(state="attached", timeout=30_000)
            room.tell("alert.firing", 8, labels={"alertname": "AfterTheRestart"}, fingerprint="r")
            page.locator("[data-live=alerts]", has_text="AfterTheRestart").wait_for()
            assert page.locator("#update-impact").input_value() == "Typed before the restart."
            page.get_by_role("button", name="Post").click()
            page.locator("[data-live=updates]", has_text="Typed before the restart.").wait_for()
            assert len(room.events("update.posted")) == 1
            assert ada.left_s("mitigate") == pytest.approx(really_left_s(room, "mitigate"), abs=2 * CLOCK)
    finally:
        service.kill()


def test_a_closed_laptop_is_right_again_when_it_is_opened(room: Room, people: People) -> None:
    """A frozen page, as browsers leave one on a machine that sleeps: no timer runs, nothing arrives."""
    room.page()
    ada = people("responder")
    page = ada.open(f"/drills/{room.name}/respond")
    ada.sees("Nobody has acknowledged it")
    lid = ada.context.new_cdp_session(page)
    lid.send("Page.setWebLifecycleState", {"state": "frozen"})
    room.send("responder", "respond", "acknowledge", who="Bob")
    room.send("facilitator", "facilitate", "stop", reason="lunch")
    room.tell("inject.delivered", 9, **{"from": "a manager", "text": "Are you there?"})
    lid.send("Page.setWebLifecycleState", {"state": "active"})
    ada.sees("Acknowledged by Bob")
    page.locator("[data-live=injects]", has_text="Are you there?").wait_for()
    page.locator(".standing", has_text="The drill clock stands").wait_for()
    assert ada.left_s("mitigate") == pytest.approx(really_left_s(room, "mitigate"), abs=1.5)


def test_without_script_the_page_works_by_reload(room: Room, people: People) -> None:
    room.page()
    ada = people("responder", java_script_enabled=False)
    page = ada.open(f"/drills/{room.name}/respond")
    page.locator("#acknowledge-who").fill("Ada")
    page.get_by_role("button", name="I have it").click()
    ada.sees("Acknowledged by Ada")
    page.locator("#declare > summary").click() if page.locator("#declare").get_attribute("open") is None else None
    page.get_by_role("button", name="Declare").click()
    ada.sees("Choose a severity")
    page.get_by_label("SEV-2 Major").check()
    page.get_by_role("button", name="Declare").click()
    page.locator(".standing", has_text="SEV-2").wait_for()


def test_a_responders_browser_never_receives_the_truth(room: Room, people: People) -> None:
    """The truth of the room's drill is the recorded one: its failure mode and component."""
    ada = people("responder")
    for event in ("fault.injected", "oracle.checked"):
        room.tell(event, 3, activity="zanzibar", conditions=[{"name": "zanzibar", "ok": False}])
    room.page()
    for seat in ("respond", "status", "review", ""):
        ada.open(f"/drills/{room.name}/{seat}".rstrip("/"))
    ada.open(f"/drills/{room.name}/respond")
    ada.sees("every slot is taken")
    room.tell("oracle.checked", 9, phase="mitigated", conditions=[{"name": "zanzibar", "ok": False}])
    room.tell("alert.firing", 9, labels={"alertname": "Last"}, fingerprint="l")
    ada.page.locator("[data-live=alerts]", has_text="Last").wait_for()
    assert len(ada.received) > 8
    for secret in ("zanzibar", "connection-exhaustion", "DatabaseConnectionsExhausted"):
        assert [text for text in ada.received if secret in text] == []


def test_nothing_moves_as_events_arrive(room: Room, people: People) -> None:
    """Cumulative layout shift, as browsers measure it, from the quiet page to a full one."""
    ada = people("responder", size=LAPTOP)
    page = ada.open(f"/drills/{room.name}/respond")
    page.locator(".standing", has_text="All quiet").wait_for()
    room.ask("ingest", "post", f"/api/v1/drills/{room.name}/impact", json=load(room, 20))
    page.locator(".plot-container").first.wait_for()
    page.evaluate(
        """() => { window.shift = 0; new PerformanceObserver((list) => {
             for (const entry of list.getEntries()) window.shift += entry.value;
           }).observe({ type: "layout-shift", buffered: false }); }"""
    )
    room.tell("impact.started", 3)
    room.page()
    page.locator("[data-live=alerts]", has_text="SlotsExhausted").wait_for()
    for number in range(8):
        room.tell("alert.firing", 6, labels={"alertname": f"More{number}"}, fingerprint=f"m{number}")
        room.tell("action.taken", 7, command=f"kubectl get pods {number}", output="x\n" * 30)
    room.tell("inject.delivered", 8, **{"from": "a manager", "text": "How long will this take? " * 20})
    page.locator("[data-live=injects]", has_text="How long").wait_for()
    page.locator("[data-live=timeline]", has_text="get pods 7").wait_for()
    assert page.evaluate("window.shift") < 0.02


def load(room: Room, windows: int) -> list[dict[str, Any]]:
    """Load windows of a second each; users suffer from the fourth on."""
    start = room.began_at.timestamp()
    return [
        {
            "at": datetime.fromtimestamp(start + number, UTC).isoformat(),
            "requests": 60,
            "failures": 0 if number < 3 else 20,
            "p95_ms": 40 if number < 3 else 900,
        }
        for number in range(windows)
    ]


@pytest.fixture(scope="module")
def played(server: Server) -> Iterator[Room]:
    """A drill in full swing, with something in every list."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        room = Room(client, new_name("played"))
        room.ask("ingest", "post", f"/api/v1/drills/{room.name}/impact", json=load(room, 28))
        room.tell("fault.injected", 2, activity="hold the slots")
        room.tell("impact.started", 3)
        room.page()
        conditions = [
            {"name": "services", "ok": True, "seen": "all there"},
            {"name": "load", "ok": False, "seen": "33 %"},
        ]
        room.tell("oracle.checked", 9, phase="mitigated", ok=False, conditions=conditions)
        room.tell("alert.firing", 6, labels={"alertname": "HighErrorRate", "severity": "page"}, fingerprint="h")
        room.tell("alert.resolved", 9, labels={"alertname": "HighErrorRate", "severity": "page"}, fingerprint="h")
        room.tell("action.taken", 8, command="kubectl get pods", output="api-1 Running\napi-2 Running")
        room.send("responder", "respond", "acknowledge", who="Ada")
        room.send("responder", "respond", "declare", severity="SEV-1", **{"as": "declare"})
        room.send("responder", "respond", "assign", role="scribe", holder="Cy")
        room.send("responder", "respond", "update", **room.form("responder", "respond", "update"))
        room.send("responder", "respond", "diagnose", component="postgres", failure_mode="connection-exhaustion")
        message = {"from": "the support desk", "channel": "phone", "text": "Ten customers called."}
        room.send("facilitator", "facilitate", "inject", **message)
        room.send("observer", "observe", "note", text="calm and clear", dimension="communicate", mark="S")
        yield room
        room.end()


@pytest.mark.parametrize(("role", "seat"), SEATS)
def test_every_page_is_accessible(role: str, seat: str, played: Room, people: People) -> None:
    person = people(role)
    page = person.open(f"/drills/{played.name}/{seat}")
    if page.locator("[data-chart]").count():
        page.locator(".plot-container").first.wait_for()
    assert_accessible(person, seat, unfolded=True)


def test_the_record_after_the_end_and_the_lists_are_accessible(room: Room, people: People) -> None:
    room.ask("ingest", "post", f"/api/v1/drills/{room.name}/impact", json=load(room, 28))
    room.tell("fault.injected", 2, activity="hold the slots")
    room.page()
    room.send("responder", "respond", "acknowledge", who="Ada")
    room.end()
    person = people("responder")
    for path, name in ((f"/drills/{room.name}", "record"), ("/", "drills"), ("/history", "history")):
        page = person.open(path)
        if name == "record":
            page.locator(".plot-container").first.wait_for()
        assert_accessible(person, name)
