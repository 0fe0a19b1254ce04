"""Who may use the API: people with a token, machines with a key, and what is refused, counted and logged."""

import asyncio
import re
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import jwt
import pytest
from credentials import ADA, JWT_SECRET, ON_CALL_KEY

from simulator.faults.guessing import guess_all, guesses
from simulator.faults.reading import read_all
from target_app.auth.limit import SourceLimit
from target_app.auth.passwords import read_lines

pytestmark = pytest.mark.parts

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def _sign_in(part, **body):
    return httpx.post(part.url + "/sign-in", json={**ADA, **body})


def _ask(app, token):
    return httpx.get(app.url + "/experiments", headers={"Authorization": f"Bearer {token}"})


def test_a_password_becomes_a_token_that_the_api_takes(auth, app, metric):
    answer = _sign_in(auth)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "bearer")
    assert _ask(app, answer.json()["access_token"]).status_code == 200
    assert metric(auth, 'auth_sign_ins_total{outcome="ok",source="127.0.0.1"}') >= 1


def test_a_wrong_password_and_an_unknown_name_are_refused_alike_and_counted_by_source(auth, metric):
    sample = 'auth_sign_ins_total{outcome="wrong_password",source="127.0.0.1"}'
    before = metric(auth, sample)
    wrong, unknown = _sign_in(auth, password="guess"), _sign_in(auth, user="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert metric(auth, sample) == before + 2
    assert "sign-in refused: user 'nobody' from 127.0.0.1" in auth.said()
    assert "guess" not in auth.said(), "a password belongs into no log"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"user": 1, "password": "x"}', b"\xff"])
def test_a_body_that_is_no_sign_in_is_a_400(auth, body):
    assert httpx.post(auth.url + "/sign-in", content=body).status_code == 400


def test_requests_without_a_credential_are_challenged(app):
    answer = httpx.get(app.url + "/experiments")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("shift_s", "secret", "reason"),
    [
        (-3600, JWT_SECRET, "expired"),
        (3600, JWT_SECRET, "not_yet_valid"),
        (0, "another secret, as long as the first one is", "bad_signature"),
        (None, JWT_SECRET, "malformed"),
    ],
)
def test_a_token_is_refused_with_its_reason(app, metric, shift_s, secret, reason):
    sample = f'auth_tokens_refused_total{{reason="{reason}"}}'
    before = metric(app, sample)
    assert _ask(app, _token(shift_s, secret)).status_code == 401
    assert metric(app, sample) == before + 1
    assert f"401 jwt refused, {reason}" in app.said()
    ours = reason in ("not_yet_valid", "bad_signature")
    auth = httpx.get(app.url + "/health/ready").json()["components"]["auth"]
    assert (auth["status"] == "failing") == ours
    assert _ask(app, _token(0, JWT_SECRET)).status_code == 200
    assert httpx.get(app.url + "/health/ready").json()["components"]["auth"]["status"] == "ok"


def _token(shift_s, secret):
    now = int(time.time()) + (shift_s or 0)
    claims = {"sub": "ada", "iat": now, "nbf": now, "exp": now + 60}
    if shift_s is None:
        del claims["nbf"]
    return jwt.encode(claims, secret, algorithm="HS256")


def test_a_token_that_claims_to_need_no_signature_is_refused(app):
    assert _ask(app, jwt.encode({"sub": "ada"}, None, algorithm="none")).status_code == 401


def test_an_issuer_in_another_time_zone_dates_its_tokens_wrongly(start_auth, app):
    early = start_auth(TZ="XXX-1")
    answer = _ask(app, _sign_in(early).json()["access_token"])
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("The token is not yet valid")


def test_an_api_key_is_taken_in_either_header_and_counted_by_name_and_source(app, metric):
    sample = 'auth_api_key_requests_total{key="on-call",source="127.0.0.1"}'
    before = metric(app, sample)
    for headers in ({"X-API-Key": ON_CALL_KEY}, {"Authorization": f"Bearer {ON_CALL_KEY}"}):
        assert httpx.get(app.url + "/experiments", headers=headers).status_code == 200
    assert metric(app, sample) == before + 2
    assert httpx.get(app.url + "/experiments", headers={"X-API-Key": "guess"}).status_code == 401
    assert "api key on-call used from 127.0.0.1: GET /experiments" in app.said()
    assert "api key refused, from 127.0.0.1" in app.said()
    assert ON_CALL_KEY not in app.said()


def test_a_source_that_tries_too_often_is_told_to_wait_before_its_password_costs_anything(start_auth, metric):
    auth = start_auth(SIGN_IN_RATE_LIMIT="60")
    began = time.monotonic()
    answers = [_sign_in(auth, password="guess") for _ in range(20)]
    told = Counter(answer.status_code for answer in answers)
    assert 6 <= told[401] <= 6 + (time.monotonic() - began), "six at once, and one more each second"
    assert set(told) == {401, 429}
    assert [answer.headers["retry-after"] for answer in answers if answer.status_code == 429] == ["1"] * told[429]
    assert metric(auth, 'auth_sign_ins_total{outcome="rate_limited",source="127.0.0.1"}') == told[429]


def test_guesses_queue_and_everybody_waits_behind_them(auth):
    quick = _sign_in(auth).elapsed
    flood = [threading.Thread(target=_sign_in, args=(auth,), kwargs={"password": "guess"}) for _ in range(40)]
    for thread in flood:
        thread.start()
    slow = _sign_in(auth).elapsed
    for thread in flood:
        thread.join()
    assert slow > 3 * quick


def test_a_limit_is_each_sources_own_and_comes_back_with_time():
    now = 0.0
    limit = SourceLimit(60, lambda: now)
    assert [limit.wait_s("a") for _ in range(7)] == [0, 0, 0, 0, 0, 0, 1]
    assert limit.wait_s("b") == 0
    now = 1.0
    assert limit.wait_s("a") == 0
    assert limit.wait_s("a") > 0
    assert SourceLimit(0, lambda: now).wait_s("a") == 0


@pytest.mark.parametrize(
    "line", ["ada", "ada:md5:1:1:1:YQ==:YQ==", "ada:scrypt:x:8:1:YQ==:YQ==", "ada:scrypt:1:8:1:?:YQ=="]
)
def test_a_bad_line_of_users_is_named_by_its_number(line):
    with pytest.raises(ValueError, match="line 2"):
        read_lines(f"# users\n{line}\n")


def test_a_guesser_is_refused_and_counts_what_it_was_answered(start_auth, metric):
    auth = start_auth(SIGN_IN_RATE_LIMIT="600")
    answers = asyncio.run(guess_all(auth.url, guesses(["ada", "admin"], 80), per_s=1000, at_once=20))
    assert set(answers) == {"401", "429"}
    assert answers.total() == 80
    assert metric(auth, 'auth_sign_ins_total{outcome="wrong_password",source="127.0.0.1"}') == answers["401"]


def test_whoever_reads_with_a_stolen_key_gets_what_the_key_opens(app):
    assert read_all(app.url, ON_CALL_KEY, per_s=100, most=3) == {"200": 3}
    assert read_all(app.url, "a key that was revoked", per_s=100, most=2) == {"401": 2}


def test_shipped_probes_of_the_api_show_the_key_of_people_on_call():
    asked = 0
    for path in EXPERIMENTS.rglob("experiment.yaml"):
        for provider in re.findall(r"url: \"\$\{target_url\}/(?!health).*?(?=- name|\Z)", path.read_text(), re.DOTALL):
            asked += 1
            assert 'X-API-Key: "${api_key}"' in provider or 'api_key: "${api_key}"' in provider, path
    assert asked
