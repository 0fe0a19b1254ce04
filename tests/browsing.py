"""A real Chromium, as it is installed on this machine, and what a person sees and does with it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from posting import TOKENS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHOTS = "GAMEDAY_SCREENSHOTS"
"""The environment variable that names a folder for pictures of the pages."""
PHONE, LAPTOP, PROJECTOR = (390, 844), (1366, 768), (1920, 1080)
EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
"""Of axe-core's rules: WCAG 2.2 A and AA, and good practice."""
COLOURS = {"type": "rule", "values": ["color-contrast"]}
"""What alone may differ between light and dark."""
_SESSION = "gameday_session"


def chromium() -> str:
    """Where Chromium is. Skips the test where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    return found


@contextmanager
def launched() -> Iterator[Any]:
    """Chromium, for people to have windows in. Skips the test where it or Playwright is missing."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = chromium()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Person:
    """Somebody with a browser of their own, and what that browser was sent and complained of.

    With a `role` they are signed in by a test's token; without one they come by a link.
    """

    def __init__(self, browser: Any, url: str, role: str | None, size: tuple[int, int] = LAPTOP, **more: Any) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, base_url=url, **more)
        if role is not None:
            self.context.add_cookies([{"name": _SESSION, "value": TOKENS[role], "url": url}])
        self.size, self.patience_s = size, 10.0
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.received: list[str] = []
        self.complaints: list[str] = []
        self.context.on("response", self._keep)
        self._hear_streams()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Any:
        """Go to a page; it is there when its script has read the desk."""
        self.page.goto(path)
        return self.page

    def sees(self, text: str, within_s: float | None = None) -> None:
        """Wait until a text is visible; as long as they have patience, unless told how long."""
        limit_s = self.patience_s if within_s is None else within_s
        self.page.get_by_text(text).first.wait_for(state="visible", timeout=limit_s * 1000)

    def types(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def unfold(self, place: str) -> None:
        """Open a part of the page, unless it is."""
        fold = self.page.locator(f"#{place}")
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()

    def presses(self, place: str, button: str) -> None:
        """Press a button of a part of the page."""
        self.page.locator(f"#{place}").get_by_role("button", name=button).first.click()

    def left_s(self, clock: str) -> float:
        """What a clock of a drill's page shows, in drill seconds."""
        said = self.page.locator(f"[data-clock={clock}] .left b").inner_text()
        parts = [int(part) for part in said.removeprefix("−").split(":")]
        seconds = sum(part * 60**place for place, part in enumerate(reversed(parts)))
        return -seconds if said.startswith("−") else seconds

    def shoot(self, name: str) -> None:
        """A picture of the whole page, if somebody wants pictures."""
        folder = os.environ.get(SHOTS)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    def shoot_everywhere(self, name: str) -> None:
        """Pictures of the page as it is on a phone and on a projector, light and dark, if somebody wants pictures."""
        if os.environ.get(SHOTS):
            for look, _, _ in self.looks():
                self.shoot(f"{name}-{look}")

    def looks(self) -> Iterator[tuple[str, int, str]]:
        """The page on a phone and on a projector, light and dark, one after the other: name, width and scheme."""
        for size in (PHONE, PROJECTOR):
            self.page.set_viewport_size({"width": size[0], "height": size[1]})
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                yield f"{size[0]}-{scheme}", size[0], scheme
        self.page.emulate_media(color_scheme="null")
        self.page.set_viewport_size({"width": self.size[0], "height": self.size[1]})

    def close(self) -> None:
        """The browser's window is closed."""
        self.context.close()

    def _hear_streams(self) -> None:
        """Keep each message of an event stream: a stream has no end at which Playwright could give its text."""
        wire = self.context.new_cdp_session(self.page)
        wire.on("Network.eventSourceMessageReceived", lambda message: self.received.append(message["data"]))
        wire.send("Network.enable")

    def _keep(self, response: Any) -> None:
        kind = response.headers.get("content-type", "")
        if any(each in kind for each in ("event-stream", "javascript", "css")):
            return
        try:
            self.received.append(response.text())
        except Exception:  # a redirect has no body, and one that was left behind cannot be read any more
            return


People = Callable[..., Person]
"""Lets somebody in a role come, with a browser."""


def assert_accessible(person: Person, name: str, *, unfolded: bool = False) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, and nothing is wider than the window, however one looks.

    `unfolded`: the page as it comes, and then with every fold open.
    """
    if unfolded:
        assert_clean(person.page)
        person.shoot_everywhere(name)
        person.page.evaluate("() => document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
        name = f"{name}-open"
    for look, width, scheme in person.looks():
        person.shoot(f"{name}-{look}")
        assert_clean(person.page, COLOURS if scheme == "dark" else EVERYTHING)
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, f"{name}-{look}"


def assert_clean(page: Any, rules: Mapping[str, Any] = EVERYTHING) -> None:
    """axe-core finds nothing against its rules in the page as it stands."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"runOnly": rules}).response["violations"]
    told = [(each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found]
    assert told == [], re.sub(r"\s+", " ", str(told))
