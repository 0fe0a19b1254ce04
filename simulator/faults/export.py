"""A client that fills a cache with values that stay: `python -m simulator.faults export`.

An ordinary program with an ordinary mistake: an export that keeps its rows in the cache for whoever comes for them,
gives none a time to live, and cuts what does not fit into smaller pieces instead of asking why. Settings by
environment: CACHE_URL, CLIENT_NAME (default `feature-export`), PIECE_BYTES (default 16384), PACE_S (default 0.05 s
before the next attempt when the cache is full).
"""

import os
import signal
import sys
import time

from valkey import Valkey
from valkey.exceptions import ConnectionError as Unreachable
from valkey.exceptions import OutOfMemoryError

_SMALLEST_BYTES = 16


def export(cache: Valkey, prefix: str, piece_bytes: int, pace_s: float) -> None:
    """Write for as long as the process lives; a cache that is full or away is tried again."""
    number, size = 0, piece_bytes
    while True:
        try:
            cache.set(f"{prefix}:{number}:{size}", "x" * size)
            number += 1
        except OutOfMemoryError as error:
            size //= 4
            if size < _SMALLEST_BYTES:
                print(f"{number} rows are in the cache; the next was refused: {error}", flush=True)
                size = piece_bytes
                time.sleep(pace_s)
        except Unreachable:
            time.sleep(pace_s)


def main() -> None:
    """Read the settings and go; SIGTERM ends it, and what it wrote stays."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    name = os.environ.get("CLIENT_NAME", "feature-export")
    export(
        Valkey.from_url(os.environ["CACHE_URL"], client_name=name),
        name,
        int(os.environ.get("PIECE_BYTES", "16384")),
        float(os.environ.get("PACE_S", "0.05")),
    )
