"""A tabletop on a service, and the three who are at it; and what happens in a room that does all that is expected."""

import re
from html import unescape
from typing import Any

import httpx
from posting import new_name

from scoring.tabletop import Action, Scenario

SHIPPED = "llm-research-lab"


class Table:
    """A tabletop, and the three who are at it."""

    def __init__(self, clients: dict[str, httpx.Client], **asked: Any) -> None:
        self.sit_down(clients)
        opened = self.facilitator.post(
            "/api/v1/tabletops", json={"scenario": SHIPPED, "id": new_name("table"), **asked}
        )
        assert opened.status_code == 201, opened.text
        self.opened = opened.json()
        self.id = self.opened["id"]
        self.api = f"/api/v1/drills/{self.id}"

    def sit_down(self, clients: dict[str, httpx.Client]) -> None:
        self.facilitator, self.participant, self.observer = (
            clients[role] for role in ("facilitator", "responder", "observer")
        )

    def seen(self, client: httpx.Client | None = None) -> dict[str, Any]:
        answer = (client or self.facilitator).get(f"{self.api}/tabletop")
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    def page(self, client: httpx.Client, name: str) -> str:
        answer = client.get(f"/drills/{self.id}/tabletop/{name}", headers={"Accept": "text/html"})
        assert answer.status_code == 200, (name, answer.text)
        return answer.text

    def send(self, client: httpx.Client, page: str, form: str, **fields: Any) -> httpx.Response:
        return client.post(
            f"/drills/{self.id}/tabletop/{page}/{form}",
            data={"key": "", **{name.removesuffix("_"): value for name, value in fields.items()}},
            headers={"Accept": "text/html"},
        )

    def does(self, form: str, **fields: Any) -> None:
        """The facilitator does this."""
        taken(self.send(self.facilitator, "facilitate", form, **fields))

    def says(self, form: str, page: str = "room", **fields: Any) -> None:
        """A participant does this."""
        taken(self.send(self.participant, page, form, **fields))

    def action(self, name: str) -> dict[str, Any]:
        """An expected action as it stands."""
        return next(one for each in self.seen()["injects"] for one in each["expected"] if one["action"]["id"] == name)

    def inject(self, name: str) -> dict[str, Any]:
        """An inject as it stands."""
        return next(each for each in self.seen()["injects"] if each["inject"]["id"] == name)

    def events(self, kind: str) -> list[dict[str, Any]]:
        told = self.facilitator.get(f"{self.api}/events").json()["events"]
        return [each for each in told if each["kind"] == kind]


def taken(answer: httpx.Response) -> None:
    assert answer.status_code == 303, faults(answer) or answer.text


def faults(answer: httpx.Response) -> str:
    """What a page says beside the fields of a form that it sends back."""
    shown = re.findall(r'<p class="fault[^>]*?(hidden)?>([^<]*)</p>', answer.text)
    return " ".join(unescape(text) for hidden, text in shown if not hidden)


def refused(answer: httpx.Response, said: str) -> None:
    assert answer.status_code == 422, answer.text
    assert said in faults(answer)


ROOM_DOES = {
    "incident.acknowledged": lambda said: ("acknowledge", {"who": "Ada"}),
    "incident.declared": lambda said: ("declare", {"severity": said["severity"], "text": "by the table"}),
    "update.posted": lambda said: (
        "update",
        {
            "status": said["status"] or "investigating",
            "impact": "two requests in five fail",
            "next_step": "find who holds the sessions",
            "next_update_at": "15m",
            "audiences": said["audiences"],
        },
    ),
    "diagnosis.submitted": lambda said: (
        "diagnose",
        {"component": said["component"], "failure_mode": said["failure_mode"]},
    ),
    "incident.resolved": lambda said: ("resolve", {"text": "it has held"}),
}
"""What a participant types where this is expected; for all else the facilitator ticks what they heard."""


def course(scenario: Scenario) -> list[tuple[float, str, Any]]:
    """What happens in a room that does all that is expected, each action at half of its time."""
    done: dict[str, float] = {}
    course: list[tuple[float, str, Any]] = []
    for inject in scenario.injects:
        due_s = max([inject.at, *(done.get(name, 0.0) for name in inject.waits_for)])
        if inject.unless and all(done.get(name, due_s + 1) <= due_s for name in inject.unless):
            continue
        course.append((due_s, "reveal", inject))
        for action in inject.expects:
            done[action.id] = due_s + (action.within / 2 if action.within is not None else 60.0)
            course.append((done[action.id], "action", action))
    return sorted(course, key=lambda step: step[0])


def play(table: Table, steps: list[tuple[float, str, Any]]) -> None:
    """Each step at its time."""
    for at_s, what, each in steps:
        ahead_s = at_s - table.seen()["room"]["elapsed_s"]
        if ahead_s > 0:
            table.does("advance", ahead=f"{ahead_s:.3f}s")
        if what == "reveal":
            table.does("reveal", inject=each.id)
        else:
            act(table, each)


def act(table: Table, action: Action) -> None:
    """The room does what is expected: by its own form where it has one, else the facilitator ticks what was heard."""
    answer = action.answers
    if answer is None or answer.event not in ROOM_DOES:
        table.does("tick", expected=action.id, who="Grace")
        return
    form, fields = ROOM_DOES[answer.event](answer.model_dump())
    table.says(form, page="seats/1", **fields)
    seen = table.action(action.id)["seen"]
    assert seen is not None, action.id
    table.does("tick", expected=action.id, as_seen=seen["event"])
