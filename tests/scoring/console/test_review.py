"""The review's page: pre-filled, saved, filed, never lost, and sent as a file; and the page of action items."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pypdfium2
import pytest
from rooms import CLOCK, Forms, Room
from serving import Server

SECRET = "zanzibar"


class Desk:
    """A drill that was handled, and whoever writes its review."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.path = f"/drills/{room.name}/review"

    def get(self, role: str = "responder", path: str = "", **more: Any) -> Any:
        return self.room.ask(role, "get", path or self.path, {"Accept": "text/html"}, **more)

    def fields(self, role: str = "responder") -> dict[str, list[str]]:
        reader = Forms(self.path)
        reader.feed(self.get(role).text)
        return reader.fields

    def send(self, do: str = "save", role: str = "responder", who: str = "Ada", **typed: str) -> Any:
        """Send the form as the page has it, but for what was typed (`__` for a point)."""
        told = {
            **self.fields(role),
            "who": [who],
            **{name.replace("__", "."): [value] for name, value in typed.items()},
        }
        return self.post({**told, "do": [do]}, role, who)

    def post(self, fields: dict[str, list[str]], role: str = "responder", who: str = "Ada") -> Any:
        told = {**fields, "who": [who]}
        return self.room.ask(role, "post", self.path, {"Accept": "text/html"}, data=told, follow_redirects=False)


@pytest.fixture
def desk(room: Room) -> Desk:
    """A fault from the fourth to the fifteenth minute, which hurt half of the users; nobody declared a severity."""
    room.page()
    room.tell("fault.injected", 4, activity=SECRET)
    room.tell("impact.started", 4, error_share=0.5)
    room.tell("incident.acknowledged", 6, who="Ada")
    room.tell("diagnosis.submitted", 8, component="postgres", failure_mode="slots")
    room.tell("impact.ended", 15)
    conditions = [{"name": "services", "ok": True, "seen": "all there"}]
    for minute in range(4, 30):
        is_ok = minute >= 15
        told = [{**each, "ok": is_ok} for each in conditions]
        room.tell("oracle.checked", minute + 0.1, phase="mitigated", ok=is_ok, conditions=told)
    room.tell("oracle.checked", 29, phase="recovered", ok=True, conditions=conditions)
    room.tell("incident.resolved", 29, text="the batch was taken out")
    windows = [
        {
            "at": (room.began_at + timedelta(minutes=minute) / CLOCK).isoformat(),
            "requests": 50,
            "failures": 25 if 4 <= minute < 15 else 0,
            "p95_ms": 40,
        }
        for minute in range(30)
    ]
    sent = room.ask("ingest", "post", f"/api/v1/drills/{room.name}/impact", json=windows)
    assert sent.status_code == 201
    return Desk(room)


@pytest.fixture
def ended(desk: Desk) -> Desk:
    desk.room.end()
    return desk


def text_of(answer: Any) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


def test_it_comes_filled_in_from_the_timeline(ended: Desk) -> None:
    fields = ended.fields()
    assert "alert fires: SlotsExhausted" in fields["part.timeline"][0]
    assert "The diagnosis was slots in postgres." in fields["part.root_cause"][0]
    assert "What was injected was" in fields["part.root_cause"][0]
    assert fields["part.prevention"] == [""]
    assert fields["item.0.text"][0], "an item is proposed"
    assert fields["item.0.due_on"][0] > datetime.now(UTC).date().isoformat()
    page = text_of(ended.get())
    assert "A draft, drawn from the timeline." in page
    assert "How was it noticed" in page, "each part says what it wants to know"
    assert "is due by" in page


def test_a_draft_survives_and_is_no_review_yet(ended: Desk) -> None:
    answer = ended.send(part__prevention="A limit.\nAnd a test.")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ended.path}?done=saved")
    assert ended.fields()["part.prevention"] == ["A limit.\nAnd a test."]
    assert "A draft, saved by Ada on" in text_of(ended.get("facilitator"))
    assert ended.room.events("review.filed") == []
    assert "Nobody has filed it yet." in text_of(ended.get("observer"))
    assert "A limit." not in ended.get("observer").text


def test_it_is_filed_with_its_parts_and_items(ended: Desk) -> None:
    answer = ended.send(
        "file",
        part__prevention="A limit.",
        item__0__text="Bound the pool",
        item__0__owner="Bob",
        item__0__due_on="2026-02-01",
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ended.path}?done=filed")
    [event] = ended.room.events("review.filed")
    assert event["data"]["by"] == "Ada"
    assert event["data"]["parts"]["prevention"] == "A limit."
    first = event["data"]["parts"]["action_items"][0]
    assert (first["text"], first["owner"], first["due_on"]) == ("Bound the pool", "Bob", "2026-02-01")
    for role in ("responder", "observer"):
        page = text_of(ended.get(role))
        assert "Filed by Ada on" in page
        assert "A limit." in page
    card = ended.room.ask("observer", "get", f"/api/v1/drills/{ended.room.name}/scorecard").json()
    assert "filed in time with all its parts" in card["dimensions"]["close"]["why"], card


def test_it_may_be_filed_again_and_the_last_word_counts(ended: Desk) -> None:
    ended.send("file", part__prevention="First.", item__0__text="Bound the pool")
    ended.send("file", who="Bob", part__prevention="Second.", item__0__text="Bound every pool")
    assert [event["data"]["by"] for event in ended.room.events("review.filed")] == ["Ada", "Bob"]
    assert ended.fields()["part.prevention"] == ["Second."]
    assert "Filed by Bob" in text_of(ended.get())
    ended.send(part__prevention="Third.")
    assert "filed before on" in text_of(ended.get())
    assert len(ended.room.events("review.filed")) == 2


def test_a_form_that_is_sent_twice_files_once(ended: Desk) -> None:
    fields = {**ended.fields(), "do": ["file"], "part.prevention": ["Once."]}
    assert [ended.post(fields).status_code for _ in range(2)] == [303, 303]
    assert len(ended.room.events("review.filed")) == 1


def test_what_cannot_be_filed_comes_back_as_it_was_typed(ended: Desk) -> None:
    answer = ended.send(
        "file", part__prevention="Kept.", item__5__owner="Bob", item__6__text="x", item__6__due_on="soon"
    )
    assert answer.status_code == 422
    assert ended.room.events("review.filed") == []
    reader = Forms(ended.path)
    reader.feed(answer.text)
    assert (reader.fields["part.prevention"], reader.fields["item.5.owner"]) == (["Kept."], ["Bob"])
    assert "item.9.text" in reader.fields, "three rows are left blank"
    assert "item.10.text" not in reader.fields
    page = text_of(answer)
    assert "Say what is to be done, or clear the owner and the date." in page
    assert "'soon' is no date; write it as 2026-01-31." in page
    assert 'aria-invalid="true"' in answer.text
    assert 'href="#review-item.5.text"' in answer.text


def test_of_two_who_write_at_once_the_later_is_told_and_loses_nothing(ended: Desk) -> None:
    before = ended.fields()
    assert (
        ended.post(
            {**before, "do": ["save"], "part.prevention": ["Ada's <b>."], "part.detection": ["Hers."]}
        ).status_code
        == 303
    )
    mine = {**before, "do": ["save"], "part.prevention": ["Bob's."]}
    answer = ended.post(mine, who="Bob")
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Ada saved this review meanwhile, at" in page
    assert "Ada wrote something else here" in page
    assert "Ada's <b>." in page
    assert "<b>." not in answer.text.replace("&lt;b&gt;.", "")
    reader = Forms(ended.path)
    reader.feed(answer.text)
    assert reader.fields["part.prevention"] == ["Bob's."]
    assert ended.fields()["part.prevention"] == ["Ada's <b>."], "nothing was written over"
    assert ended.post({**reader.fields, "do": ["save"]}, who="Bob").status_code == 303
    assert ended.fields()["part.prevention"] == ["Bob's."]
    filing = ended.post({**before, "do": ["file"]}, who="Carl")
    assert filing.status_code == 409
    assert ended.room.events("review.filed") == []


def test_a_text_that_is_too_long_is_refused_and_kept(ended: Desk) -> None:
    answer = ended.send(part__prevention="x" * 30_001)
    assert answer.status_code == 422
    assert "30,001 characters" in text_of(answer)
    assert "x" * 30_001 in answer.text


def test_only_who_responds_or_facilitates_writes(ended: Desk) -> None:
    fields = {**ended.fields(), "do": ["save"]}
    assert ended.post(fields, "facilitator").status_code == 303
    assert ended.post(fields, "observer").status_code == 403
    assert ended.post(fields, "ingest").status_code == 403
    assert "<textarea" not in ended.get("observer").text


def test_while_the_drill_runs_nobody_gets_a_draft_that_tells_the_truth(desk: Desk) -> None:
    for role in ("responder", "facilitator", "observer"):
        assert SECRET not in desk.get(role).text
        assert "injected" not in text_of(desk.get(role)).replace("fault.injected", "")
    assert "alert fires: SlotsExhausted" in desk.fields()["part.timeline"][0]
    assert desk.get(path=f"{desk.path}.pdf").status_code == 403
    assert desk.send("file", part__root_cause="We think it is the pool.").status_code == 303
    assert len(desk.room.events("review.filed")) == 1


@pytest.mark.parametrize(
    ("kind", "media"), [("md", "text/markdown"), ("html", "text/html"), ("pdf", "application/pdf")]
)
def test_it_is_sent_as_a_file(ended: Desk, kind: str, media: str) -> None:
    ended.send("file", part__prevention="A limit on the pool.")
    answer = ended.get("observer", f"{ended.path}.{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media)
    assert f'filename="review-{ended.room.name}.{kind}"' in answer.headers["content-disposition"]
    text = answer.text if kind != "pdf" else pdf_text(answer.content)
    for said in ("A limit on the pool.", "Filed by Ada", "Scorecard", "SlotsExhausted"):
        assert said in text


def pdf_text(content: bytes) -> str:
    opened = pypdfium2.PdfDocument(content)
    text = "\n".join(page.get_textpage().get_text_range() for page in opened)
    opened.close()
    return text.replace("\u200b", "").replace("\u00a0", " ")


def test_there_is_no_other_kind_of_file(ended: Desk) -> None:
    assert ended.get(path=f"{ended.path}.docx").status_code in (404, 422)
    assert ended.get(path="/drills/nobody/review").status_code == 404


@pytest.fixture
def items(ended: Desk) -> Desk:
    ended.send(
        "file", item__0__text=f"Bound the pool of {ended.room.name}", item__0__owner="Bob", item__0__due_on="2026-01-01"
    )
    return ended


def item_of(desk: Desk) -> dict[str, Any]:
    """The item, once history has kept it."""
    found: list[dict[str, Any]] = []
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while not found and datetime.now(UTC) < deadline:
        listed = desk.room.ask("observer", "get", "/api/v1/action-items?open=").json()
        every = desk.room.ask("observer", "get", "/api/v1/action-items").json()["action_items"] if listed else []
        found = [each for each in every if desk.room.name in each["text"]]
    return found[0]


def test_an_item_lives_on_until_somebody_closes_it(items: Desk) -> None:
    item = item_of(items)
    page = items.get(path="/items")
    assert item["text"] in text_of(page)
    assert "overdue" in text_of(page)
    url = f"/items/{item['id']}"
    assert items.room.ask("observer", "post", f"{url}/close").status_code == 403
    assert "<button aria-label" not in items.get("observer", "/items").text
    headers = {"Cookie": "gameday_name=Bob"}
    assert items.room.ask("responder", "post", f"{url}/close", headers, follow_redirects=False).status_code == 303
    assert item["text"] not in text_of(items.get(path="/items"))
    assert "by Bob" in text_of(items.get(path="/items?show=closed"))
    assert items.room.ask("facilitator", "post", f"{url}/reopen", follow_redirects=False).status_code == 303
    assert item["text"] in text_of(items.get(path="/items?show=open"))
    assert items.room.ask("responder", "post", "/items/nobody/close").status_code == 404


def test_the_next_drill_of_the_same_mode_asks_about_it_once_it_is_over(items: Desk, server: Server) -> None:
    item = item_of(items)
    following = Room(httpx.Client(base_url=server.url, timeout=10), f"{items.room.name}-again", minutes=0.1)
    then = Desk(following)
    for role in ("facilitator", "responder"):
        assert item["text"] not in then.get(role).text, "while it runs it would tell what is wrong"
    url = f"/api/v1/drills/{following.name}/from-last-time"
    assert following.ask("responder", "get", url).status_code == 403
    following.end()
    assert item["text"] in [each["text"] for each in following.ask("responder", "get", url).json()["action_items"]]
    for path in (then.path, f"/drills/{following.name}"):
        page = text_of(then.get(path=path))
        assert f"{item['text']} (open since" in page
        assert "owner Bob, overdue since 2026-01-01" in page
    assert "Left open by the time before" in then.get(path=f"{then.path}.md").text
