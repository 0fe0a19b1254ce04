"""A backup that keeps its dumps on the data volume: `python -m simulator.faults dumps`.

An ordinary program with an ordinary mistake: each run writes a dump beside the data of the server and none removes an
old one, until the volume is full. Settings by environment: DATABASE_URL, FOLDER (where the volume is mounted),
APPLICATION_NAME (default `nightly-dump`), DUMP_BYTES (default 32 MiB, reserved for a dump before it is written) and
MOST_BYTES (default 512 MiB, at which it stops in any case, should the volume have no limit).
"""

import errno
import os
import signal
import sys
import time
from itertools import count
from pathlib import Path

import psycopg

_PACE_S = 0.05
_LEAST_BYTES = 4096
_NEWEST = "COPY (SELECT * FROM experiments ORDER BY id DESC LIMIT 1000) TO STDOUT"


def dump(database_url: str, application_name: str, folder: Path, dump_bytes: int, most_bytes: int) -> None:
    """One dump after the other for as long as the process lives; where a whole one has no room, a smaller one has."""
    folder.mkdir(parents=True, exist_ok=True)
    written, room = 0, dump_bytes
    for number in count():
        path = folder / f"research-{number:04}.sql"
        if written + room <= most_bytes and _reserve(path, room):
            written += room
            _copy(database_url, application_name, path)
        elif room > _LEAST_BYTES:
            print(f"{written} bytes of dumps, and no room for {room} more", flush=True)
            room = max(_LEAST_BYTES, room // 2)
        time.sleep(_PACE_S)


def _reserve(path: Path, room: int) -> bool:
    """Whether a file of that size could be made; one that could not leaves nothing behind."""
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, room)
        except OSError as error:
            path.unlink()
            if error.errno != errno.ENOSPC:
                raise
            return False
    return True


def _copy(database_url: str, application_name: str, path: Path) -> None:
    """The newest experiments as PostgreSQL writes them, into the room that is reserved."""
    limit = path.stat().st_size
    try:
        with (
            psycopg.connect(database_url, application_name=application_name, connect_timeout=3) as connection,
            connection.cursor().copy(_NEWEST) as rows,
        ):
            content = b"".join(bytes(row) for row in rows)
    except psycopg.Error as error:
        print(f"{path.name} is empty: {error}", flush=True)
        return
    with path.open("r+b") as file:
        file.write(content[:limit])


def main() -> None:
    """Read the settings and go; SIGTERM ends it, and the dumps stay."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    dump(
        os.environ["DATABASE_URL"],
        os.environ.get("APPLICATION_NAME", "nightly-dump"),
        Path(os.environ.get("GAMEDAY_POD_ROOT", "/")) / os.environ["FOLDER"].lstrip("/"),
        int(os.environ.get("DUMP_BYTES", str(32 << 20))),
        int(os.environ.get("MOST_BYTES", str(512 << 20))),
    )
