"""Who may come in, by what, and what they may do."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from posting import TOKENS, assert_problem, event, new_drill

from scoring.timeline import KINDS


def test_each_token_opens_its_own_doors(
    drill: str, server: Any, responder: httpx.Client, observer: httpx.Client, ingest: httpx.Client
) -> None:
    url = f"/api/v1/drills/{drill}/events"
    assert responder.post(url, json=event("incident.acknowledged")).status_code == 201
    assert_problem(responder.post(url, json=event("fault.reverted")), 403, "cannot write fault.reverted")
    assert_problem(responder.post(f"{url}/batch", json=[event("oracle.checked")]), 403, "cannot write oracle.checked")
    assert_problem(responder.post("/api/v1/drills", json=new_drill("mine")), 403, "facilitator or ingest")
    assert_problem(responder.post("/api/v2/alerts", json=[]), 403, "facilitator or ingest")
    refused = observer.post(url, json=event("incident.acknowledged"))
    assert_problem(refused, 403, "an observer cannot write incident.acknowledged; it is a responder's")
    assert_problem(responder.post(url, json=event("clock.stopped")), 403, "it is the facilitator's")
    assert_problem(responder.post(url, json=event("observation.noted")), 403, "it is an observer's")
    assert observer.get(url).status_code == 200
    for client in (responder, observer, ingest):
        assert_problem(client.get("/api/v1/tokens"), 403, "facilitator")


SAID: dict[str, dict[str, Any]] = {
    "incident.declared": {"severity": "SEV-1"},
    "incident.reclassified": {"severity": "SEV-1"},
    "clock.advanced": {"drill_seconds": 60},
}
WRITERS = {
    "responder": {
        *("incident.acknowledged", "incident.declared", "incident.reclassified", "incident.escalated"),
        *("incident.resolved", "role.assigned", "update.posted", "diagnosis.submitted", "action.taken"),
        *("review.filed", "hint.taken"),
    },
    "observer": {"observation.noted"},
    "facilitator": set(KINDS),
    "ingest": set(KINDS),
}


@pytest.mark.parametrize("role", WRITERS)
def test_each_role_writes_the_kinds_that_are_its_own(role: str, drill: str, clients: dict[str, httpx.Client]) -> None:
    written = set()
    for kind in KINDS:
        told = event(kind, **SAID.get(kind, {}))
        for path, body in ((f"/api/v1/drills/{drill}/events", told), (f"/api/v1/drills/{drill}/events/batch", [told])):
            answer = clients[role].post(path, json=body)
            assert answer.status_code in (201, 403), answer.text
            if answer.status_code == 201:
                written.add(kind)
            else:
                assert_problem(answer, 403, f"cannot write {kind}; it is ")
    assert written == WRITERS[role]


def test_nobody_comes_in_without_a_token(stranger: httpx.Client) -> None:
    for header in ("Bearer guess", "Basic ZmFjaWxpdGF0b3I6", "facilitator-token", "Bearer", ""):
        answer = stranger.get("/api/v1/drills", headers={"Authorization": header})
        assert_problem(answer, 401, "Authorization: Bearer")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert_problem(stranger.post("/api/v1/drills", content=b"{"), 401, "Bearer")
    assert_problem(stranger.get("/nowhere"), 401, "Bearer")
    assert stranger.get("/health").json() == {"status": "ok"}


def test_a_token_is_shown_once_and_revoked_at_once(
    server: Any, stranger: httpx.Client, facilitator: httpx.Client
) -> None:
    issued = facilitator.post("/api/v1/tokens", json={"role": "observer", "name": "the wall screen"}).json()
    header = {"Authorization": f"Bearer {issued['secret']}"}
    assert stranger.get("/api/v1/drills", headers=header).status_code == 200
    listed = facilitator.get("/api/v1/tokens")
    assert issued["secret"] not in listed.text
    assert issued["id"] in [each["id"] for each in listed.json()["tokens"]]
    kept = b"".join(file.read_bytes() for file in server.database.parent.iterdir() if file.is_file())
    assert b"the wall screen" in kept
    assert issued["secret"].rpartition("_")[2].encode() not in kept
    assert facilitator.delete(f"/api/v1/tokens/{issued['id']}").status_code == 204
    assert_problem(stranger.get("/api/v1/drills", headers=header), 401)
    assert_problem(facilitator.delete("/api/v1/tokens/nobody"), 404, "no token 'nobody'")


def test_a_token_that_has_expired_is_none(stranger: httpx.Client, facilitator: httpx.Client) -> None:
    told = {"role": "observer", "name": "yesterday's", "expires_at": "2020-01-01T00:00:00Z"}
    issued = facilitator.post("/api/v1/tokens", json=told)
    header = {"Authorization": f"Bearer {issued.json()['secret']}"}
    assert_problem(stranger.get("/api/v1/drills", headers=header), 401)


def sign_in_link(server: Any) -> str:
    return str(server.ready["sign_in"])


@pytest.fixture(scope="module")
def browser(server: Any) -> Iterator[httpx.Client]:
    """A browser that was signed in by the printed link."""
    with httpx.Client(base_url=server.url, headers={"Accept": "text/html"}) as opened:
        opened.answer = opened.get(sign_in_link(server))  # type: ignore[attr-defined]
        yield opened


def test_a_link_signs_in_once(browser: httpx.Client, stranger: httpx.Client, server: Any) -> None:
    answer = browser.answer  # type: ignore[attr-defined]
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    again = stranger.get(sign_in_link(server))
    assert again.status_code == 401
    assert "set-cookie" not in again.headers
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("code", ["", "guess", "%00", "x" * 600, "%ff"])
def test_no_guess_signs_in(code: str, stranger: httpx.Client) -> None:
    answer = stranger.get(f"/sign-in?code={code}")
    assert answer.status_code in (401, 422)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("role", ["facilitator", "responder", "observer"])
def test_a_facilitator_hands_out_links_that_sign_others_in_once(
    role: str, drill: str, server: Any, stranger: httpx.Client, facilitator: httpx.Client
) -> None:
    told = {"role": role, "name": "Ada", "to": f"/drills/{drill}", "lasts_s": 3600}
    link = facilitator.post("/api/v1/tokens/links", json=told).json()
    assert link["role"] == role
    with httpx.Client(base_url=server.url, headers={"Accept": "text/html"}) as browser:
        answer = browser.get(link["path"])
        assert (answer.status_code, f"You are {role}" in answer.text) == (200, True)
        assert f'href="/drills/{drill}"' in answer.text
        assert browser.get(f"/drills/{drill}").status_code == 200
        may_list = browser.get("/api/v1/tokens").status_code
    assert may_list == (200 if role == "facilitator" else 403)
    assert stranger.get(link["path"]).status_code == 401


@pytest.mark.parametrize(
    ("invited", "called"),
    [
        ({"name": "Ada Lovelace", "person": "Ada Lovelace"}, "Ada Lovelace"),
        ({"name": "responder", "person": "Ada Lovelace"}, "ada-lovelace"),
        ({"name": "Ada"}, "Ada"),
    ],
)
def test_whoever_is_invited_by_a_name_is_called_by_it(
    invited: dict[str, str], called: str, drill: str, server: Any, facilitator: httpx.Client
) -> None:
    link = facilitator.post("/api/v1/tokens/links", json={"role": "responder", **invited}).json()
    with httpx.Client(base_url=server.url, headers={"Accept": "text/html"}) as browser:
        browser.get(link["path"])
        assert f'id="my-name" name="who" value="{called}"' in browser.get(f"/drills/{drill}/respond").text


@pytest.mark.parametrize("role", ["responder", "observer", "ingest"])
def test_nobody_else_makes_links(role: str, clients: dict[str, httpx.Client]) -> None:
    told = {"role": "facilitator", "name": "Ada"}
    assert_problem(clients[role].post("/api/v1/tokens/links", json=told), 403, "facilitator")


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example", "drills", "/\\elsewhere.example"])
def test_a_link_leads_nowhere_else(to: str, stranger: httpx.Client, facilitator: httpx.Client) -> None:
    told = {"role": "observer", "name": "Ada", "to": to}
    assert_problem(facilitator.post("/api/v1/tokens/links", json=told), 422, where="#/to")
    path = facilitator.post("/api/v1/tokens/links", json={"role": "observer", "name": "Ada"}).json()["path"]
    code = parse_qs(urlsplit(path).query)["code"]
    answer = stranger.get("/sign-in", params={"code": code, "to": to})
    assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)


FOREIGN = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://elsewhere.example"},
    {"Origin": "null"},
    {"Referer": "http://elsewhere.example/page"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_somebody_else_cannot_make_a_browser_write(headers: dict[str, str], browser: httpx.Client) -> None:
    assert_problem(browser.post("/api/v1/drills", json=new_drill("forged"), headers=headers), 403, "sign")


def test_a_signed_in_browser_writes_from_our_own_page(browser: httpx.Client, drill: str) -> None:
    url = f"/api/v1/drills/{drill}/events"
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": str(browser.base_url).rstrip("/")}):
        assert browser.post(url, json=event("role.assigned"), headers=headers).status_code == 201


def test_signing_out_ends_the_session_itself(stranger: httpx.Client, facilitator: httpx.Client) -> None:
    token = facilitator.post("/api/v1/tokens", json={"role": "observer", "name": "a session"}).json()["secret"]
    cookies = {"Cookie": f"gameday_session={token}"}
    assert stranger.get("/", headers=cookies).status_code == 200
    assert stranger.post("/sign-out", headers={**cookies, "Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert stranger.get("/", headers=cookies).status_code == 401


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:80", "127.0.0.1.nip.io", "169.254.169.254", ""])
def test_a_host_that_is_not_this_machine_is_refused(host: str, stranger: httpx.Client) -> None:
    answer = stranger.get("/health", headers={"Host": host})
    assert_problem(answer, 421, "loopback")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "127.9.9.9:80", "[::1]:80"])
def test_this_machine_may_be_called_by_all_its_own_names(host: str, stranger: httpx.Client) -> None:
    assert stranger.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/health", "/nowhere", "/style.css", "/icon.svg", "/sign-in", "/openapi.json", "/api/v1/drills"]
)
@pytest.mark.parametrize("token", [None, TOKENS["observer"]])
def test_every_answer_keeps_to_itself(path: str, token: str | None, stranger: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = stranger.get(path, headers=headers)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in answer.headers


def test_the_pages_need_nothing_from_elsewhere(browser: httpx.Client, drill: str) -> None:
    lively = [f"/drills/{drill}/{page}" for page in ("respond", "facilitate", "observe", "status", "review")]
    for path in ("/", f"/drills/{drill}", "/history", "/items", "/nowhere", *lively):
        text = browser.get(path).text
        assert "<main" in text
        assert len(re.findall("<script", text)) == (path in lively), "but for our own script there is none"
        assert not re.search(r'(?:src|href|action)="(?![/#])', text)
        assert not re.search(r'\s(?:style|on\w+)="', text)
