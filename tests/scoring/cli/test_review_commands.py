"""`gameday review` and `gameday items`: reviews as files, and what they left to do."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pypdfium2
import pytest
import typer

from scoring.api.app import build_app
from scoring.api.auth import Role
from scoring.cli.databases import history_of, opened
from scoring.cli.gathering import from_last_time, gather
from scoring.desk.runbooks import Runbook
from scoring.files import read_timeline
from scoring.record.drafts import Drafts
from scoring.record.engine import open_engine
from scoring.record.runbooks import Runbooks
from scoring.timeline import Event, Timeline
from simulator.cli.stories import play_story

Run = Callable[..., tuple[int, str, str]]
Record = Callable[[str, Timeline], Path]
FIRST = read_timeline(Path(__file__).parents[1] / "recorded" / "rate-limited.timeline.json")


def played(name: str, days: int = 0, review: dict[str, object] | None = None) -> Timeline:
    """The same drill by another name, so many days later, with a review of its own."""
    later = timedelta(days=days)
    events = [
        event.model_copy(
            update={"occurred_at": event.occurred_at + later, "previous_hash": None, "hash": None, "key": None}
        )
        for event in FIRST.events
        if event.kind != "review.filed"
    ]
    ended_at = FIRST.drill.ended_at
    assert ended_at is not None
    if review is not None:
        told = {"parts": review, "by": "Ada"}
        filed = {"kind": "review.filed", "occurred_at": ended_at + later, "source": "test", "data": told}
        events.append(Event.model_validate(filed))
    received = [event.model_copy(update={"received_at": event.occurred_at}) for event in events]
    drill = FIRST.drill.model_copy(
        update={"id": name, "team": "Blue", "started_at": FIRST.drill.started_at + later, "ended_at": ended_at + later}
    )
    windows = tuple(window.model_copy(update={"at": window.at + later}) for window in FIRST.impact)
    return FIRST.model_copy(update={"drill": drill, "events": tuple(received), "impact": windows})


REVIEW: dict[str, object] = {
    "prevention": "A **budget** for each client.",
    "action_items": [{"text": "Ask for a higher quota", "owner": "Ada", "priority": "P1", "due_on": "2026-11-30"}],
}


@pytest.fixture
def twice(record: Record) -> None:
    record("20261121-100000-aaaa", played("first", review=REVIEW))
    record("20261122-100000-bbbb", played("second", days=1))


def test_a_review_is_printed_as_it_was_filed(twice: None, scoring: Run) -> None:
    status, out, err = scoring("review", "first")
    assert (status, err) == (0, "")
    assert out.startswith("# Post-incident review: rate-limited in llm-provider\n\nFiled by Ada on ")
    assert "A **budget** for each client." in out
    assert "| P1 | Ask for a higher quota | Ada | 2026-11-30 |" in out


def test_a_drill_without_a_review_has_a_draft_and_what_the_last_time_left_open(twice: None, scoring: Run) -> None:
    assert scoring("history")[0] == 0
    out = scoring("review", "second")[1]
    assert "A draft, drawn from the timeline." in out
    assert "### Left open by the time before" in out
    assert "Ask for a higher quota (open since 2026-11-21, owner Ada, " in out


def test_it_is_written_as_the_file_is_called(twice: None, scoring: Run) -> None:
    for name, begins in (("review.html", "<!doctype html>"), ("review.md", "# Post"), ("review.pdf", "%PDF")):
        status, out, _ = scoring("review", "first", "--out", name)
        assert (status, out) == (0, f"{name}\n")
        assert Path(name).read_bytes().startswith(begins.encode())
    assert scoring("review", "first", "--format", "pdf")[1] == "review-first.pdf\n"
    with pypdfium2.PdfDocument("review-first.pdf") as opened:
        assert "budget" in "".join(page.get_textpage().get_text_range() for page in opened)
    assert scoring("review", "first", "--format", "html", "--out", "-")[1].startswith("<!doctype html>")


def test_a_file_of_somebody_else_is_left_alone(twice: None, scoring: Run) -> None:
    Path("mine.md").write_text("mine")
    status, _, err = scoring("review", "first", "--out", "mine.md")
    assert (status, "mine.md" in err, Path("mine.md").read_text()) == (2, True, "mine")


def test_what_cannot_be_written_is_told_with_its_mend(record: Record, scoring: Run) -> None:
    running = played("going-on")
    drill = running.drill.model_copy(update={"ended_at": None})
    kept = tuple(event for event in running.events if event.kind != "drill.ended")
    record("20261121-100000-aaaa", running.model_copy(update={"drill": drill, "events": kept}))
    status, _, err = scoring("review", "going-on")
    assert (status, err) == (2, "scoring: drill 'going-on' still runs; its review can be written once it has ended\n")
    assert scoring("review", "nobody")[0] == 2
    assert scoring("review", "going-on", "--format", "docx")[0] == 2


def test_a_draft_that_was_saved_in_a_run_outlives_it(twice: None, scoring: Run) -> None:
    engine = open_engine(Path(".gameday/runs/20261122-100000-bbbb/scoring.db"))
    Drafts(engine).save("second", {"part.prevention": ["Half a thought."]}, "Bob", datetime.now(UTC), 0)
    engine.dispose()
    gather()
    for run in Path(".gameday/runs").iterdir():
        (run / "scoring.db").unlink()
    out = scoring("review", "second")[1]
    assert "Half a thought." in out
    assert "A draft, saved by Bob on" in out


def test_the_runbooks_that_a_run_gave_its_drill_outlive_it(twice: None) -> None:
    book = Runbook(address="books/quota.md", text="# The quota is used up\n")
    engine = open_engine(Path(".gameday/runs/20261122-100000-bbbb/scoring.db"))
    Runbooks(engine).put("second", [book])
    engine.dispose()
    gather()
    with opened(".gameday/scoring.db") as lasting:
        assert Runbooks(lasting.engine).all("second") == [book]


def test_items_are_listed_closed_and_opened_again(twice: None, scoring: Run) -> None:
    [item] = json.loads(scoring("items", "--json")[1])
    assert (item["text"], item["failure_mode"], item["team"]) == ("Ask for a higher quota", "rate-limited", "blue")
    assert "Ask for a higher quota" in scoring("items", "--failure-mode", "rate-limited", "--team", "BLUE")[1]
    assert "nothing is open" in scoring("items", "--failure-mode", "dns-failure")[1]
    assert " by Bob" in scoring("items", "--close", item["id"], "--by", "Bob")[1]
    assert "nothing is open" in scoring("items")[1]
    assert "by Bob" in scoring("items", "--all")[1]
    assert json.loads(scoring("items", "--reopen", item["id"], "--json")[1])[0]["closed_at"] is None
    status, _, err = scoring("items", "--close", "nobody")
    assert (status, "no action item 'nobody'" in err) == (2, True)


def test_the_next_drill_of_the_same_mode_asks_about_it(twice: None) -> None:
    gathered = gather()
    assert sorted(gathered.new) == ["first", "second"]
    [asked] = from_last_time(gathered.new)
    assert asked.startswith("From the last time: Ask for a higher quota (open since 2026-11-21, owner Ada, ")
    assert from_last_time(["first"]) == []


def test_a_command_that_plays_drills_asks_about_it_at_its_end(
    twice: None, scoring: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    async def played_nothing_more() -> int:
        return 0

    with pytest.raises(typer.Exit):
        play_story(played_nothing_more())
    assert "From the last time: Ask for a higher quota (open since 2026-11-21, owner Ada, " in capsys.readouterr().err


def test_the_service_of_a_run_knows_what_was_played_before(folder: Path, twice: None) -> None:
    run = str(Path(".gameday/runs/20261122-100000-bbbb/scoring.db"))
    assert history_of(run, None) is None, "nothing was gathered yet"
    gather()
    assert history_of(run, None) == history_of(str(Path(run).absolute()), None) == ".gameday/scoring.db"
    assert history_of(run, "postgresql://db/scoring") == "postgresql://db/scoring"
    for other in (".gameday/scoring.db", "elsewhere.db", "postgresql://db/scoring"):
        assert history_of(other, None) is None


async def test_a_review_in_a_run_asks_what_earlier_runs_left_open(twice: None) -> None:
    gather()
    places = ("runs/20261122-100000-bbbb/scoring.db", "scoring.db")
    run, lasting = (open_engine(Path(".gameday") / place) for place in places)
    app = build_app(run, {Role.OBSERVER: "a-token"}, past=lasting)
    transport, token = httpx.ASGITransport(app), {"Authorization": "Bearer a-token"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=token) as client:
        for path in ("/drills/second", "/drills/second/review"):
            assert "Ask for a higher quota (open since 2026-11-21" in (await client.get(path)).text
    for engine in (run, lasting):
        engine.dispose()
