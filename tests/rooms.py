"""A room in which a drill is played: somebody in each role, over HTTP, and a drill that runs."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
from posting import TOKENS, new_drill

CLOCK = 60
"""A second counts as a minute."""


class Room:
    """A drill that began `minutes` of drill time ago, and whoever asks in a role."""

    def __init__(self, client: httpx.Client, name: str, minutes: float = 30, **changed: Any) -> None:
        self._client = client
        self.name = name
        self.began_at = datetime.now(UTC) - timedelta(seconds=minutes * 60 / CLOCK)
        opened = new_drill(name, clock=CLOCK, started_at=self.began_at.isoformat(), **changed)
        assert self.ask("ingest", "post", "/api/v1/drills", json=opened).status_code == 201

    def ask(self, role: str, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
        """Ask in a role; no cookie stays from the time before."""
        self._client.cookies.clear()
        told = {"Authorization": f"Bearer {TOKENS[role]}", **(headers or {})}
        return self._client.request(method, path, headers=told, **more)

    def tell(self, kind: str, minute: float = 5, /, **data: Any) -> None:
        """What happened so many minutes of drill time after the start."""
        at = (self.began_at + timedelta(seconds=minute * 60 / CLOCK)).isoformat()
        told = {"kind": kind, "occurred_at": at, "source": "test", "data": data}
        assert self.ask("ingest", "post", f"/api/v1/drills/{self.name}/events", json=told).status_code == 201

    def end(self) -> None:
        """The drill ends now."""
        at = datetime.now(UTC).isoformat()
        self.ask("ingest", "post", f"/api/v1/drills/{self.name}/end", json={"ended_at": at})

    def page(self) -> None:
        """Somebody is paged."""
        labels = {"alertname": "SlotsExhausted"}
        self.tell("alert.firing", 5, labels=labels, annotations={"summary": "every slot is taken"}, fingerprint="s")

    def get(self, role: str, seat: str, **more: Any) -> Any:
        return self.ask(role, "get", f"/drills/{self.name}/{seat}", {"Accept": "text/html"}, **more)

    def send(self, role: str, seat: str, form: str, /, **fields: Any) -> Any:
        """Send a form as a browser does, with the key that the page gives it where none is named."""
        fields.setdefault("key", self.form(role, seat, form).get("key", [""])[0])
        path = f"/drills/{self.name}/{seat}/{form}"
        return self.ask(role, "post", path, {"Accept": "text/html"}, data=fields, follow_redirects=False)

    def form(self, role: str, seat: str, form: str) -> dict[str, list[str]]:
        """The fields of a form as the page holds them."""
        reader = Forms(f"/drills/{self.name}/{seat}/{form}")
        reader.feed(self.get(role, seat).text)
        return reader.fields

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        found = self.ask("facilitator", "get", f"/api/v1/drills/{self.name}/events").json()["events"]
        return [event for event in found if kind in ("", event["kind"])]

    def desk(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("responder", "get", f"/api/v1/drills/{self.name}/desk").json()
        return found


class Forms(HTMLParser):
    """Reads what the fields of one form hold, as a browser would send them."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.fields, self._is_inside = action, dict[str, list[str]](), False
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = told.get("action") == self.action
        if not self._is_inside:
            return
        if tag == "input":
            if told.get("type") not in ("checkbox", "radio") or "checked" in told:
                self.fields.setdefault(told["name"], []).append(told.get("value", ""))
        elif tag == "textarea":
            self._area = told["name"]
            self.fields.setdefault(self._area, []).append("")
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select and "selected" in told:
            self.fields.setdefault(self._select, []).append(told.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._is_inside = False
