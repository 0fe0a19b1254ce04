"""More requests than the API takes on: they wait, are turned away, and are counted."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from target_app.limits.middleware import client_of
from target_app.limits.rates import RateLimits


def test_a_client_has_its_burst_and_then_its_rate():
    now = [0.0]
    limits = RateLimits(rate_per_s=2, burst=3, clock=lambda: now[0])
    assert [limits.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limits.wait_s("b") == 0
    now[0] = 0.5
    assert [limits.wait_s("a"), limits.wait_s("a")] == [0, 0.5]


def test_without_a_rate_nobody_is_limited():
    limits = RateLimits(rate_per_s=0, burst=1, clock=lambda: 0.0)
    assert not any(limits.wait_s("a") for _ in range(1000))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([(b"x-api-key", b"k"), (b"authorization", b"Bearer t")], ("api_key", "k")),
        ([(b"authorization", b"Bearer t")], ("token", "Bearer t")),
        ([], ("address", "127.0.0.9")),
    ],
)
def test_a_client_is_known_by_the_best_that_it_shows(headers, expected):
    assert client_of({"type": "http", "headers": headers, "client": ("127.0.0.9", 1)}) == expected


@pytest.mark.parts
def test_requests_beyond_place_and_queue_are_turned_away_with_503(start_app, metric):
    app = start_app(MAX_CONCURRENT_REQUESTS="1", REQUEST_QUEUE_SIZE="1", REQUEST_QUEUE_TIMEOUT="5")

    def complete(number):
        return app.client.post("/completions", json={"prompt": f"hello {number}"})

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(complete, range(24)))
    turned_away = [answer for answer in answers if answer.status_code == 503]
    assert turned_away
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.headers["Retry-After"] for answer in turned_away} == {"1"}
    assert metric(app, 'http_requests_shed_total{reason="queue_full"}') == len(turned_away)
    assert metric(app, "http_requests_queued") == 0
    assert complete("again").status_code == 200


@pytest.mark.parts
def test_one_client_that_asks_too_often_is_answered_429_and_another_one_is_served(start_app, metric):
    app = start_app(RATE_LIMIT_PER_SECOND="0.1", RATE_LIMIT_BURST="2", API_KEY_OTHER="other")
    assert [app.client.get("/experiments").status_code for _ in range(3)] == [200, 200, 429]
    assert int(app.client.get("/experiments").headers["Retry-After"]) > 1
    assert httpx.get(app.url + "/experiments", headers={"X-API-Key": "other"}).status_code == 200
    assert httpx.get(app.url + "/health/ready").status_code == 200
    assert metric(app, 'http_requests_rate_limited_total{client="api_key"}') == 2
