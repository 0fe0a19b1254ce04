"""Events are kept once, whole, in order, and read on from where one was."""

from typing import Any

import httpx
import pytest
from posting import assert_problem, event


def test_a_retry_with_the_same_key_is_the_same_event(drill: str, ingest: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    first, again = (ingest.post(url, json=event("fault.injected", key="k")) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert_problem(ingest.post(url, json=event("fault.reverted", key="k")), 409, "key 'k'")
    assert len(ingest.get(url).json()["events"]) <= 1


def test_a_header_can_be_the_key_of_an_event(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    header = {"Idempotency-Key": "of-the-header"}
    first, again = (ingest.post(url, json=event("role.assigned"), headers=header) for _ in range(2))
    assert first.json() == again.json()
    own = ingest.post(url, json=event("role.assigned", key="own"), headers=header)
    assert own.json()["seq"] == 2
    assert [e["key"] for e in facilitator.get(url).json()["events"]] == ["of-the-header", "own"]
    empty = ingest.post(url, json=event("role.assigned"), headers={"Idempotency-Key": ""})
    assert_problem(empty, 422, "1 to 300", "Idempotency-Key")


def test_a_batch_is_kept_whole_or_not_at_all(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    ingest.post(url, json=event("fault.injected", key="k"))
    answer = ingest.post(f"{url}/batch", json=[event("role.assigned"), event("fault.reverted", key="k")])
    assert_problem(answer, 409, "key 'k'")
    wrong = ingest.post(f"{url}/batch", json=[event("role.assigned"), event("incident.declared", severity="SEV1")])
    assert_problem(wrong, 422, "did you mean 'SEV-1'", "#/1/data/severity")
    assert [e["kind"] for e in facilitator.get(url).json()["events"]] == ["fault.injected"]


def test_events_are_read_on_from_a_cursor(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    ingest.post(f"{url}/batch", json=[event("role.assigned", role=str(i)) for i in range(5)])
    page = facilitator.get(url, params={"limit": 3}).json()
    rest = facilitator.get(url, params={"after": page["next"]}).json()
    assert [e["data"]["role"] for e in page["events"] + rest["events"]] == list("01234")
    assert facilitator.get(url, params={"after": rest["next"]}).json() == {"events": [], "next": rest["next"]}


def test_the_senders_clock_is_kept_beside_ours(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    sent = {**event("role.assigned"), "sent_at": "2026-01-05T12:00:05+02:00", "received_at": "2000-01-01T00:00:00Z"}
    assert ingest.post(url, json=sent).status_code == 201
    [kept] = facilitator.get(url).json()["events"]
    assert kept["sent_at"] == "2026-01-05T10:00:05.000000Z"
    assert kept["received_at"] > "2026-01-05"


_AT = '"occurred_at": "2026-01-05T10:00:00Z"'


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{", "#"),
        (b"[]", "#"),
        (b'"\xff"', "#"),
        (b'{"kind": "fault.injekted", %s}', "#/kind"),
        (b'{"kind": "fault.injected"}', "#/occurred_at"),
        (b'{"kind": "fault.injected", "occurred_at": "2026-01-05T10:00:00"}', "#/occurred_at"),
        (b'{"kind": "fault.injected", "occurred_at": "0001-01-01T00:00:00+14:00"}', "#/occurred_at"),
        (b'{"kind": "fault.injected", "occurred_at": "1969-12-31T23:59:59Z"}', "#/occurred_at"),
        (b'{"kind": "role.assigned", %s, "sent_at": 1e300}', "#/sent_at"),
        (b'{"kind": "role.assigned", %s, "data": {"n": 1e999}}', "#"),
        (b'{"kind": "role.assigned", %s, "data": {"n": NaN}}', "#"),
        (b'{"kind": "role.assigned", %s, "data": {"n": "\\ud800"}}', "#"),
        (b'{"kind": "role.assigned", %s, "data": {"a/b": ["x\\u0000"]}}', "#/data/a~1b/0"),
        (b'{"kind": "role.assigned", %s, "data": {"n": ' + b"[" * 100 + b"]" * 100 + b"}}", "#/data/n" + "/0" * 59),
        (b'{"kind": "incident.declared", %s, "data": {"severity": "SEV1"}}', "#/data/severity"),
        (b'{"kind": "incident.declared", %s, "data": {"severity": ["SEV-1"]}}', "#/data/severity"),
        (b'{"kind": "clock.advanced", %s}', "#/data/drill_seconds"),
        (b'{"kind": "clock.advanced", %s, "data": {"drill_seconds": 0}}', "#/data/drill_seconds"),
        (b'{"kind": "clock.advanced", %s, "data": {"drill_seconds": true}}', "#/data/drill_seconds"),
        (b'{"kind": "hint.taken", %s, "data": {"cost": 101}}', "#/data/cost"),
        (b'{"kind": "hint.taken", %s, "data": {"cost": "5"}}', "#/data/cost"),
        (b'{"kind": "observation.noted", %s, "data": {"mark": "A"}}', "#/data/mark"),
        (b'{"kind": "observation.noted", %s, "data": {"dimension": "detection"}}', "#/data/dimension"),
        (b'{"kind": "observation.noted", %s, "data": {"dimension": ["detect"]}}', "#/data/dimension"),
    ],
)
def test_a_wrong_event_is_refused_with_its_field(body: bytes, where: str, drill: str, ingest: httpx.Client) -> None:
    told = body.replace(b"%s", _AT.encode())
    answer = ingest.post(f"/api/v1/drills/{drill}/events", content=told, headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "", where)


@pytest.mark.parametrize("value", [2**80, -(2**63), 1e308, 5e-324, "\u2028", "𝄞", [[[]]], {"": {"": None}}])
def test_an_odd_value_is_kept_and_read_again(
    value: Any, drill: str, ingest: httpx.Client, facilitator: httpx.Client
) -> None:
    url = f"/api/v1/drills/{drill}"
    assert ingest.post(f"{url}/events", json=event("role.assigned", odd=value)).status_code == 201
    [kept] = facilitator.get(f"{url}/timeline").json()["events"]
    assert kept["data"]["odd"] == value
    assert facilitator.get(f"{url}/verify").json()["whole"]
