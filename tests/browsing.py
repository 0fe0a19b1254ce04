"""A real Chromium, as it is installed on this machine, and what a person sees and does with it."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from posting import TOKENS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHOTS = "GAMEDAY_SCREENSHOTS"
"""The environment variable that names a folder for pictures of the pages."""
PHONE, LAPTOP, PROJECTOR = (390, 844), (1366, 768), (1920, 1080)
_SESSION = "gameday_session"


def chromium() -> str:
    """Where Chromium is. Skips the test where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    return found


class Person:
    """Somebody who is signed in with a browser of their own, and what that browser was sent and complained of."""

    def __init__(self, browser: Any, url: str, role: str, size: tuple[int, int] = LAPTOP, **more: Any) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, base_url=url, **more)
        self.context.add_cookies([{"name": _SESSION, "value": TOKENS[role], "url": url}])
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.received: list[str] = []
        self.complaints: list[str] = []
        self.page.on("response", self._keep)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Any:
        """Go to a page; it is there when its script has read the desk."""
        self.page.goto(path)
        return self.page

    def sees(self, text: str, within_s: float = 10) -> None:
        """Wait until a text is visible."""
        self.page.get_by_text(text).first.wait_for(state="visible", timeout=within_s * 1000)

    def types(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def shoot(self, name: str) -> None:
        """A picture of the whole page, if somebody wants pictures."""
        folder = os.environ.get(SHOTS)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    def close(self) -> None:
        """The browser's window is closed."""
        self.context.close()

    def _keep(self, response: Any) -> None:
        kind = response.headers.get("content-type", "")
        if "event-stream" in kind or "plotly" in response.url:
            return
        try:
            self.received.append(response.text())
        except Exception:  # a redirect has no body, and one that was left behind cannot be read any more
            return


People = Callable[..., Person]
"""Lets somebody in a role come, with a browser."""


def assert_accessible(page: Any) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    told = [(each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found]
    assert told == [], re.sub(r"\s+", " ", str(told))
