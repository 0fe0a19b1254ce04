"""What PostgreSQL itself says while a fault acts on it, and what the app shows of its pool."""

import httpx
import psycopg

from simulator.faults.waiting import until

_SLOTS = """
SELECT count(*) FILTER (WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int
       - current_setting('superuser_reserved_connections')::int
       - current_setting('reserved_connections')::int
FROM pg_stat_activity
"""


def slots_exhausted(database_url: str, timeout: float = 20) -> str:
    """Probe: no connection slot is left that an ordinary role could take. Returns how many are taken, of how many.

    Whoever holds a session counts, those in reserved slots too: PostgreSQL refuses ordinary roles as soon as no more
    than the reserved slots are free.
    """

    def look() -> dict[str, int]:
        with psycopg.connect(database_url, connect_timeout=3) as connection:
            row = connection.execute(_SLOTS).fetchone()
        assert row is not None
        return {"taken": int(row[0]), "of": int(row[1])}

    seen = until(look, lambda seen: seen["taken"] >= seen["of"], "connection slots exhausted", timeout)
    return f"{seen['taken']} sessions, ordinary roles may have {seen['of']}"


def sessions_of(database_url: str, application_name: str) -> int:
    """Probe: how many sessions an application holds."""
    with psycopg.connect(database_url, connect_timeout=3) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [application_name]
        ).fetchone()
    return int(row[0]) if row else 0


def pool_exhausted(target_url: str, timeout: float = 20) -> dict[str, float]:
    """Probe: the replica that answers holds as many connections as its pool may have, and runs nothing on them."""

    def look() -> dict[str, float]:
        try:
            text = httpx.get(f"{target_url}/metrics", timeout=5, trust_env=False).raise_for_status().text
        except httpx.HTTPError:  # while the release is rolled out nobody may answer
            return {}
        shown = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("db_"))
        return {
            "in use": float(shown['db_pool_connections{state="in_use"}']),
            "of": float(shown["db_pool_max_connections"]),
            "statements": float(shown["db_statements_in_progress"]),
        }

    def leaked(seen: dict[str, float]) -> bool:
        return bool(seen) and seen["in use"] >= seen["of"] and not seen["statements"]

    return until(look, leaked, "a pool without a connection to give", timeout)


def statements_blocked(database_url: str, at_least: int = 1, timeout: float = 20) -> dict[str, int]:
    """Probe: so many sessions wait for a lock that another session holds."""

    def look() -> dict[str, int]:
        with psycopg.connect(database_url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
            ).fetchone()
        assert row is not None
        return {"blocked": int(row[0])}

    return until(look, lambda seen: seen["blocked"] >= at_least, "statements that wait for a lock", timeout)


def unreachable(database_url: str, timeout: float = 20) -> str:
    """Probe: no connection can be made. Returns what the attempt met."""

    def look() -> str:
        try:
            psycopg.connect(database_url, connect_timeout=3).close()
        except psycopg.OperationalError as error:
            return " ".join(str(error).split())
        return ""

    return until(look, bool, "a database that takes no connection", timeout)


def errors_rise(target_url: str, sqlstate: str, by: int = 1, timeout: float = 20) -> dict[str, float]:
    """Probe: the replicas that answer have counted `by` errors of a SQLSTATE more than the one that answered first."""

    def count() -> float:
        try:
            text = httpx.get(f"{target_url}/metrics", timeout=5, trust_env=False).raise_for_status().text
        except httpx.HTTPError:
            return 0.0
        sample = f'db_errors_total{{sqlstate="{sqlstate}"}} '
        return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(sample)), 0.0)

    before = count()
    after = until(count, lambda seen: seen >= before + by, f"errors of SQLSTATE {sqlstate}", timeout)
    return {"before": before, "after": after}


def rows_damaged(target_url: str, api_key: str, timeout: float = 20) -> str:
    """Probe: the app answers 5xx to a read of its newest rows, with a problem that names damaged data."""

    def look() -> str:
        try:
            answer = httpx.get(f"{target_url}/experiments", headers={"X-API-Key": api_key}, timeout=5, trust_env=False)
        except httpx.HTTPError as error:
            return repr(error)
        return f"{answer.status_code} {answer.text[:200]}"

    return until(look, lambda seen: seen.startswith("500") and "Data damaged" in seen, "damaged rows", timeout)


def rows_with_status(database_url: str, status: str) -> int:
    """Probe: how many experiments have that status."""
    with psycopg.connect(database_url, connect_timeout=3) as connection:
        row = connection.execute("SELECT count(*) FROM experiments WHERE status = %s", [status]).fetchone()
    return int(row[0]) if row else 0


def sessions_end(database_url: str, application_name: str, timeout: float = 20) -> int:
    """Probe: an application holds no session any more."""
    return until(
        lambda: sessions_of(database_url, application_name),
        lambda sessions: sessions == 0,
        f"the end of the sessions of {application_name}",
        timeout,
    )
