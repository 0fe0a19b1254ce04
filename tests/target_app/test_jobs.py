"""Jobs on real parts: accepted, verified, tried again, lost with their queue, and put into it again."""

import itertools
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import psycopg
import pytest
from credentials import ON_CALL_KEY
from waiting import until

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def start_verifier(parts) -> Callable:
    def start(**env):
        settings = {"LEAN_VERSION": "4.9.0", "ISABELLE_VERSION": "2024"}
        part = parts.start("target_app", "verifier", port=8070, **{**settings, **env})
        until(lambda: _is_healthy(part))
        return part

    return start


@pytest.fixture(scope="module")
def verifier(start_verifier):
    return start_verifier()


@pytest.fixture
def start_worker(parts, postgres, valkey, verifier) -> Callable:
    number = itertools.count()

    def start(**env):
        settings = {
            "DATABASE_URL": postgres.url(),
            "DB_POOL_SIZE": "1",
            "QUEUE_URL": valkey.url,
            "VERIFIER_URL": verifier.url,
            "LEAN_TOOLCHAIN": "4.9.0",
            "ISABELLE_TOOLCHAIN": "2024",
            "JOB_VISIBILITY_TIMEOUT": "1",
            "HOSTNAME": f"worker-{next(number)}",
            "WORKER_CONCURRENCY": "1",
        }
        part = parts.start("target_app", "worker", port=8085, **{**settings, **env})
        until(lambda: _is_healthy(part))
        return part

    return start


@pytest.fixture(scope="module")
def queueing(start_app, valkey) -> Iterator[httpx.Client]:
    app = start_app(QUEUE_URL=valkey.url, DB_POOL_SIZE="2")
    with httpx.Client(base_url=app.url, headers={"X-API-Key": ON_CALL_KEY}, timeout=10) as client:
        client.part = app
        yield client
    app.end()


@pytest.fixture
def api(queueing, postgres, valkey) -> httpx.Client:
    """The API with an empty queue."""
    with psycopg.connect(postgres.url()) as database:
        database.execute("DELETE FROM jobs")
    valkey.cli("flushall")
    return queueing


def _is_healthy(part):
    with suppress(httpx.TransportError):
        return httpx.get(part.url + "/health").status_code == 200
    return False


def _submit(api, statement="p and q -> p"):
    answer = api.post("/jobs", json={"statement": statement})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    return answer.json()["id"]


def _ended(api, eventually, job):
    def look():
        seen = api.get(f"/jobs/{job}").json()
        return seen if seen["status"] != "queued" else None

    return eventually(look)


def test_a_statement_is_proved_refuted_or_cannot_be_read(api, start_worker, eventually, metric):
    worker = start_worker()
    proved, refuted, invalid = (_submit(api, each) for each in ("p or not p", "p -> q", "p ->"))
    assert _ended(api, eventually, proved)["status"] == "proved"
    assert _ended(api, eventually, refuted)["result"]["counterexample"] == {"p": True, "q": False}
    assert "cannot be read" in _ended(api, eventually, invalid)["result"]["detail"]
    for outcome in ("proved", "refuted", "invalid"):
        eventually(lambda outcome=outcome: metric(worker, f'jobs_finished_total{{outcome="{outcome}"}}') == 1)
    eventually(lambda: metric(api.part, "job_queue_length") == 0)


def test_a_verifier_of_another_version_fails_jobs_until_the_backend_is_changed(
    api, start_worker, start_verifier, eventually
):
    upgraded = start_verifier(LEAN_VERSION="4.12.0")
    worker = start_worker(VERIFIER_URL=upgraded.url)
    seen = _ended(api, eventually, _submit(api))
    assert seen["status"] == "failed"
    assert seen["result"]["detail"] == "lean 4.9.0 is asked for, lean 4.12.0 is installed"
    worker.stop()
    start_worker(VERIFIER_URL=upgraded.url, VERIFIER_BACKEND="isabelle")
    assert _ended(api, eventually, _submit(api))["result"]["backend"] == "isabelle"


def test_a_job_waits_for_a_verifier_that_is_away_and_fails_after_a_few_attempts(
    api, start_worker, parts, eventually, metric
):
    nobody = f"http://{parts.address()}:8070"
    worker = start_worker(VERIFIER_URL=nobody, JOB_MAX_ATTEMPTS="2")
    seen = _ended(api, eventually, _submit(api))
    assert seen["status"] == "failed"
    assert seen["result"]["detail"].endswith(", 2 times")
    assert metric(worker, 'jobs_put_back_total{reason="verifier"}') == 1


def test_without_workers_the_backlog_is_seen_and_a_worker_drains_it(api, start_worker, eventually, metric):
    jobs = [_submit(api) for _ in range(5)]
    eventually(lambda: metric(api.part, "job_queue_length") == 5)
    eventually(lambda: metric(api.part, "job_queue_oldest_age_seconds") > 1)
    assert metric(api.part, "jobs_lost") == 0, "they are late, not lost"
    start_worker()
    assert {_ended(api, eventually, job)["status"] for job in jobs} == {"proved"}
    eventually(lambda: metric(api.part, "job_queue_oldest_age_seconds") == 0)


def test_what_a_killed_worker_had_in_its_hands_is_done_by_another(api, start_worker, parts, eventually, valkey):
    with socket.create_server((parts.address(), 8070)) as silent:
        doomed = start_worker(VERIFIER_URL=f"http://{silent.getsockname()[0]}:8070", VERIFIER_TIMEOUT="60")
        job = _submit(api)
        eventually(lambda: valkey.cli("xpending", "jobs", "workers").splitlines()[0] == "1")
        doomed.stop(signal.SIGKILL)
    start_worker()
    assert _ended(api, eventually, job)["status"] == "proved"
    eventually(lambda: valkey.cli("xlen", "jobs") == "0\n")


def test_a_rollout_of_workers_loses_no_job(api, start_worker, eventually):
    old = start_worker()
    jobs = [_submit(api) for _ in range(20)]
    start_worker()
    assert old.stop() == 0
    jobs += [_submit(api) for _ in range(5)]
    assert {_ended(api, eventually, job)["status"] for job in jobs} == {"proved"}


def test_a_queue_that_cannot_be_reached_accepts_nothing_and_leaves_nothing(api, valkey, postgres, eventually):
    valkey.part.stop()
    answer = api.post("/jobs", json={"statement": "p or not p"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    with psycopg.connect(postgres.url("oncall")) as oncall:
        assert oncall.execute(
            "SELECT count(*) FROM jobs WHERE statement = 'p or not p' AND status = 'queued'"
        ).fetchone() == (0,)
    valkey.restart()
    assert eventually(lambda: api.post("/jobs", json={"statement": "p"}).status_code == 202)


def test_a_restarted_queue_has_lost_its_jobs_and_an_operator_puts_them_back(
    api, start_worker, valkey, eventually, metric
):
    jobs = [_submit(api) for _ in range(4)]
    valkey.part.stop(signal.SIGKILL)
    valkey.restart()
    eventually(lambda: metric(api.part, "jobs_lost") == 4)
    start_worker()
    fresh = _submit(api)
    assert _ended(api, eventually, fresh)["status"] == "proved"
    assert {api.get(f"/jobs/{job}").json()["status"] for job in jobs} == {"queued"}, "nobody works on them"
    assert api.post("/admin/jobs/requeue", headers={"X-Admin-Key": "guess"}).status_code == 403
    assert api.post("/admin/jobs/requeue", headers={"X-Admin-Key": "admin"}).json() == {"requeued": 4}
    assert {_ended(api, eventually, job)["status"] for job in jobs} == {"proved"}
    assert api.post("/admin/jobs/requeue", headers={"X-Admin-Key": "admin"}).json() == {"requeued": 0}
    eventually(lambda: metric(api.part, "jobs_lost") == 0)


def test_an_unknown_job_is_a_problem_document(api):
    answer = api.get("/jobs/999999")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no job 999999")


def test_a_worker_that_asks_for_no_version_does_not_start(parts):
    part = parts.start("target_app", "worker", port=8085, DATABASE_URL="postgresql://a@127.0.0.1/b")
    assert part.process.wait(10) == 78
    assert part.said().strip().endswith("LEAN_TOOLCHAIN is not set")
