"""The provider's quota, and what the app makes of a provider that limits it."""

import httpx
import pytest

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


def test_an_unknown_key_is_401(provider):
    assert _ask(provider, key="sk-2").json()["error"]["code"] == "invalid_api_key"


def test_the_app_retries_counts_and_then_gives_up_with_503(app, set_quota, metric):
    set_quota(requests_per_minute=0, burst=0)
    before = metric(app, 'model_api_rate_limit_errors{provider="openai"}')
    answer = httpx.post(app.url + "/completions", json={"prompt": "hello"}, timeout=10)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "Rate limit reached" in answer.json()["detail"]
    assert metric(app, 'model_api_rate_limit_errors{provider="openai"}') == before + 1
    assert metric(app, 'model_api_requests_total{provider="openai",status="429"}') >= 1
    assert httpx.get(app.url + "/health/ready").json()["components"]["llm_provider"]["status"] == "failing"


def test_the_app_waits_as_long_as_the_provider_asks_if_its_budget_allows(app, set_quota):
    set_quota(requests_per_minute=60, burst=1)
    first, second = (httpx.post(app.url + "/completions", json={"prompt": "hello"}, timeout=10) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.elapsed.total_seconds() >= 0.9


def test_a_fallback_provider_takes_over_only_where_one_is_set(start_app, provider, parts, set_quota):
    set_quota(requests_per_minute=0, burst=0)
    other = parts.start("target_app.provider", port=8090, PROVIDER_API_KEYS="research=sk-1", PROVIDER_ADMIN_TOKEN="t")
    app = start_app(LLM_FALLBACK_PROVIDER="anthropic", ANTHROPIC_BASE_URL=other.url + "/v1", LLM_RETRY_BUDGET="0.1")
    assert httpx.post(app.url + "/completions", json={"prompt": "hello"}).json()["provider"] == "anthropic"
