"""The review and the action items in a real browser: by keyboard, by two at once, and clean by axe's rules."""

from typing import Any

import httpx
import pytest
from browsing import People, Person, assert_accessible
from posting import new_name
from rooms import Room
from serving import Server
from waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def ended(room: Room) -> Room:
    room.page()
    room.tell("incident.acknowledged", 6, who="Ada")
    room.tell("incident.resolved", 20)
    room.end()
    return room


def test_it_is_written_saved_and_filed_by_keyboard(ended: Room, browser: Any, server: Server) -> None:
    ada = Person(browser, server.url, "responder")
    page = ada.open(f"/drills/{ended.name}/review")
    page.locator("[name='part.prevention']").focus()
    page.keyboard.type("A limit on the pool.")
    while page.evaluate("document.activeElement.name") != "who":
        page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    ada.sees("Saved.")
    assert ended.events("review.filed") == [], "Enter in a field saves, and files nothing"
    page.reload()
    assert page.locator("[name='part.prevention']").input_value() == "A limit on the pool."
    assert page.locator("[name=who]").input_value() == "Ada"
    page.locator("[name='item.0.text']").fill("Bound the pool")
    page.locator("[name='item.0.due_on']").fill("2026-02-01")
    page.locator("button[value=file]").focus()
    page.keyboard.press("Enter")
    ada.sees("Filed by Ada")
    [event] = ended.events("review.filed")
    assert event["data"]["parts"]["action_items"][0] == {"text": "Bound the pool", "due_on": "2026-02-01"}
    ada.shoot("review-filed")
    ada.close()


def test_two_who_write_at_once_lose_nothing(ended: Room, browser: Any, server: Server) -> None:
    ada, bob = (Person(browser, server.url, "responder") for _ in range(2))
    for person, name in ((ada, "Ada"), (bob, "Bob")):
        page = person.open(f"/drills/{ended.name}/review")
        page.locator("[name=who]").fill(name)
        page.locator("[name='part.prevention']").fill(f"What {name} thinks.")
    for person in (ada, bob):
        person.page.locator("button[value=save]").click()
    bob.sees("Ada saved this review meanwhile")
    bob.sees("What Ada thinks.")
    assert bob.page.locator("[name='part.prevention']").input_value() == "What Bob thinks."
    bob.shoot("review-meanwhile")
    bob.page.locator("button[value=save]").click()
    bob.sees("Saved.")
    for person in (ada, bob):
        person.close()


def test_what_is_not_saved_survives_a_reload_and_whoever_leaves_it_is_asked(ended: Room, people: People) -> None:
    ada = people("responder")
    page = ada.open(f"/drills/{ended.name}/review")
    asked: list[str] = []
    stays = True

    def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        if stays:
            dialog.dismiss()
        else:
            dialog.accept()

    def leave() -> None:
        page.get_by_role("link", name="Drills", exact=True).click(no_wait_after=True)

    page.on("dialog", answer)
    prevention, title = page.locator("[name='part.prevention']"), page.get_by_role("heading", level=1)
    prevention.fill("A limit on the pool.")
    page.locator("[name=no_items]").check()
    ada.sees("Not saved yet")
    leave()
    until(lambda: asked == ["beforeunload"], what="a question")
    assert title.inner_text().startswith("Review")
    stays = False
    page.reload()
    ada.sees("What you typed and had not saved is back")
    ada.shoot("review-restored")
    assert prevention.input_value() == "A limit on the pool."
    assert page.locator("[name=no_items]").is_checked()
    asked.clear()
    page.locator("button[value=save]").click()
    ada.sees("Saved.")
    leave()
    page.wait_for_url("**/")
    assert asked == [], "nobody is asked who has saved"
    ada.open(f"/drills/{ended.name}/review?done=saved")
    prevention.fill("Typed after it was saved.")
    page.reload()
    ada.sees("What you typed and had not saved is back")
    assert prevention.input_value() == "Typed after it was saved."
    page.get_by_role("button", name="Discard it").click()
    until(lambda: prevention.input_value() == "A limit on the pool.", what="the saved text")
    prevention.press("End")
    page.keyboard.type("!")
    prevention.press("Backspace")
    asked.clear()
    leave()
    page.wait_for_url("**/")
    assert asked == [], "nor is anybody whose text is as it was saved"


def test_text_from_before_a_reload_does_not_write_over_what_somebody_saved_meanwhile(
    ended: Room, people: People
) -> None:
    ada, bob = people("responder"), people("responder")
    for person, name in ((ada, "Ada"), (bob, "Bob")):
        page = person.open(f"/drills/{ended.name}/review")
        page.locator("[name=who]").fill(name)
        page.locator("[name='part.prevention']").fill(f"What {name} thinks.")
    ada.page.locator("button[value=save]").click()
    ada.sees("Saved.")
    bob.page.reload()
    bob.sees("What you typed and had not saved is back")
    bob.page.locator("button[value=save]").click()
    bob.sees("Ada saved this review meanwhile")
    assert bob.page.locator("[name='part.prevention']").input_value() == "What Bob thinks."
    bob.page.locator("button[value=save]").click()
    bob.sees("Saved.")


def test_the_pages_are_accessible(ended: Room, people: People, server: Server) -> None:
    fay = people("facilitator")
    page = fay.open(f"/drills/{ended.name}/review")
    page.locator("[name='item.0.owner']").fill("Bob")
    page.locator("[name='item.0.text']").fill("")
    page.locator("button[value=file]").click()
    fay.sees("This cannot be filed yet")
    with httpx.Client(base_url=server.url, timeout=10) as client:
        Room(client, new_name("practised"), team="payments", people=["ada"]).end()
    looks = [("review-refused", None), ("items", "/items?show=all"), ("drill", f"/drills/{ended.name}")]
    looks += [("people", "/people"), ("person", "/people/ada"), ("history", "/history"), ("drills", "/")]
    for name, path in looks:
        if path is not None:
            fay.open(path)
        assert_accessible(fay, name)
