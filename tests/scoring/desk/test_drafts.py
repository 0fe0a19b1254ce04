"""What forms hold before anybody typed, what customers see, and what is said after a drill."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_told import START, Told, alert, filled

from scoring.desk.drafts import draft_update
from scoring.desk.public import notices
from scoring.desk.responding import respond
from scoring.desk.served import Served, impact_in_words, served_lately
from scoring.playbook import Playbook
from scoring.playbook.file import load_playbook, playbook_names
from scoring.timeline import Window

Tell = Callable[..., Any]
PAGED = (5, "alert.firing", alert(summary="slots are taken", runbook_url="runbook.md"))
DECLARED = (6, "incident.declared", {"severity": "SEV-2", "by": "Ada"})


def window(second: int, requests: int, failures: int, p95_ms: float | None = 40.0) -> Window:
    return Window(at=START + timedelta(seconds=second), requests=requests, failures=failures, p95_ms=p95_ms)


@pytest.mark.parametrize(
    ("served", "said"),
    [
        (None, ""),
        (Served(0, 0, 3, None), "No requests arrive."),
        (Served(100, 0, 3, 40), "Users are served as usual."),
        (Served(100, 31, 3, 40), "About 31 % of requests fail."),
        (Served(100, 0, 3, 4200), "One request in twenty takes longer than 4,200 ms."),
        (
            Served(1000, 62, 3, 4200),
            "About 6.2 % of requests fail, and one request in twenty takes longer than 4,200 ms.",
        ),
    ],
)
def test_impact_is_said_in_words(playbook: Playbook, served: Served | None, said: str) -> None:
    assert impact_in_words(served, playbook.verification) == said


def test_what_users_are_served_is_of_the_last_drill_minute() -> None:
    windows = [window(second, 10, 10 if second < 30 else 1, 40 + second) for second in range(60)]
    lately = served_lately(windows, clock=6)
    assert lately is not None
    assert (lately.requests, lately.failures, lately.seconds, lately.per_second) == (100, 10, 10, 10)
    assert lately.p95_ms == 40 + 55
    fewest = served_lately(windows, clock=600)
    assert fewest is not None
    assert fewest.requests == 30
    assert served_lately([], 1) is None


def test_the_drafted_update_can_be_posted_as_it_stands_in_each_playbook() -> None:
    for name in playbook_names():
        book = load_playbook(name)
        for level in book.levels:
            told = Told(book, PAGED, (6, "incident.declared", {"severity": level.id}))
            draft = draft_update(told.desk(10), book, Served(100, 31, 3, 40))
            event = respond("update", filled(**draft), told.seat(10))
            assert {"status", "impact", "next_step", "text"} <= event.data.keys(), (name, level.id)
            assert ("next_update_at" in event.data) == (level.update_every is not None), (name, level.id)
            assert event.data["audiences"] == list(level.audiences.value if level.audiences else [book.audiences[0].id])


def test_the_draft_follows_how_it_stands(tell: Tell, playbook: Playbook) -> None:
    def draft(*events: Any) -> dict[str, list[str]]:
        return draft_update(tell(PAGED, DECLARED, *events).desk(30), playbook, None)

    diagnosed = (7, "diagnosis.submitted", {"component": "postgres", "failure_mode": "x"})
    served = [(3, "impact.started", {}), (9, "impact.ended", {})]
    assert draft()["status"] == ["investigating"]
    assert draft()["next_step"] == ["Follow the runbook of HighErrorRate."]
    assert (draft(diagnosed)["status"], draft(diagnosed)["next_step"]) == (["identified"], ["Mend postgres."])
    assert draft(*served)["impact"] == ["Users are served again since 10:09 UTC."]
    assert draft(*served)["next_step"] == ["Watch that it holds for 15m."]
    closing = draft(*served, (28, "incident.resolved", {}))
    assert (closing["status"], closing["next_update_at"]) == (["resolved"], [""])


def test_customers_see_what_was_posted_for_them(tell: Tell, playbook: Playbook) -> None:
    told = tell(
        PAGED,
        (7, "update.posted", {"impact": "inner", "audiences": ["responders"], "channel": "incident-channel"}),
        (8, "update.posted", {"impact": "outer", "audiences": ["customers"], "next_update_at": "2026-01-05T10:30:00Z"}),
        (9, "update.posted", {"text": "by channel", "channel": "status-page, email", "next_update_at": "soon"}),
    )
    seen = notices(told.desk(10).updates, playbook)
    assert [(each.text, each.next_at) for each in seen] == [("by channel", None), ("outer", told.at(30))]
