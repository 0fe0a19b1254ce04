"""A schema change made by hand: `python -m simulator.faults schema-change`.

An ordinary program with an ordinary mistake: it alters a table in a transaction, checks its work, and waits for
somebody to say yes before it commits. Until then nobody else can read the table. Settings by environment:
DATABASE_URL, APPLICATION_NAME (default `schema-change`), TABLE (default `experiments`).
"""

import os
import select
import signal
import sys
import time

import psycopg
from psycopg import sql

_AGAIN_S = 0.2


def change(database_url: str, application_name: str, table: str) -> None:
    """Alter the table and wait for a yes that does not come; begins anew when the server ends the session."""
    statement = sql.SQL("ALTER TABLE {} ADD COLUMN reviewed_by text").format(sql.Identifier(table))
    while True:
        try:
            with psycopg.connect(database_url, application_name=application_name, connect_timeout=3) as connection:
                connection.execute(statement)
                print(f"altered {table}; commit? [y/N] ", flush=True)
                select.select([connection], [], [])  # readable once the server has ended the session
        except psycopg.Error as error:
            print(f"begins anew: {error}", flush=True)
        time.sleep(_AGAIN_S)


def main() -> None:
    """Read the settings and go; SIGTERM ends it, and the server takes the change back."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    change(
        os.environ["DATABASE_URL"],
        os.environ.get("APPLICATION_NAME", "schema-change"),
        os.environ.get("TABLE", "experiments"),
    )
