"""A script that gives experiments new labels: `python -m simulator.faults relabel`.

An ordinary program with an ordinary mistake: it was to mark one experiment as done, the condition was forgotten, and
the word is none that the app knows. A scheduler runs it again and again. Settings by environment: DATABASE_URL,
APPLICATION_NAME (default `relabel`) and EVERY_S (default 0.3 s between two runs).
"""

import os
import signal
import sys
import time

import psycopg

_STATEMENT = "UPDATE experiments SET status = 'done' WHERE status <> 'done'"


def relabel(database_url: str, application_name: str, every_s: float) -> None:
    """Run the statement for as long as the process lives."""
    while True:
        try:
            with psycopg.connect(
                database_url, application_name=application_name, connect_timeout=3, autocommit=True
            ) as connection:
                while True:
                    if changed := connection.execute(_STATEMENT).rowcount:
                        print(f"marked {changed} experiments as done", flush=True)
                    time.sleep(every_s)
        except psycopg.Error as error:
            print(f"tries again: {error}", flush=True)
        time.sleep(every_s)


def main() -> None:
    """Read the settings and go; SIGTERM ends it, and what it changed stays."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    relabel(
        os.environ["DATABASE_URL"],
        os.environ.get("APPLICATION_NAME", "relabel"),
        float(os.environ.get("EVERY_S", "0.3")),
    )
