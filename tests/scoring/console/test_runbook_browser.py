"""Runbooks in a real browser: from the page to the command on the clipboard, on a phone, in the dark."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browsing import LAPTOP, People, assert_accessible
from posting import new_name
from rooms import Room
from serving import Server
from waiting import until

pytestmark = pytest.mark.browser
SHIPPED = Path(__file__).parents[3] / "experiments"
DISK = "experiments/database/disk-full/runbook.md"


def fire(room: Room, name: str, address: str) -> None:
    annotations = {"summary": "something is wrong", "runbook_url": address}
    room.tell("alert.firing", 5, labels={"alertname": name}, annotations=annotations, fingerprint=name)


@pytest.fixture(scope="module")
def paged(server: Server) -> Iterator[Room]:
    """A drill that carries the shipped runbooks, and whose responder was paged."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        room = Room(client, new_name("shelf"))
        paths = sorted(SHIPPED.glob("*/*/runbook.md"))
        books = [{"address": f"experiments/{path.relative_to(SHIPPED)}", "text": path.read_text()} for path in paths]
        assert len(books) > 30
        room.ask("ingest", "put", f"/api/v1/drills/{room.name}/runbooks", json=books)
        fire(room, "DatabaseDiskFull", DISK)
        fire(room, "PoolTimeouts", "experiments/database/pool-exhaustion/runbook.md")
        yield room
        room.end()


def test_list_and_runbook_are_accessible(paged: Room, people: People) -> None:
    person = people("responder")
    for name, link in (("runbooks", "Runbooks"), ("runbook", "The volume of the database is full")):
        page = person.page if name == "runbook" else person.open(f"/drills/{paged.name}/respond")
        page.get_by_role("link", name=link, exact=True).first.click()
        page.get_by_role("heading", name=link).wait_for()
        assert_accessible(person, name)


def test_by_keyboard_from_the_page_to_the_list_and_nothing_typed_is_lost(paged: Room, people: People) -> None:
    ada = people("responder")
    page = ada.open(f"/drills/{paged.name}/respond")
    page.locator("#acknowledge-who").fill("Ada, in the middle of a word")
    page.locator("h1").click()
    ada.types("k")
    page.wait_for_url("**/runbooks")
    page.locator("[data-live=fires]", has_text="DatabaseDiskFull").wait_for()
    page.go_back()
    page.locator("#acknowledge-who").wait_for()
    assert page.locator("#acknowledge-who").input_value() == "Ada, in the middle of a word"


def test_a_button_copies_a_block_word_for_word(paged: Room, people: People) -> None:
    ada = people("responder", permissions=["clipboard-read", "clipboard-write"])
    page = ada.open(f"/drills/{paged.name}/respond")
    page.locator("[data-live=page]").get_by_role("link", name="The volume of the database is full").click()
    block = page.locator(".block", has_text="rm -rf")
    block.get_by_role("button", name="Copy").click()
    block.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied in (SHIPPED.parent / DISK).read_text()
    assert copied.startswith("writers=$(kubectl get deployments")
    block.get_by_role("button", name="Copy", exact=True).wait_for()


def test_where_no_page_may_copy_the_block_is_selected(paged: Room, people: People) -> None:
    ada = people("responder")
    page = ada.open(f"/drills/{paged.name}/respond")
    page.evaluate("delete Navigator.prototype.clipboard")
    page.locator("[data-live=page]").get_by_role("link", name="The volume of the database is full").click()
    page.evaluate("delete Navigator.prototype.clipboard")
    block = page.locator(".block", has_text="rm -rf")
    block.get_by_role("button", name="Copy").click()
    block.get_by_role("button", name="Selected").wait_for()
    assert page.evaluate("getSelection().toString()").startswith("writers=$(kubectl")


def test_without_script_a_runbook_is_simply_text(paged: Room, people: People) -> None:
    ada = people("responder", java_script_enabled=False)
    page = ada.open(f"/drills/{paged.name}/runbooks")
    page.get_by_role("link", name="The volume of the database is full").last.click()
    ada.sees("rm -rf /var/lib/postgresql/dumps")
    assert page.get_by_role("button", name="Copy").count() == 0


def test_nothing_moves_as_script_comes_and_alerts_fire(room: Room, people: People) -> None:
    book = {"address": "a.md", "text": "# A book\n\n" + "some text\n\n```sh\ntrue\n```\n" * 9}
    room.ask("ingest", "put", f"/api/v1/drills/{room.name}/runbooks", json=[book])
    ada = people("responder", size=LAPTOP)
    ada.page.add_init_script(
        """window.shift = 0; new PerformanceObserver((list) => {
             for (const entry of list.getEntries()) window.shift += entry.value;
           }).observe({ type: "layout-shift", buffered: true });"""
    )
    for path, region in (("runbooks", "fires"), ("runbooks/1", "naming")):
        page = ada.open(f"/drills/{room.name}/{path}")
        name = f"Alert{region}"
        fire(room, name, "a.md")
        page.locator(f"[data-live={region}]", has_text=name).wait_for()
        assert page.evaluate("window.shift") < 0.02, path


def test_who_reads_a_runbook_is_still_paged(room: Room, people: People) -> None:
    room.ask("ingest", "put", f"/api/v1/drills/{room.name}/runbooks", json=[{"address": "a.md", "text": "# A book"}])
    ada = people("responder")
    page = ada.open(f"/drills/{room.name}/runbooks/1")
    page.locator(".standing", has_text="All quiet").wait_for()
    room.page()
    page.locator("#alarm", has_text="SlotsExhausted").wait_for()
    until(lambda: "Paged" in page.locator(".standing").inner_text(), what="the page to say that somebody is paged")
