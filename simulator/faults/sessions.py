"""A client that takes every PostgreSQL connection it can get and keeps it idle: `python -m simulator.faults sessions`.

An ordinary program with an ordinary mistake, a batch that opens a
connection per report and never closes one. Settings by environment: DATABASE_URL, APPLICATION_NAME
(default `reporting-batch`), MOST (default 100 connections), PACE_S (default 0.02 s between two attempts).
"""

import os
import select
import signal
import sys
import time

import psycopg

Session = psycopg.Connection[tuple[object, ...]]


def hoard(database_url: str, application_name: str, most: int, pace_s: float) -> None:
    """Open connections for as long as the process lives; a refused one is tried again, a lost one replaced."""
    held: list[Session] = []
    refused = ""
    while True:
        held = _still_open(held)
        if len(held) < most:
            try:
                connection = psycopg.connect(database_url, application_name=application_name, connect_timeout=3)
                connection.autocommit = True
                connection.execute("SELECT 1")
                held.append(connection)
            except psycopg.OperationalError as error:
                if str(error) != refused:
                    refused = str(error)
                    print(f"holding {len(held)} connections; the next was refused: {refused}", flush=True)
        time.sleep(pace_s)


def _still_open(held: list[Session]) -> list[Session]:
    """An idle session's socket becomes readable only when the server has ended it."""
    ended, _, _ = select.select(held, [], [], 0)
    for connection in ended:
        connection.close()
    return [connection for connection in held if not connection.closed]


def main() -> None:
    """Read the settings and go; SIGTERM ends it, and the server takes its slots back."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    hoard(
        os.environ["DATABASE_URL"],
        os.environ.get("APPLICATION_NAME", "reporting-batch"),
        int(os.environ.get("MOST", "100")),
        float(os.environ.get("PACE_S", "0.02")),
    )
