"""What PostgreSQL itself says while its connection slots are held."""

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
