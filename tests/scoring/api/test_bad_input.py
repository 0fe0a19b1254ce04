"""Whatever is sent is answered with a problem that names the field, never with a 5xx, and the service goes on."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from posting import TOKENS, assert_problem, event, new_drill

MOST_BYTES = 16 * 1024 * 1024
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def still_up(facilitator: httpx.Client) -> Iterator[None]:
    yield
    assert facilitator.get("/health").status_code == 200


def test_what_is_not_there_is_a_problem_too(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    assert_problem(ingest.get("/api/v1/drills/nobody"), 404, "no drill 'nobody'")
    assert_problem(ingest.post("/api/v1/drills/nobody/events", json=event("role.assigned")), 404, "no drill 'nobody'")
    assert_problem(ingest.post("/api/v1/drills/nobody/impact", json=[]), 404, "no drill 'nobody'")
    assert_problem(ingest.get("/nowhere"), 404, "/openapi.json")
    assert_problem(ingest.get("/api/v1/drills/"), 404)
    assert_problem(ingest.get("/api/v1/playbooks/nobody"), 404, "no playbook")
    assert_problem(facilitator.get("/api/v1/people/nobody/training"), 404, "no person 'nobody'")
    assert_problem(ingest.get("/api/v1/game-days/nobody"), 404, "no game day 'nobody'")
    wrong = ingest.patch(f"/api/v1/drills/{drill}/events")
    assert_problem(wrong, 405, "PATCH")
    assert set(wrong.headers["allow"].split(", ")) & {"GET", "POST"}


@pytest.mark.parametrize(
    "name",
    ["%00", "a%00b", "..%2f..%2fetc", "%ff", "%F0%9D%84%9E", "a" * 300, "a%20b", "%22", "'; DROP TABLE drill;--"],
)
@pytest.mark.parametrize(
    "path", ["/drills/{}", "/drills/{}/events", "/people/{}/training", "/playbooks/{}", "/game-days/{}"]
)
def test_an_odd_id_is_nobodys(path: str, name: str, facilitator: httpx.Client) -> None:
    answer = facilitator.get("/api/v1" + path.format(name))
    assert answer.status_code in (404, 422)
    assert_problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "limit=0",
        "limit=1e3",
        "limit=99999999999999999999",
        "after=%00",
        "limit=&after=",
        "after=%ff",
    ],
)
def test_a_wrong_query_names_its_parameter(query: str, drill: str, observer: httpx.Client) -> None:
    answer = observer.get(f"/api/v1/drills/{drill}/events?{query}")
    assert_problem(answer, 422)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonp", 415),
        ("é", 415),
        ("", 415),
        ("application/json; charset=utf-8", 201),
        ("application/vnd.example+json", 201),
    ],
)
def test_a_body_has_to_say_that_it_is_json(kind: str, status: int, drill: str, ingest: httpx.Client) -> None:
    content = json.dumps(event("role.assigned")).encode()
    headers = {"Content-Type": kind.encode()}
    answer = ingest.post(f"/api/v1/drills/{drill}/events", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    other = ingest.put(f"/api/v1/drills/{drill}/baseline", content=b"{}", headers=headers)
    assert other.status_code == (200 if status == 201 else 415)
    if status == 415:
        assert_problem(answer, 415, "send application/json")
        assert_problem(other, 415, "send application/json")


def test_a_body_that_is_packed_is_refused(drill: str, ingest: httpx.Client) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert_problem(ingest.post(f"/api/v1/drills/{drill}/events", content=b"\x1f\x8b", headers=headers), 415, "plain")


NASTY = [
    b"",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"nul",
    b"NaN",
    b"[" * 100_000,
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b'{"a":' * 200 + b"1" + b"}" * 200,
    b'{"\\u0000": 1}',
    b'{"\\ud800": 1}',
    b"-" + b"9" * 5_000,
    b"[1e400]",
    b'"\\u0000"',
    b"null",
    b"true",
    b"0",
    b"[null]",
    b"{}{}",
]


@pytest.mark.parametrize("body", NASTY, ids=lambda body: repr(body[:12]))
def test_any_bytes_are_answered_by_every_route_that_takes_a_body(body: bytes, clients: dict[str, httpx.Client]) -> None:
    """As the facilitator, who may write everything, for a drill that is not there."""
    client = clients["facilitator"]
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        address = path.replace("{drill_id}", "nobody").replace("{", "").replace("}", "")
        for method in operations:
            if method not in ("get", "delete"):
                answer = client.request(method, address, content=body, headers=JSON)
                assert 200 <= answer.status_code < 500, (method, address, answer.text)
                if answer.status_code >= 400:
                    assert_problem(answer, answer.status_code)


def test_a_field_of_the_wrong_kind_is_named(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}"
    window = {"at": "2026-01-05T10:00:00Z", "requests": 5}
    wrong = [
        (ingest.post, "/impact", [window, {**window, "requests": -1}], "#/1/requests"),
        (ingest.post, "/impact", [{**window, "failures": 6}], "#/0"),
        (ingest.post, "/impact", [{**window, "at": "9999-12-31T23:59:59Z"}], "#/0"),
        (ingest.post, "/impact", [{**window, "p95_ms": "x"}], "#/0/p95_ms"),
        (ingest.post, "/impact", [{**window, "tasks": {"a/b": {"requests": 2**60}}}], "#/0/tasks/a~1b/requests"),
        (ingest.put, "/baseline", {"error_share": 2}, "#/error_share"),
        (ingest.post, "/end", {"ended_at": 1e18}, "#/ended_at"),
        (ingest.post, "/events/batch", [], "#"),
        (ingest.post, "/events/batch", [event("role.assigned"), {"kind": "role.assigned"}], "#/1/occurred_at"),
    ]
    for method, path, body, where in wrong:
        assert_problem(method(url + path, json=body), 422, "", where)
    for path, body, where in [
        ("/api/v1/tokens", {"role": "root", "name": "x"}, "#/role"),
        ("/api/v1/tokens", {"role": "observer", "name": ""}, "#/name"),
        ("/api/v1/teams", {"name": "---"}, "#/name"),
        ("/api/v1/people", {"name": "Ada", "team": "nobody"}, "#/team"),
    ]:
        assert_problem(facilitator.post(path, json=body), 422, "", where)


def test_the_widest_instants_and_clocks_can_be_scored(ingest: httpx.Client, facilitator: httpx.Client) -> None:
    """No difference of two instants that are taken leaves the calendar, at no clock that is taken."""
    for number, clock in enumerate((1e-3, 1e6)):
        url = f"/api/v1/drills/widest-{number}"
        opened = new_drill(f"widest-{number}", clock=clock, started_at="1970-01-01T00:00:00+00:00")
        assert ingest.post("/api/v1/drills", json=opened).status_code == 201
        kinds = ("fault.injected", "impact.started", "alert.firing", "incident.declared", "incident.resolved")
        told = [
            event(kind, at, severity="SEV-2")
            for kind in kinds
            for at in ("1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z")
        ]
        assert ingest.post(f"{url}/events/batch", json=told).status_code == 201
        windows = [{"at": at, "requests": 5, "failures": 5} for at in ("1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z")]
        assert ingest.post(f"{url}/impact", json=windows).status_code == 201
        assert facilitator.get(f"{url}/scorecard").status_code == 200
        assert ingest.post(f"{url}/end", json={"ended_at": "2199-12-31T23:59:59Z"}).status_code == 200
        assert facilitator.get(f"{url}/scorecard").status_code == 200
        assert facilitator.get(f"/drills/widest-{number}").status_code == 200


def test_what_is_too_much_is_refused_however_it_comes(drill: str, ingest: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    assert_problem(ingest.post(url, content=b" " * (MOST_BYTES + 1), headers=JSON), 413, "in parts")
    pieces = (b" " * 2**20 for _ in range(17))
    assert_problem(ingest.post(url, content=pieces, headers=JSON), 413, "in parts")
    pieces = (b" " * 2**20 for _ in range(17))
    assert_problem(ingest.put(f"/api/v1/drills/{drill}/baseline", content=pieces, headers=JSON), 413, "in parts")
    assert_problem(ingest.post(f"{url}/batch", json=[event("role.assigned")] * 10_001), 422, "10000", "#")


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"99999999999999999999", b"0x10"])
def test_a_length_that_is_none_is_refused(length: bytes, server: Any) -> None:
    """Said on a bare connection, as no client would."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as bare:
        token = TOKENS["ingest"].encode()
        head = b"POST /api/v1/drills HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token
        bare.sendall(head + b"\r\nContent-Length: " + length + b"\r\nConnection: close\r\n\r\n{}")
        status = int(bare.recv(4096).split()[1])
    assert 400 <= status < 500
