"""The provider's console, and what the app makes of a provider that limits it, fails, is slow or rejects its key."""

import socket
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from target_app.provider.condition import Condition
from target_app.provider.keys import Keys
from target_app.provider.quota import Quota

pytestmark = pytest.mark.parts


def _ask(part, key="sk-1"):
    body = {"model": "small", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(part.url + "/v1/chat/completions", json=body, headers=headers)


def test_over_the_quota_the_answer_is_429_with_retry_after(provider, set_quota, metric):
    before = metric(provider, 'provider_requests_total{key="research",status="429"}')
    changed = set_quota(key="research", requests_per_minute=12, burst=1)
    assert changed.json() == {"quotas": {"research": {"requests_per_minute": 12.0, "burst": 1.0}}}
    assert metric(provider, 'provider_quota{key="research"}') == 12
    assert _ask(provider).status_code == 200
    answer = _ask(provider)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert metric(provider, 'provider_requests_total{key="research",status="429"}') == before + 1


def test_a_bucket_fills_again_up_to_its_burst():
    now = 0.0
    quota = Quota(60, 2, lambda: now)
    assert [quota.take(), quota.take(), quota.take()] == [0, 0, 1]
    now = 10.0
    assert [quota.take(), quota.take(), quota.take()] == [0, 0, 1]


def test_the_quota_is_changed_by_its_administrator_only(provider, set_quota):
    for headers in ({}, {"Authorization": "Bearer guess"}):
        assert httpx.put(provider.url + "/admin/quota", json={}, headers=headers).status_code == 401
    assert set_quota(requests_per_minute=-1).status_code == 400
    assert set_quota(requests_per_minute=1, key="nobody").status_code == 400


def test_the_whole_console_is_its_administrators_only(provider):
    for path in ("quota", "status", "keys"):
        assert httpx.get(f"{provider.url}/admin/{path}").status_code == 401
    assert httpx.post(provider.url + "/admin/keys", json={"name": "research"}).status_code == 401


def test_a_condition_fails_its_share_and_delays_the_rest():
    well = Condition(0.1)
    failing = well.changed({"error_share": 0.25})
    assert [failing.fails(lambda: 0.2), failing.fails(lambda: 0.25), well.fails(lambda: 0.0)] == [True, False, False]
    assert (well.delay_s(lambda: 0.0), well.delay_s(lambda: 0.5)) == pytest.approx((0.07, 0.1))
    for bad in ({"error_share": 2}, {"error_status": 404}, {"latency_s": -1}, {"mood": "bad"}):
        with pytest.raises(ValueError, match=r"must be|there is no"):
            well.changed(bad)


def test_a_revoked_key_opens_nothing_until_it_is_taken_back_and_a_new_one_does():
    keys = Keys({"sk-1": "research"})
    keys.switch("research", is_active=False)
    assert keys.account_of("sk-1") is None
    key, secret = keys.issue("research")
    assert (key.id, keys.account_of(secret)) == ("research-2", "research")
    keys.switch("research", is_active=True)
    assert keys.account_of("sk-1") == "research"
    with pytest.raises(KeyError):
        keys.issue("nobody")
    with pytest.raises(KeyError):
        keys.switch("research-3", is_active=False)


def test_an_unknown_key_is_401(provider):
    assert _ask(provider, key="sk-2").json()["error"]["code"] == "invalid_api_key"


def test_the_app_retries_counts_and_then_gives_up_with_503(app, set_quota, metric):
    set_quota(requests_per_minute=0, burst=0)
    before = metric(app, 'model_api_rate_limit_errors{provider="openai"}')
    answer = app.client.post("/completions", json={"prompt": "hello"}, timeout=10)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "Rate limit reached" in answer.json()["detail"]
    assert metric(app, 'model_api_rate_limit_errors{provider="openai"}') == before + 1
    assert metric(app, 'model_api_requests_total{provider="openai",status="429"}') >= 1
    assert httpx.get(app.url + "/health/ready").json()["components"]["llm_provider"]["status"] == "failing"


def test_the_app_waits_as_long_as_the_provider_asks_if_its_budget_allows(app, set_quota):
    set_quota(requests_per_minute=60, burst=1)
    first, second = (app.client.post("/completions", json={"prompt": "hello"}, timeout=10) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.elapsed.total_seconds() >= 0.9


def test_a_fallback_provider_takes_over_only_where_one_is_set(start_app, provider, parts, set_quota):
    set_quota(requests_per_minute=0, burst=0)
    other = parts.start("target_app.provider", port=8090, PROVIDER_API_KEYS="research=sk-1", PROVIDER_ADMIN_TOKEN="t")
    app = start_app(LLM_FALLBACK_PROVIDER="anthropic", ANTHROPIC_BASE_URL=other.url + "/v1", LLM_RETRY_BUDGET="0.1")
    assert app.client.post("/completions", json={"prompt": "hello"}).json()["provider"] == "anthropic"


@contextmanager
def _console(provider, path, back, **body):
    headers = {"Authorization": "Bearer console"}
    answer = httpx.put(f"{provider.url}/admin/{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    try:
        yield
    finally:
        httpx.put(f"{provider.url}/admin/{path}", json=back, headers=headers).raise_for_status()


def test_an_outage_is_a_502_with_the_providers_words_and_its_own_status_counted(app, provider, metric):
    with _console(provider, "status", {"error_share": 0}, error_share=1, error_status=503):
        answer = app.client.post("/completions", json={"prompt": "hello"}, timeout=10)
    assert answer.status_code == 502
    assert "answered 503: The server is currently unable" in answer.json()["detail"]
    assert metric(app, 'model_api_requests_total{provider="openai",status="503"}') >= 3, "it was tried again"


def test_a_slow_provider_runs_into_the_time_out(start_app, provider, metric):
    app = start_app(LLM_TIMEOUT="0.2", LLM_RETRY_BUDGET="0.1")
    with _console(provider, "status", {"latency_s": 0.01}, latency_s=2):
        answer = app.client.post("/completions", json={"prompt": "hello"}, timeout=10)
    assert (answer.status_code, answer.json()["detail"]) == (502, "openai did not answer within 0.2 s")
    assert metric(app, 'model_api_requests_total{provider="openai",status="timeout"}') == 1


def test_a_revoked_key_is_refused_until_the_new_one_is_used(app, start_app, provider, metric):
    headers = {"Authorization": "Bearer console"}
    with _console(provider, "keys/research", {"status": "active"}, status="inactive"):
        answer = app.client.post("/completions", json={"prompt": "hello"})
        assert (answer.status_code, answer.json()["detail"]) == (
            502,
            "openai answered 401: Incorrect API key provided.",
        )
        assert metric(app, 'model_api_requests_total{provider="openai",status="401"}') == 1
        issued = httpx.post(provider.url + "/admin/keys", content='{"name": "research"}', headers=headers).json()
        renewed = start_app(OPENAI_API_KEY=issued["secret"])
        assert renewed.client.post("/completions", json={"prompt": "hello"}).status_code == 200
        listed = httpx.get(provider.url + "/admin/keys", headers=headers)
        assert {key["id"]: key["status"] for key in listed.json()["keys"]} == {
            "research": "inactive",
            issued["id"]: "active",
        }
        assert issued["secret"] not in listed.text


def test_a_provider_that_cannot_be_connected_is_unreachable_and_not_slow(start_app, parts, metric):
    with ExitStack() as held:
        silent = held.enter_context(socket.create_server((parts.address(), 8090), backlog=0))
        host = silent.getsockname()[0]
        for _ in range(3):  # the queue of a listener that accepts nobody is full after a few
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((host, 8090))
        app = start_app(OPENAI_BASE_URL=f"http://{host}:8090/v1", LLM_CONNECT_TIMEOUT="0.2", LLM_RETRY_BUDGET="0.1")
        answer = app.client.post("/completions", json={"prompt": "hello"}, timeout=10)
    assert answer.json()["detail"] == "openai could not be reached: no connection within 0.2 s"
    assert metric(app, 'model_api_requests_total{provider="openai",status="unreachable"}') == 1
