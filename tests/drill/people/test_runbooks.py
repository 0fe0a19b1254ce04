"""What alerts lead to is beside them at the console: all that the app's rules name, whatever is injected."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from waiting import soon

from scoring.desk.runbooks import LONGEST_RUNBOOK
from simulator.drill.app.watching import runbook_addresses
from simulator.drill.catalog import runbook_file
from simulator.drill.people.runbooks import gather_runbooks
from simulator.drill.target import SAMPLE, read_target

from .conftest import Sit

EXAMPLES = Path(__file__).parents[3] / "examples"
APP = """\
name: pages
deploy: {commands: [{name: web, run: serve --port $PORT, port: 8000, health: /health}]}
load: {requests: [GET /]}
rules: [rules.yaml]
shipped_rules: false
"""


def own_app(folder: Path, *addresses: str) -> Path:
    (folder / "gameday.yaml").write_text(APP)
    alerts = [
        f"      - {{alert: A{number}, expr: up == 0, annotations: {{runbook_url: '{address}'}}}}\n"
        for number, address in enumerate(addresses)
    ]
    head = "groups:\n  - name: all\n    rules:\n      - {alert: Symptom, expr: up == 0}\n"
    (folder / "rules.yaml").write_text(head + "".join(alerts))
    return folder / "gameday.yaml"


def test_every_runbook_of_the_sample_app_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = read_target(SAMPLE)
    books, missing = gather_runbooks(target)
    assert missing == []
    assert [book.address for book in books] == runbook_addresses(target)
    assert len(books) > 30
    for book in books:
        assert book.text == runbook_file(book.address).read_text(encoding="utf-8")
        assert book.title != book.address


@pytest.mark.parametrize("name", ["datasette", "django", "httpbin"])
def test_an_own_app_has_those_of_the_shipped_rules(name: str) -> None:
    books, missing = gather_runbooks(read_target(EXAMPLES / name / "gameday.yaml"))
    assert missing == []
    assert len(books) == 5
    assert all(book.address.endswith("any-app.md") for book in books)


def test_those_of_its_own_rules_are_found_and_what_cannot_be_had_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.md").write_text("# Our own\n\nWith a \0 in it.\n")
    (tmp_path / "long.md").write_text("x" * (LONGEST_RUNBOOK + 1))
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe")
    named = ("own.md", "own.md", "https://wiki.example.org/disk", "long.md", "binary.md", "none.md", "")
    books, missing = gather_runbooks(read_target(own_app(tmp_path, *named)))
    assert [(book.address, book.title) for book in books] == [("own.md", "Our own")]
    assert "\0" not in books[0].text
    for said, line in zip(("long.md: it is too long", "binary.md: cannot be read", "'none.md'"), missing, strict=True):
        assert said in line


@pytest.mark.parts
async def test_people_find_them_at_the_console_when_they_sit_down(sit: Sit) -> None:
    """The scenario injects one fault; its runbook is one of many."""
    seated = sit(facilitated=True)
    gathering = asyncio.ensure_future(seated.session.gather())
    await soon(lambda: "gameday shell" in seated.said or gathering.done())
    with seated.server.as_("responder") as client:
        listed = client.get(f"/api/v1/drills/{seated.drill}/runbooks").json()["runbooks"]
    assert [each["address"] for each in listed] == runbook_addresses(read_target(SAMPLE))
    assert "not at the console" not in seated.said
    gathering.cancel()
    with suppress(asyncio.CancelledError):
        await gathering
