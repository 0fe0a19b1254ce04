"""What users and operators see when PostgreSQL refuses, ends sessions, or is gone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import httpx
import psycopg
import pytest

from target_app.database.pool import sqlstate_of_refusal

pytestmark = pytest.mark.parts


@pytest.fixture
def hoarder(postgres):
    """Another client that takes every slot it can get, until it is told to stop."""
    enough = threading.Event()

    def hoard():
        with ExitStack() as held:
            while not enough.wait(0.02):
                with suppress(psycopg.OperationalError):
                    held.enter_context(psycopg.connect(postgres.url(), application_name="hoarder"))

    thread = threading.Thread(target=hoard)
    thread.start()
    yield enough
    enough.set()
    thread.join()


def test_taken_slots_are_a_503_with_postgresqls_own_words_and_a_counted_53300(
    app, postgres, hoarder, eventually, metric
):
    # The app's own connections end with their short life, and the hoarder is quicker to ask again.
    answer = eventually(lambda: _refusal(app))
    assert "remaining connection slots are reserved" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "1"
    assert metric(app, 'db_errors_total{sqlstate="53300"}') >= 1
    assert "SQLSTATE 53300: connection failed" in app.said()
    assert httpx.get(app.url + "/health").status_code == 503
    ready = httpx.get(app.url + "/health/ready")
    assert ready.status_code == 200
    assert ready.json()["components"]["database"]["status"] == "failing"
    hoarder.set()
    with psycopg.connect(postgres.url("oncall"), autocommit=True) as oncall:
        oncall.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hoarder'")
    eventually(lambda: app.client.get("/experiments").status_code == 200)


def _refusal(app):
    answer = app.client.get("/experiments")
    return answer if answer.status_code == 503 else None


def test_idle_connections_ended_by_an_operator_cost_no_request(app, postgres):
    assert app.client.get("/experiments").status_code == 200
    with psycopg.connect(postgres.url("oncall"), autocommit=True) as oncall:
        for _ in range(5):
            ended = oncall.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE state = 'idle' AND usename = 'research'"
            )
            ended.fetchall()
            assert app.client.get("/experiments").status_code == 200


def test_a_database_that_is_gone_and_comes_back_is_used_again(app, postgres, eventually, metric):
    made = app.client.post("/experiments", json={"name": "kept"}).json()
    assert postgres.part.stop() == 0
    answer = app.client.get("/experiments")
    assert answer.status_code == 503
    assert metric(app, 'db_errors_total{sqlstate="08001"}') >= 1
    assert httpx.get(app.url + "/health/live").status_code == 200
    postgres.restart()
    eventually(lambda: app.client.get("/experiments").status_code == 200)
    assert app.client.get(f"/experiments/{made['id']}").json()["name"] == "kept"


def test_an_app_starts_without_its_database(start_app):
    app = start_app(DATABASE_URL="postgresql://research@127.0.0.1:1/research")
    assert app.client.get("/experiments").status_code == 503


def test_release_1_1_0_loses_a_connection_with_each_single_row_and_then_has_none(start_app, metric, eventually):
    app = start_app(APP_VERSION="1.1.0", DB_POOL_SIZE="2")
    for _ in range(2):
        assert app.client.post("/experiments", json={"name": "one row"}).status_code == 201
    answer = app.client.get("/experiments")
    assert answer.status_code == 503
    assert "no connection of the pool became free" in answer.json()["detail"]
    assert metric(app, 'db_pool_connections{state="in_use"}') == metric(app, "db_pool_max_connections") == 2
    assert metric(app, "db_statements_in_progress") == 0
    assert metric(app, 'db_errors_total{sqlstate="53300"}') == 0
    assert app.stop() == 0


def test_a_statement_that_waits_for_a_lock_is_in_progress_and_grows_old(app, postgres, metric, eventually):
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(postgres.url(), application_name="schema-change") as locking,
    ):
        locking.execute("LOCK TABLE experiments")
        answer = pool.submit(app.client.get, "/experiments", timeout=10)
        eventually(lambda: metric(app, "db_oldest_statement_seconds") > 0.3)
        assert metric(app, "db_statements_in_progress") == 1
        locking.rollback()
        assert answer.result().status_code == 200
    assert metric(app, "db_statements_in_progress") == metric(app, "db_oldest_statement_seconds") == 0


@pytest.mark.parametrize(
    ("message", "sqlstate"),
    [
        ("FATAL:  sorry, too many clients already", "53300"),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", "53300"),
        ('FATAL:  too many connections for role "research"', "53300"),
        ("FATAL:  the database system is starting up", "57P03"),
        ('FATAL:  password authentication failed for user "research"', "28P01"),
        ('connection to server at "127.0.0.1", port 1 failed: Connection refused', "08001"),
    ],
)
def test_a_refusal_is_known_by_its_words(message, sqlstate):
    assert sqlstate_of_refusal(message) == sqlstate
