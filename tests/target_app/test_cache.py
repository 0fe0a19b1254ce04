"""Statistics through a real cache: kept, lost, waited for, and done without."""

import signal
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from valkey import Valkey
from valkey.exceptions import OutOfMemoryError

pytestmark = pytest.mark.parts

HITS, MISSES = 'cache_reads_total{result="hit"}', 'cache_reads_total{result="miss"}'
UNAVAILABLE = 'cache_reads_total{result="unavailable"}'
REFUSED = 'cache_errors_total{kind="out_of_memory"}'


@pytest.fixture(scope="module")
def api(start_app, valkey):
    part = start_app(CACHE_URL=valkey.url, CACHE_RETRY_FOR="0.4")
    yield part
    part.end()


@pytest.fixture
def cached(api, valkey):
    """The API with an empty cache."""
    valkey.cli("flushall")
    return api


def _statistics(part, **query):
    return part.client.get("/statistics", params=query, timeout=10)


@contextmanager
def _being_filled(url):
    """A client that keeps the cache full down to the last byte, as small values fit where great ones do not."""
    stop = threading.Event()

    def fill():
        client, n, size = Valkey.from_url(url), 0, 60_000
        while not stop.is_set():
            n += 1
            try:
                client.set(f"export:{n}", "x" * size)
            except OutOfMemoryError:
                size = size // 4 or 1000

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _cache_seen(part):
    return httpx.get(part.url + "/health/ready").json()["components"]["cache"]


def test_statistics_are_worked_out_once_and_then_come_from_the_cache(cached, valkey, counting):
    misses, hits = counting(cached, MISSES), counting(cached, HITS)
    first = _statistics(cached).json()
    assert [entry["model"] for entry in first] == ["large", "medium", "small"]
    assert all(entry["low"] < entry["mean"] < entry["high"] for entry in first)
    assert _statistics(cached).json() == first  # a bootstrap worked out anew would differ
    assert (misses(), hits()) == (1, 1)
    assert valkey.cli("get", "statistics:95:40").strip() == _statistics(cached).text
    assert 0 < int(valkey.cli("pttl", "statistics:95:40")) <= 300_000


def test_each_confidence_has_its_own_statistics(cached):
    wide, narrow = (_statistics(cached, confidence=c).json()[0] for c in (99, 50))
    assert wide["high"] - wide["low"] > narrow["high"] - narrow["low"]
    assert _statistics(cached, confidence=100).status_code == 422


def test_a_cache_that_is_away_is_waited_for_and_then_old_statistics_do(cached, valkey, counting):
    known = _statistics(cached).json()
    unavailable = counting(cached, UNAVAILABLE)
    unreachable = counting(cached, 'cache_errors_total{kind="unreachable"}')
    valkey.part.stop(signal.SIGKILL)
    began = time.monotonic()
    assert _statistics(cached).json() == known
    assert 0.4 <= time.monotonic() - began < 1.5
    assert unavailable() == 1
    assert unreachable() > 1
    assert _cache_seen(cached)["status"] == "failing"
    assert cached.client.get("/experiments").status_code == 200
    valkey.restart()
    assert _statistics(cached).status_code == 200
    assert _cache_seen(cached) == {"status": "ok"}


def test_a_cache_that_answers_too_late_is_one_that_is_away(cached, valkey, counting):
    _statistics(cached)
    timeouts = counting(cached, 'cache_errors_total{kind="timeout"}')
    valkey.part.process.send_signal(signal.SIGSTOP)
    try:
        assert _statistics(cached).status_code == 200
    finally:
        valkey.part.process.send_signal(signal.SIGCONT)
    assert timeouts() >= 1


def test_a_cache_full_of_keys_that_stay_takes_nothing_and_all_is_worked_out_anew(cached, valkey, counting, eventually):
    _statistics(cached)
    refused = counting(cached, REFUSED)
    with _being_filled(valkey.url):
        # What has a time to live goes first; then nothing is taken, which is waited for.
        eventually(lambda: _statistics(cached).status_code == 200 and refused() >= 3)
        began, misses = time.monotonic(), counting(cached, MISSES)
        assert _statistics(cached).status_code == 200
        assert time.monotonic() - began >= 0.4
        assert misses() == 1
        assert "used memory" in _cache_seen(cached)["detail"]
    valkey.cli("unlink", "export:1", "export:2")
    _statistics(cached)
    hits = counting(cached, HITS)
    _statistics(cached)
    assert hits() == 1
    assert _cache_seen(cached) == {"status": "ok"}


def test_without_a_cache_statistics_are_worked_out_for_everybody(app):
    one, other = _statistics(app).json(), _statistics(app).json()
    assert one != other
    assert [entry["model"] for entry in one] == [entry["model"] for entry in other]
