"""Drills that people play in real browsers: alone from the page to the filed review, and three at once."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import terminal
from browsing import PHONE, PROJECTOR, Person, launched
from playing import GAMEDAY, Home
from taking_part import CLOCK, LIMIT_S, RUN, link_of, playing, welcome
from waiting import until

from simulator.drill.catalog import experiment_file
from simulator.drill.experiment import read_experiment

pytestmark = pytest.mark.browser
ALONE = "connection-exhaustion"
FIRST, SECOND = "rate-limited", "crash-loop-bad-config"
LONG_MS = LIMIT_S * 1000
USERS = "15"
"""Half of the usual load: browsers take their share of the machine."""
TRIES, BUSY = 3, "the machine is too busy"
PATIENCE_S = 30.0
"""A drill takes most of the machine."""
COMMANDS = """(title) => {
  const heading = [...document.querySelectorAll("h2")].find((each) => each.textContent.trim() === title);
  const after = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  const next = [...document.querySelectorAll("h2")].find((each) => after(heading, each));
  const blocks = [...document.querySelectorAll("pre")].filter((each) => after(heading, each));
  return blocks.filter((each) => !next || after(each, next)).map((each) => each.textContent);
}"""
"""What a page of a runbook has in its blocks below a heading."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as chromium:
        yield chromium


def arrive(browser: Any, said: str, role: str, **more: Any) -> Person:
    """Somebody opens the last link that was said for a role, in a browser that was never here."""
    link = link_of(said, role)
    person = Person(browser, link.partition("/sign-in")[0], None, **more)
    person.patience_s = PATIENCE_S
    person.page.set_default_timeout(PATIENCE_S * 1000)
    person.open(link)
    person.page.wait_for_url(re.compile(r"^https?://[^/]+/drills/"))
    return person


def drill_of(person: Person) -> str:
    return str(person.page.url.split("/drills/")[1].split("/")[0])


def waits_for(person: Person, place: str, text: str = "") -> None:
    """Until something is there, as long as a drill may take for it."""
    person.page.locator(place, has_text=text).first.wait_for(timeout=LONG_MS)


def titles_of(*names: str) -> list[str]:
    return [read_experiment(experiment_file(name)).title for name in names]


def test_alone_from_the_page_to_the_filed_review_with_the_runbook_and_real_commands(
    up: Home, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "EXPECT_S", 240.0)
    assert any(play_alone(up, browser) for _ in range(TRIES)), "the machine was too busy each time"
    (played,) = up.drills()
    assert (played["verdict"], played["scorecard"]["mitigated"]) == ("scored", True), played["scorecard"]
    kinds = [event["kind"] for event in played["timeline"]["events"]]
    assert kinds.count("incident.declared") == kinds.count("incident.resolved") == kinds.count("review.filed") == 1
    assert "Give every client a limit" in up.run("items")[1]


def play_alone(up: Home, browser: Any) -> bool:
    """One drill and its review; False if the machine was too busy for a drill to be judged."""
    asked = ["run", ALONE, "--responder", "human", "--person", "Ada", "--team", "payments", "--users", USERS]
    asked += ["--clock", str(CLOCK), "--no-browser", "--json", "out.json"]
    with terminal.on_terminal([str(GAMEDAY), *asked], cwd=up.folder) as screen:
        shown = screen.expect("Press Enter when you have sat down")
        ada = arrive(browser, shown, "responder Ada")
        drill = drill_of(ada)
        ada.sees("Nobody was paged yet")
        ada.shoot_everywhere("alone-1-quiet")
        screen.type("\r")
        handle(ada, up.folder)
        is_judged = not screen.expect("The service stays up for your review", BUSY).endswith(BUSY)
        if is_judged:
            look_back(ada)
            write_the_review(ada, drill)
            screen.type("\r")
        status, rest = screen.end()
    assert not is_judged or status in (0, 1), rest
    assert ada.complaints == []
    ada.close()
    return is_judged


def handle(ada: Person, folder: Path) -> None:
    """An incident from the page to the closing notice, at the console and in the drill shell."""
    page = ada.page
    waits_for(ada, ".page.loud")
    page.locator("#alarm", has_text="Alert").wait_for()
    ada.shoot_everywhere("alone-2-paged")
    assert page.locator("#acknowledge-who").input_value() == "Ada", "the link says who she is"
    ada.presses("acknowledge", "I have it")
    ada.sees("Acknowledged by Ada")
    ada.unfold("declare")
    page.get_by_label("SEV-1").first.check()
    ada.presses("declare", "Declare")
    page.locator(".standing", has_text="SEV-1").wait_for()
    ada.unfold("update")
    draft = page.locator("#update-impact")
    until(lambda: re.search("fail|longer", draft.input_value()), what="a draft that says what users meet")
    ada.shoot_everywhere("alone-3-update")
    ada.presses("update", "Post")
    page.locator("[data-live=updates]", has_text="investigating").wait_for()
    waits_for(ada, "[data-live=alerts] li a")
    mitigate = read_the_runbook(ada)
    ada.unfold("diagnose")
    page.locator("#diagnose-component").fill("primary database")
    page.locator("#diagnose-failure_mode").fill("connection exhaustion")
    ada.presses("diagnose", "Submit")
    page.locator("[data-live=state-diagnose]", has_text="connection exhaustion").wait_for()
    for block in mitigate:
        run_in_shell(folder, block)
    page.locator("[data-live=timeline]", has_text="$ hoarder=").wait_for()
    waits_for(ada, "[data-clock=hold].ample")
    ada.shoot_everywhere("alone-4-mitigated")
    waits_for(ada, "[data-clock=hold].met")
    ada.unfold("resolve")
    page.locator("#resolve-text").fill("The client that held the slots is stopped.")
    ada.presses("resolve", "Resolve the incident")
    page.locator(".standing", has_text="Resolved").wait_for()
    ada.unfold("update")
    until(lambda: page.locator("#update-status").input_value() == "resolved", what="a draft of the closing notice")
    ada.presses("update", "Post")
    page.locator("[data-live=updates]", has_text="resolved").wait_for()
    waits_for(ada, ".standing", "The drill has ended")
    ada.shoot_everywhere("alone-5-ended")


def read_the_runbook(ada: Person) -> list[str]:
    """What the runbook tells to do, as its page has it."""
    ada.page.locator("[data-live=alerts] li a").first.click()
    ada.page.get_by_role("heading", name="Mitigate").wait_for()
    commands: list[str] = ada.page.evaluate(COMMANDS, "Mitigate")
    assert commands
    ada.shoot_everywhere("alone-runbook")
    ada.page.go_back()
    ada.page.locator("#diagnose").wait_for()
    return commands


def run_in_shell(folder: Path, command: str) -> None:
    done = subprocess.run(
        [str(GAMEDAY), "shell", "--who", "Ada", "-c", command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def look_back(ada: Person) -> None:
    """The record, with the scorecard, is a click away from where she sat."""
    ada.page.get_by_role("link", name="Record", exact=True).click()
    ada.sees("of 100")
    ada.sees("What was good")
    ada.page.locator(".plot-container").first.wait_for()
    for said in ("connection-exhaustion", "Ada", "payments"):
        assert ada.page.locator("dl", has_text=said).count()
    ada.shoot_everywhere("alone-6-record")


def write_the_review(ada: Person, drill: str) -> None:
    page = ada.page
    page.get_by_role("link", name="Review", exact=True).click()
    page.locator("#review").wait_for()
    ada.shoot_everywhere("alone-7-review")
    for field in page.locator("#review textarea").all():
        if not field.input_value().strip():
            field.fill("Our clients had no limit of their own.")
    page.locator("[name='part.prevention']").fill("A limit for every client.")
    page.locator("button[value=save]").click()
    ada.sees("Saved.")
    row = page.locator("[role=group][aria-label='Action item 1']")
    row.get_by_label("What").fill("Give every client a limit")
    row.get_by_label("Owner").fill("Grace")
    row.get_by_label("Due").fill("2031-02-01")
    page.locator("button[value=file]").click()
    ada.sees("Filed by Ada")
    ada.shoot_everywhere("alone-8-filed")
    for kind, title in (("md", "Markdown"), ("html", "HTML")):
        with page.expect_download() as coming:
            page.get_by_role("link", name=title, exact=True).click()
        text = Path(coming.value.path()).read_text()
        for said in ("A limit for every client.", "Give every client a limit", "Grace", "connection-exhaustion"):
            assert said in text, (kind, said)
    assert ada.context.request.get(f"/drills/{drill}/review.pdf").body().startswith(b"%PDF")
    ada.open("/items")
    ada.sees("Give every client a limit")
    ada.shoot_everywhere("alone-9-items")


def test_facilitator_responder_and_observer_in_three_browsers_at_once(up: Home, browser: Any) -> None:
    asked = ("--facilitated", "--hold", SECOND, "--person", "Ada", "--team", "payments", "--users", USERS)
    with playing(up, *RUN, FIRST, *asked, "--json", "out.json") as (process, output):
        said = welcome(output)
        fay = arrive(browser, said, "facilitator")
        ada = arrive(browser, said, "responder Ada", size=PHONE)
        ola = arrive(browser, said, "observer", size=PROJECTOR)
        everybody = (fay, ada, ola)
        for person in everybody:
            person.page.locator(".standing", has_text="The drill clock stands").wait_for()
        fay.shoot_everywhere("three-1-facilitator-before")
        ada.shoot_everywhere("three-1-responder-before")
        fay.page.get_by_role("button", name="Start the clock").click()
        for person in everybody:
            person.page.locator(".standing", has_text="All quiet").wait_for()
        nothing_is_told(ada, FIRST, SECOND)
        waits_for(ada, ".page.loud")
        ada.presses("acknowledge", "I have it")
        for person in (ada, ola):
            person.sees("Acknowledged by Ada")
        send_a_message(fay, ada)
        stop_and_go_on(fay, ada, ola)
        mark(ola, fay)
        for person, seat in ((fay, "facilitator"), (ada, "responder"), (ola, "observer")):
            person.shoot_everywhere(f"three-2-{seat}")
        nothing_is_told(ada, SECOND)
        order(fay, ada)
        for person, seat in ((fay, "facilitator"), (ada, "responder"), (ola, "observer")):
            person.shoot_everywhere(f"three-3-{seat}")
        nothing_is_told(ada)
        fay.unfold("abort")
        fay.page.locator("#abort-reason").fill("the fire alarm")
        fay.page.locator("#abort-sure").check()
        fay.presses("abort", "Abort the drill")
        for person in everybody:
            waits_for(person, ".standing", "The drill has ended")
        for person, seat in ((fay, "facilitator"), (ada, "responder"), (ola, "observer")):
            person.shoot_everywhere(f"three-4-{seat}-ended")
        assert process.wait(120) == 3, output.read_text()
    for person in everybody:
        assert person.complaints == []
        person.close()
    (drill,) = up.drills()
    assert (drill["verdict"], drill["reason"]) == ("aborted", "the facilitator aborted it: the fire alarm")


def nothing_is_told(ada: Person, *modes: str) -> None:
    """What was sent to a responder's browser up to now: neither what is wrong nor what others see of it.

    `modes` are the failure modes of which no alert has told yet.
    """
    assert len(ada.received) > 3
    secrets = [*modes, *titles_of(FIRST, SECOND), "fault.injected", "fault.ordered", "oracle.checked"]
    secrets += ["One spoke for all", "What is really wrong", "observation.noted", json.dumps("dimensions")]
    for secret in secrets:
        assert [text[:200] for text in ada.received if secret in text] == [], secret


def send_a_message(fay: Person, ada: Person) -> None:
    fay.unfold("inject")
    fay.page.locator("#inject-from").fill("a customer")
    fay.page.locator("#inject-text").fill("My completions fail. Are you there?")
    fay.presses("inject", "Send")
    ada.page.locator("#alarm", has_text="Message from a customer").wait_for()
    ada.page.locator("[data-live=injects]", has_text="Are you there?").wait_for()


def stop_and_go_on(fay: Person, ada: Person, ola: Person) -> None:
    """While the clock stands it stands in every browser, at the same time."""
    fay.page.locator("#stop-reason").fill("a question")
    fay.page.get_by_role("button", name="Stop the clock").click()
    for person in (fay, ada, ola):
        person.page.locator(".standing", has_text="The drill clock stands").wait_for()
        person.page.locator("[data-clock=classify] .words", has_text="the clock stands").wait_for()
    assert fay.left_s("classify") == ada.left_s("classify") == ola.left_s("classify")
    fay.page.get_by_role("button", name="Let the clock go on").click()
    for person in (fay, ada, ola):
        person.page.locator(".standing", has_text="Paged").wait_for()


def mark(ola: Person, fay: Person) -> None:
    ola.page.locator("#note-text").fill("One spoke for all.")
    ola.page.locator("#note-dimension").select_option("communicate")
    ola.page.locator("#note-mark-S").check()
    ola.presses("note", "Keep the note")
    for person in (ola, fay):
        person.page.locator("[data-live=notes]", has_text="One spoke for all.").wait_for()


def order(fay: Person, ada: Person) -> None:
    """The fault that was held comes, and what it does pages the responder."""
    fay.unfold("order")
    fay.page.locator("#order-failure_mode").select_option(SECOND)
    fay.presses("order", "Let it happen")
    fay.page.locator("[data-live=state-order]", has_text="0 held ready").wait_for()
    waits_for(fay, "[data-live=timeline] .tone-fault >> nth=1")
    waits_for(ada, "[data-live=alerts]", "CrashLoop")
    ada.page.locator("[data-live=page]", has_text="New since then").wait_for()
