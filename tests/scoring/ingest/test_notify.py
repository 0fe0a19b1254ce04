"""Notifications, sent by Apprise to a real HTTP server."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from scoring.errors import ScoringError
from scoring.notify import Notifier, notification_of
from scoring.playbook.file import load_playbook
from scoring.timeline import Drill, Event

BOOK = load_playbook("llm-research-lab")
BEGAN = datetime(2026, 1, 5, 10, tzinfo=UTC)
DRILL = Drill(id="d-1", clock=60, started_at=BEGAN, experiment="database/connection-exhaustion")


class Inbox(ThreadingHTTPServer):
    """Keeps what is posted to it, by path; answers 500 while it is broken, and nothing before it is open."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.posts: Queue[tuple[str, dict[str, Any]]] = Queue()
        self.is_broken = False
        self.open = Flag()
        self.open.set()

    def next(self) -> tuple[str, dict[str, Any]]:
        return self.posts.get(timeout=10)


class _Post(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.open.wait(10)
        self.send_response(500 if self.server.is_broken else 200)
        self.end_headers()
        self.server.posts.put((self.path, body))

    def log_message(self, *_: Any) -> None:
        """Quietly."""


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    server = Inbox()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.open.set()
    server.shutdown()
    thread.join()
    server.server_close()


def config(folder: Path, inbox: Inbox, **tags: str) -> Path:
    """An Apprise file with a target for each name, tagged so."""
    path = folder / "notify.yaml"
    lines = [f"  - json://127.0.0.1:{inbox.server_port}/{name}:\n      tag: {tag}" for name, tag in tags.items()]
    path.write_text("urls:\n" + "\n".join(lines) + "\n")
    return path


def event(kind: str, **data: Any) -> Event:
    return Event.model_validate({"kind": kind, "occurred_at": BEGAN + timedelta(seconds=5), "data": data})


def firing(name: str, **labels: str) -> Event:
    labels = {"alertname": name, **labels}
    return event("alert.firing", labels=labels, annotations={"summary": "slots are gone"}, fingerprint=str(labels))


def test_each_alert_pages_once_and_says_where_to_look(tmp_path: Path, inbox: Inbox) -> None:
    notifier = Notifier(config(tmp_path, inbox, pager="page"), link=lambda drill: f"http://127.0.0.1:1/drills/{drill}")
    for each in (firing("Slots"), firing("Slots", pod="b"), event("alert.resolved"), firing("Slow")):
        notifier.offer(DRILL, BOOK, each)
    (path, first), (_, second) = inbox.next(), inbox.next()
    notifier.stop()
    assert inbox.posts.empty()
    assert (path, first["title"], second["title"]) == ("/pager", "Slots is firing", "Slow is firing")
    for said in ("slots are gone", "d-1", "LLM Research Lab", "http://127.0.0.1:1/drills/d-1", "2026-01-05T10:00:05"):
        assert said in first["message"]
    assert "connection-exhaustion" not in json.dumps(first)


def test_an_inject_pages_as_an_alert_does(tmp_path: Path, inbox: Inbox) -> None:
    notifier = Notifier(config(tmp_path, inbox, pager="page", updates="update"))
    told = {"id": "i-1", "from": "a customer", "to": ["responders"], "channel": "phone", "text": "I cannot sign in"}
    notifier.offer(DRILL, BOOK, event("inject.delivered", **told))
    path, body = inbox.next()
    notifier.stop()
    assert inbox.posts.empty()
    assert (path, body["title"]) == ("/pager", "A message from a customer")
    assert "I cannot sign in" in body["message"]


async def test_updates_and_escalations_go_to_those_whom_they_concern(tmp_path: Path, inbox: Inbox) -> None:
    tags = {"all": "update", "status": "update/customers", "boss": "escalation/engineering-manager", "page": "page"}
    notifier = Notifier(config(tmp_path, inbox, **tags))
    await notifier.tell(DRILL, BOOK, event("update.posted", text="we see errors", audiences=["stakeholders"]))
    await notifier.tell(DRILL, BOOK, event("update.posted", text="all is well", audiences=["customers"]))
    await notifier.tell(DRILL, BOOK, event("incident.escalated", to="Engineering Manager", by="phone", text="stuck"))
    await notifier.tell(DRILL, BOOK, event("incident.escalated", to="vp-engineering", by="phone"))
    notifier.stop()
    posts = [inbox.next() for _ in range(4)]
    assert inbox.posts.empty()
    assert [(path, body["title"]) for path, body in posts] == [
        ("/all", "Update to stakeholders"),
        ("/all", "Update to customers"),
        ("/status", "Update to customers"),
        ("/boss", "Escalated to Engineering Manager by phone"),
    ]
    assert "stuck" in posts[3][1]["message"]


def test_a_drill_that_has_ended_notifies_nobody(tmp_path: Path, inbox: Inbox) -> None:
    notifier = Notifier(config(tmp_path, inbox, pager="page"))
    notifier.offer(DRILL, BOOK, event("drill.ended"))
    notifier.offer(DRILL, BOOK, firing("Slots"))
    notifier.offer(DRILL.model_copy(update={"id": "d-2", "ended_at": BEGAN}), BOOK, firing("Slots"))
    notifier.offer(DRILL.model_copy(update={"id": "d-3"}), BOOK, firing("Slots"))
    notifier.stop()
    assert "d-3" in inbox.next()[1]["message"]
    assert inbox.posts.empty()


def test_nobody_waits_for_a_target_that_hangs_and_too_much_is_dropped(
    tmp_path: Path, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier(config(tmp_path, inbox, all="update"))
    inbox.open.clear()
    began = time.perf_counter()
    for n in range(1500):
        notifier.offer(DRILL, BOOK, event("update.posted", text=f"{n}"))
    notifier.stop(within_s=0.1)
    assert time.perf_counter() - began < 2
    assert [record.message for record in caplog.records] == ["notifications are dropped: 1000 are waiting already"]


def test_a_target_that_fails_is_logged_once_and_the_others_are_told(
    tmp_path: Path, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "scoring")
    inbox.is_broken = True
    notifier = Notifier(config(tmp_path, inbox, broken="update", other="update"))
    for n in range(2):
        notifier.offer(DRILL, BOOK, event("update.posted", text=f"{n}"))
        assert [inbox.next()[0] for _ in range(2)] == ["/broken", "/other"]
    inbox.is_broken = False
    notifier.offer(DRILL, BOOK, event("update.posted", text="again"))
    notifier.stop()
    said = [record.message for record in caplog.records]
    assert [message.partition("broken")[2] for message in said if "/broken" in message] == [
        " fail; 'Update' was not sent",
        " are taken again",
    ]
    assert len(said) == 4


def test_targets_are_listed_without_their_secrets(tmp_path: Path) -> None:
    path = tmp_path / "notify.conf"
    path.write_text("page,update=json://ada:secret@example.org/hook?token=secret\n")
    [target] = Notifier(path).targets()
    assert target.tags == {"page", "update"}
    assert "example.org/hook" in target.url
    assert "secret" not in target.url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("urls:\n  - json://ok: [\n", "notify.yaml:3: this is no YAML"),
        ("urls:\n  - nonsense\n", "Invalid URL nonsense, entry #1"),
        ("urls:\n  - json://ok:\n      tag: pages\n", "no target is tagged page, update, escalation"),
        ("urls: []\n", "names no target"),
        ("", "Invalid Apprise YAML based configuration specified; give a list"),
        ("urls:\n  - json://${NOWHERE}:\n      tag: page\n", "notify.yaml"),
    ],
)
def test_a_bad_configuration_is_told_with_its_file_and_mend(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "notify.yaml"
    path.write_text(text)
    with pytest.raises(ScoringError, match=said):
        Notifier(path)


def test_without_a_configuration_nothing_is_sent(tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match="there is no such file"):
        Notifier(tmp_path / "nowhere.yaml")
    notifier = Notifier(None)
    notifier.offer(DRILL, BOOK, firing("Slots"))
    notifier.stop()
    assert notifier.targets() == []


@pytest.mark.parametrize("kind", ["fault.injected", "oracle.checked", "drill.started", "action.taken"])
def test_what_would_tell_the_truth_is_no_notification(kind: str) -> None:
    assert notification_of(DRILL, BOOK, event(kind, text="postgres")) is None
