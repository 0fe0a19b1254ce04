"""The pages of runbooks: from an alert to its runbook, whatever is written there, for all who may read the drill."""

import re
from typing import Any

import pytest

from scoring.console.runbook import as_html

DISK = "experiments/database/disk-full/runbook.md"
BOOK = {"address": DISK, "text": "# The disk is full\n\n## Mitigate\n\n```bash\ndf -h | sort\n```\n"}
HOSTILE = """\
# <script>alert(1)</script>

<img src=x onerror=alert(1)>

[a](javascript:alert(1)) [b](data:text/html,x) [c](https://example.org/"onclick=alert(1)) [d](http://[x)

![pixel](https://example.org/pixel.png)

```"><script>alert(1)</script>
</code></pre><script>alert(1)</script>
```

| <script>alert(1)</script> |
|---|
| <b onclick=alert(1)>x</b> |
"""


def give(room: Any, *books: dict[str, str]) -> None:
    answer = room.ask("ingest", "put", f"/api/v1/drills/{room.name}/runbooks", json=[BOOK, *books])
    assert answer.status_code == 200, answer.text


def fire(room: Any, address: str, name: str = "DatabaseDiskFull") -> None:
    labels = {"alertname": name}
    told = {"annotations": {"summary": "no room", "runbook_url": address}, "fingerprint": name}
    room.tell("alert.firing", 5, labels=labels, **told)


@pytest.mark.parametrize(
    ("role", "seat", "count"),
    [("responder", "respond", 2), ("observer", "observe", 2), ("facilitator", "facilitate", 1)],
)
def test_an_alert_leads_to_its_runbook(role: str, seat: str, count: int, room: Any) -> None:
    """From the page that called the responder, too."""
    give(room)
    fire(room, DISK)
    link = f'Runbook: <a href="/drills/{room.name}/runbooks/1">The disk is full</a>'
    text = room.get(role, seat).text
    assert text.count(link) == count
    assert f'<a href="/drills/{room.name}/runbooks" aria-keyshortcuts="k">Runbooks</a>' in text
    assert "df -h | sort" in room.get(role, "runbooks/1").text


def test_what_lies_elsewhere_is_shown_as_it_is_named(room: Any) -> None:
    give(room)
    fire(room, "https://wiki.example.org/disk", "OnTheWeb")
    fire(room, "runbooks/other.md", "NotHere")
    text = room.get("responder", "respond").text
    assert '<a href="https://wiki.example.org/disk" rel="noreferrer noopener" target="_blank">' in text
    assert "<code>runbooks/other.md</code>" in text


@pytest.mark.parametrize("role", ["facilitator", "responder", "observer", "ingest"])
def test_all_of_them_are_listed_by_title_and_those_that_fire_first(role: str, room: Any) -> None:
    give(room, {"address": "a.md", "text": "# Zebras\n"}, {"address": "b.md", "text": "no title"})
    fire(room, DISK)
    fire(room, "a.md", "Over")
    room.tell("alert.resolved", 6, labels={"alertname": "Over"}, fingerprint="Over")
    text = room.get(role, "runbooks").text
    links = re.findall(r'<a href="/drills/[^/]+/runbooks/(\d)">([^<]+)</a>', text)
    assert links == [("1", "The disk is full"), ("3", "b.md"), ("1", "The disk is full"), ("2", "Zebras")]
    assert '<span class="quiet">DatabaseDiskFull</span>' in text


def test_a_drill_without_runbooks_says_so(room: Any) -> None:
    assert "This drill carries no runbooks" in room.get("responder", "runbooks").text
    assert room.get("responder", "runbooks/1").status_code == 404
    for number in ("0", "x", "501"):
        assert room.get("responder", f"runbooks/{number}").status_code == 422


def test_nothing_in_a_runbook_is_more_than_text(room: Any) -> None:
    give(room, {"address": "<script>alert(1)</script>", "text": HOSTILE}, {"address": "<script>alert(2)", "text": ""})
    fire(room, "<script>alert(1)</script>", "<script>alert(3)</script>")
    for path in ("runbooks", "runbooks/2", "respond"):
        text = room.get("responder", path).text
        assert re.findall("<script[^>]*>", text) == re.findall('<script src="/console.js[^>]*>', text), path
        assert not re.search(r"<[^>]*(onerror|onclick)\s*=", re.sub(r'"[^"]*"', "", text)), path
        assert not re.search(r'href="(javascript|data):', text), path
        assert "<img" not in text


def test_links_lead_to_the_web_and_to_other_runbooks_and_nowhere_else() -> None:
    paths = {"books/pool.md": "/drills/d/runbooks/2", "top.md": "/drills/d/runbooks/3"}
    text = "[a](pool.md#mitigate) [b](../top.md) [c](notes.md) [d](/etc/passwd) [e](https://example.org) [f](#there)"
    told = str(as_html(text, "books/disk.md", paths))
    assert re.findall(r'<a href="([^"]*)"', told) == [
        "/drills/d/runbooks/2",
        "/drills/d/runbooks/3",
        "https://example.org",
    ]
    assert told.count("</a>") == 3
    assert all(f"<span>{letter}</span>" in told for letter in "cdf")
    assert '<a href="https://example.org" target="_blank" rel="noreferrer noopener">' in told


def test_a_runbook_begins_below_its_title() -> None:
    text = "before\n\n# The title\n\n# Another\n\n## Mitigate\n\n    indented\n\n~~~sh -e\nfenced\n~~~\n"
    told = str(as_html(text, "a.md", {}))
    assert re.findall(r"<h\d>[^<]*", told) == ["<h2>Another", "<h2>Mitigate"]
    assert re.findall(r'<pre id="([^"]*)"><code>([^<]*)', told) == [("block-1", "indented\n"), ("block-2", "fenced\n")]
    assert re.findall(r'data-copy="([^"]*)" hidden>', told) == ["block-1", "block-2"]
    assert "<span>sh</span>" in told


def test_a_runbook_says_whether_an_alert_that_leads_to_it_fires(room: Any) -> None:
    give(room)
    assert "No alert fires that leads here." in room.get("responder", "runbooks/1").text
    fire(room, DISK)
    assert '<strong class="bad">fires</strong> DatabaseDiskFull' in room.get("responder", "runbooks/1").text
