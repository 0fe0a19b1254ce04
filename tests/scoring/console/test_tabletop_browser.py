"""A tabletop in real browsers: three people at once through a whole exercise, and every page as it looks."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browsing import LAPTOP, PHONE, PROJECTOR, People, Person, assert_accessible
from posting import ROLES, TOKENS
from serving import Server
from tables import SHIPPED, Table, course, play

from scoring.tabletop import Scenario
from scoring.tabletop.file import load_scenario
from scoring.tabletop.handouts import render

pytestmark = pytest.mark.browser
SEATS = [
    ("facilitator", "facilitate"),
    ("responder", "room"),
    ("responder", "seats/1"),
    ("observer", "observe"),
    ("observer", "room"),
    ("facilitator", "report"),
]


@pytest.fixture(scope="module")
def clients(server: Server) -> Iterator[dict[str, httpx.Client]]:
    opened = {
        role: httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKENS[role]}"}, timeout=20)
        for role in ROLES
    }
    yield opened
    for client in opened.values():
        client.close()


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(SHIPPED).scenario


@pytest.fixture
def table(clients: dict[str, httpx.Client]) -> Iterator[Table]:
    opened = Table(clients)
    yield opened
    opened.send(opened.facilitator, "facilitate", "end", sure="yes")


def test_three_people_in_three_browsers_see_a_whole_tabletop_at_the_same_moment(
    table: Table, scenario: Scenario, people: People
) -> None:
    fay, ada, grace = people("facilitator"), people("responder", size=PHONE), people("observer", size=PROJECTOR)
    for person, page in ((fay, "facilitate"), (ada, "seats/1"), (grace, "observe")):
        person.open(f"/drills/{table.id}/tabletop/{page}")
        person.page.locator(".standing", has_text="It has not begun").wait_for()
    fay.presses("clock", "Begin the exercise")
    for person in (fay, ada, grace):
        person.page.locator(".standing", has_text="It has not begun").wait_for(state="detached")
    revealed = []
    for inject in scenario.injects[:5]:
        _reveal(fay, inject.title)
        revealed.append(inject)
        for person in (ada, grace):
            person.page.locator(".injects .newest h3", has_text=inject.title).wait_for()
    ada.unfold("acknowledge")
    ada.page.locator("#acknowledge-who").fill("Ada")
    ada.presses("acknowledge", "I have it")
    fay.page.locator("#owed", has_text="acknowledged by Ada").wait_for()
    fay.presses("owed", "Done: The incident commander acknowledges")
    fay.page.locator("[data-live=tick-1-1]", has_text="done").wait_for(state="attached")
    ada.unfold("declare")
    ada.page.get_by_label("SEV-1", exact=False).first.check()
    ada.presses("declare", "Declare")
    for person in (fay, ada, grace):
        person.page.locator(".standing", has_text="SEV-1").wait_for()
    grace.page.locator("#note-objective").select_option(scenario.objectives[0].id)
    grace.page.locator("#note-mark-S").check()
    grace.page.locator("#note-text").fill("One spoke for all.")
    grace.presses("note", "Keep the note")
    fay.page.locator("[data-live=notes]", has_text="One spoke for all.").wait_for()
    for inject in scenario.injects[5:]:
        _prepare(fay, table, inject.waits_for)
        if table.inject(inject.id)["state"] == "left_out":
            continue
        _reveal(fay, inject.title)
        revealed.append(inject)
    assert len(revealed) >= 10
    for person in (ada, grace):
        person.page.locator(".injects .newest h3", has_text=revealed[-1].title).wait_for()
    shown = [person.page.locator(".injects .inject h3").all_inner_texts() for person in (ada, grace)]
    assert shown[0] == shown[1] == [inject.title for inject in reversed(revealed)]
    fay.unfold("end")
    fay.page.locator("#end-sure").check()
    fay.presses("end", "End the exercise")
    for person in (fay, ada, grace):
        person.page.locator(".standing", has_text="The exercise is over").wait_for()
    grace.open(f"/drills/{table.id}/tabletop/report")
    grace.sees("One spoke for all.")
    grace.shoot("tabletop-report-1920-after")


def _reveal(fay: Person, title: str) -> None:
    """The next inject, at its time."""
    fay.page.locator("#next strong", has_text=title).wait_for()
    jump = fay.page.locator("#next-jump")
    if jump.count():
        jump.check()
    fay.presses("next", "Reveal it")


def _prepare(fay: Person, table: Table, actions: tuple[str, ...]) -> None:
    """Tick what an inject waits for, from its place in the list of events."""
    for name in actions:
        if table.action(name)["state"] in ("done", "late"):
            continue
        number, place = next(
            (each["number"], place)
            for each in table.seen()["injects"]
            for place, one in enumerate(each["expected"], 1)
            if one["action"]["id"] == name
        )
        fay.unfold(f"inject-{number}")
        row = fay.page.locator(f"[data-form=tick-{number}-{place}]")
        row.locator("summary").click()
        row.get_by_role("button", name="Tick as done").click()
        fay.page.locator(f"[data-live=tick-{number}-{place}]", has_text="done").wait_for()


def test_a_participants_browser_never_receives_what_is_expected_or_to_come(
    table: Table, scenario: Scenario, people: People
) -> None:
    ada = people("responder")
    for page in ("room", "seats/2"):
        ada.open(f"/drills/{table.id}/tabletop/{page}")
    table.does("start")
    table.does("reveal", inject=scenario.injects[0].id)
    ada.page.locator(".injects", has_text=scenario.injects[0].title).wait_for()
    table.says("acknowledge", who="Ada")
    table.does("tick", expected="acknowledge")
    table.does("note", objective=scenario.objectives[0].id, mark="M", text="quetzal")
    table.does("inject", from_="a manager", text="The last of them.")
    ada.sees("The last of them.")
    assert len(ada.received) > 4
    secrets = ["quetzal", scenario.truth.failure_mode, scenario.summary.splitlines()[0]]
    secrets += [action.text for _, action in scenario.actions()]
    secrets += [inject.title for inject in scenario.injects[1:]]
    secrets += [(inject.note or "").splitlines()[0] for inject in scenario.injects if inject.note]
    for secret in secrets:
        assert [text[:80] for text in ada.received if secret in text] == [], secret


def test_a_tick_that_is_refused_says_why_and_a_link_stays_until_it_is_copied(table: Table, people: People) -> None:
    fay = people("facilitator")
    table.does("start")
    table.does("reveal", inject="first-page")
    page = fay.open(f"/drills/{table.id}/tabletop/facilitate")
    page.locator("#owed", has_text="acknowledges the page").wait_for()
    fay.unfold("inject-1")
    row = page.locator("[data-form=tick-1-1]")
    row.locator("summary").click()
    row.get_by_label("When").fill("0:50")
    row.get_by_label("Your note").fill("They talked for long.")
    row.get_by_role("button", name="Tick as done").click()
    page.locator("#tick-1-1-when-fault", has_text="still to come").wait_for()
    assert row.get_by_label("Your note").input_value() == "They talked for long."
    fay.unfold("invite")
    page.locator("#invite-name").fill("Cy")
    page.locator("#invite-to").select_option("observe")
    fay.presses("invite", "Make a link")
    page.locator("#invite .link", has_text="/sign-in?code=").wait_for()
    table.does("inject", from_="a manager", text="Something happens meanwhile.")
    page.locator("[data-live=timeline]", has_text="happens meanwhile").wait_for()
    assert "/sign-in?code=" in page.locator("#invite .link").inner_text()


def test_nothing_moves_in_the_room_as_injects_come(table: Table, scenario: Scenario, people: People) -> None:
    ada = people("responder", size=LAPTOP)
    page = ada.open(f"/drills/{table.id}/tabletop/room")
    table.does("start")
    page.locator(".standing", has_text="All quiet").wait_for()
    page.evaluate(
        """() => { window.shift = 0; new PerformanceObserver((list) => {
             for (const entry of list.getEntries()) window.shift += entry.value;
           }).observe({ type: "layout-shift", buffered: false }); }"""
    )
    for inject in scenario.injects[:6]:
        table.does("reveal", inject=inject.id)
        page.locator(".injects .newest h3", has_text=inject.title).wait_for()
    assert page.evaluate("window.shift") < 0.02


@pytest.fixture(scope="module")
def played(clients: dict[str, httpx.Client], scenario: Scenario) -> Iterator[Table]:
    """A tabletop in full swing, with something everywhere."""
    opened = Table(clients)
    opened.does("start")
    steps = course(scenario)
    play(opened, steps[: len(steps) * 2 // 3])
    objective = scenario.objectives[0].id
    opened.send(opened.observer, "observe", "note", objective=objective, mark="S", text="One spoke for all.")
    opened.does("note", text="The scribe kept the time.", sort="strength")
    yield opened
    opened.send(opened.facilitator, "facilitate", "end", sure="yes")


@pytest.mark.parametrize(("role", "seat"), SEATS)
def test_every_page_of_a_tabletop_is_accessible(role: str, seat: str, played: Table, people: People) -> None:
    person = people(role)
    person.open(f"/drills/{played.id}/tabletop/{seat}")
    assert_accessible(person, f"tabletop-{role}-{seat.replace('/', '-')}", unfolded=True)


def test_handouts_can_be_read_on_a_phone_too(people: People, tmp_path: Path) -> None:
    page = people("responder", size=PHONE).page
    for name, text in render(load_scenario(SHIPPED)).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        page.goto((tmp_path / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], name
        assert page.evaluate("parseFloat(getComputedStyle(document.body).paddingLeft)") > 0, name
