"""The app on real parts, as its users, its probes and its operators meet it."""

import re
import signal
import threading
import time

import httpx
import pytest

pytestmark = pytest.mark.parts


def test_an_experiment_can_be_made_read_and_listed(app):
    made = app.client.post("/experiments", json={"name": "first", "parameters": {"seed": 7, "temperature": 0.2}})
    assert made.status_code == 201
    experiment = made.json()
    assert experiment["parameters"] == {"seed": 7, "temperature": 0.2}
    assert app.client.get(f"/experiments/{experiment['id']}").json() == {**experiment, "temperature": 0.2}
    assert experiment in app.client.get("/experiments").json()


def test_an_unknown_experiment_is_a_problem_document(app):
    answer = app.client.get("/experiments/999999")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "there is no experiment 999999"


def test_a_completion_comes_from_the_provider_that_is_set(app, start_app):
    answer = app.client.post("/completions", json={"prompt": "hello there"}).json()
    assert answer["provider"] == "openai"
    assert "hello there" in answer["text"]
    other = start_app(LLM_PROVIDER="anthropic")
    assert other.client.post("/completions", json={"prompt": "hello"}).json()["provider"] == "anthropic"


def test_health_names_its_components(app):
    for path in ("/health", "/health/ready"):
        answer = httpx.get(app.url + path)
        assert answer.status_code == 200
        seen = set(answer.json()["components"])
        assert seen == {"database", "auth", "cache", "object_store", "llm_provider", "circuit_breaker"}
    assert httpx.get(app.url + "/health/live").json() == {"status": "ok"}


def test_metrics_carry_the_names_that_dashboards_know(app):
    app.client.get("/experiments/1")
    text = httpx.get(app.url + "/metrics").text
    for name in (
        'http_requests_total{method="GET",path="/experiments/{id}",status="',
        'http_request_duration_seconds_bucket{le="2.0",method="GET",path="/experiments/{id}"}',
        'db_pool_connections{state="idle"}',
        "db_pool_waiters ",
        'db_errors_total{sqlstate="53300"}',
        'model_api_rate_limit_errors{provider="openai"}',
        'circuit_breaker_state{service="openai"} 0.0',
    ):
        assert f"\n{name}" in text, name


def test_probes_and_scrapes_are_no_requests_of_users(app):
    for path in ("/health", "/health/live", "/health/ready", "/metrics", "/experiments"):
        app.client.get(path)
    counted = set(re.findall(r'http_requests_total{.*path="([^"]*)"', httpx.get(app.url + "/metrics").text))
    assert "/experiments" in counted
    assert not any(path.startswith(("/health", "/metrics")) for path in counted)


def test_an_operator_opens_and_closes_the_circuit_breaker_as_the_runbook_types_it(app, metric):
    def post(action, key="admin"):
        # `curl -d` sends JSON under the content type of a form.
        return httpx.post(
            f"{app.url}/admin/circuit-breaker/{action}",
            content='{"service": "openai"}',
            headers={"X-Admin-Key": key, "Content-Type": "application/x-www-form-urlencoded"},
        )

    assert post("open", key="guess").status_code == 403
    assert post("open").json() == {"circuit_breakers": {"openai": "open"}}
    assert metric(app, 'circuit_breaker_state{service="openai"}') == 2
    refused = app.client.post("/completions", json={"prompt": "hello"})
    assert (refused.status_code, refused.json()["detail"]) == (503, "the circuit breaker of openai is open")
    assert post("close").status_code == 200
    assert app.client.post("/completions", json={"prompt": "hello"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DB_POOL_SIZE", "ten", "DB_POOL_SIZE must be a whole number, not 'ten'"),
        ("LLM_PROVIDER", "opnai", "LLM_PROVIDER must be one of openai, anthropic, not 'opnai'"),
    ],
)
def test_a_bad_setting_ends_the_process_with_one_clear_line(parts, name, value, line):
    part = parts.start("target_app", port=8080, DATABASE_URL="postgresql://a@127.0.0.1/b", **{name: value})
    assert part.process.wait(10) == 78
    assert part.said().count("\n") == 1
    assert part.said().strip().endswith(line)


def test_sigterm_lets_a_request_finish_and_ends_with_status_0(parts, start_app, eventually, metric):
    slow = parts.start(
        "target_app.provider",
        port=8090,
        PROVIDER_API_KEYS="research=sk-1",
        PROVIDER_ADMIN_TOKEN="console",
        PROVIDER_LATENCY="0.5",
    )
    app = start_app(OPENAI_BASE_URL=slow.url + "/v1")
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(app.client.post("/completions", json={"prompt": "last one"}))
    )
    asking.start()
    eventually(lambda: metric(app, "model_api_calls_in_flight") == 1)
    began = time.monotonic()
    assert app.stop(signal.SIGTERM) == 0
    assert time.monotonic() - began < 5
    asking.join()
    assert answers[0].status_code == 200


def test_release_1_5_0_breaks_on_experiments_that_set_no_temperature_and_says_which_release_it_is(start_app, metric):
    bad = start_app(APP_VERSION="1.5.0")
    warm, plain = (
        bad.client.post("/experiments", json={"name": "x", "parameters": parameters}).json()["id"]
        for parameters in ({"temperature": 1}, {})
    )
    assert bad.client.get(f"/experiments/{warm}").json()["temperature"] == 1
    assert bad.client.get(f"/experiments/{plain}").status_code == 500
    assert metric(bad, 'http_unhandled_errors_total{exception="KeyError"}') == 1
    assert metric(bad, 'app_info{version="1.5.0"}') == 1


def test_release_1_4_0_keeps_memory_with_every_call_to_a_provider(start_app, app, metric):
    bad = start_app(APP_VERSION="1.4.0")
    grown = []
    for part in (app, bad):
        part.client.post("/completions", json={"prompt": "warm up"})
        before = metric(part, "process_resident_memory_bytes")
        for _ in range(40):
            assert part.client.post("/completions", json={"prompt": "hello"}).status_code == 200
        grown.append(metric(part, "process_resident_memory_bytes") - before)
    assert grown[1] > 10e6 + 4 * max(grown[0], 0)
