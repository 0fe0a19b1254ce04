"""Dashboards on a wall that show the statistics of the app: `python -m simulator.faults dashboards`.

Each asks for statistics of its own again and again; a new one is hung up every second. They are no fault: with a cache
they cost next to nothing. Settings by environment: TARGET_HOST, TARGET_PORT, API_KEY, AT_FIRST (default 80 dashboards,
hung up at five a second), AT_LAST (default 120), GROW_S (default 1 s between two new ones), EVERY_S (default 4 s
between two looks of one dashboard).
"""

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

_LOWEST_CONFIDENCE, _CONFIDENCES = 50, 50
_RESAMPLES = 60
_PATIENCE_S = 10.0
_APART_S = 0.2


class Wall:
    """The dashboards, a thread each, and what they were answered."""

    def __init__(self, host: str, port: int, api_key: str, every_s: float) -> None:
        self.seen: Counter[str] = Counter()
        self._where = host, port
        self._headers = {"X-API-Key": api_key}
        self._every_s = every_s

    def hang_up(self, number: int) -> None:
        """One more."""
        threading.Thread(target=self._show, args=[number], daemon=True).start()

    def _show(self, number: int) -> None:
        resamples, confidence = divmod(number, _CONFIDENCES)
        path = f"/statistics?confidence={_LOWEST_CONFIDENCE + confidence}&resamples={_RESAMPLES + resamples}"
        while True:
            connection = HTTPConnection(*self._where, timeout=_PATIENCE_S)
            try:
                connection.request("GET", path, headers=self._headers)
                answer = connection.getresponse()
                answer.read()
                self.seen[str(answer.status)] += 1
            except (OSError, HTTPException) as error:
                self.seen[type(error).__name__] += 1
            finally:
                connection.close()
            time.sleep(self._every_s)


def show(env: Mapping[str, str]) -> None:
    """Hang up dashboards for as long as the process lives, and tell now and then how they do."""
    at_first, at_last = int(env.get("AT_FIRST", "80")), int(env.get("AT_LAST", "120"))
    every_s, grow_s = float(env.get("EVERY_S", "4")), float(env.get("GROW_S", "1"))
    wall = Wall(env["TARGET_HOST"], int(env["TARGET_PORT"]), env["API_KEY"], every_s)
    for number in range(at_first):
        wall.hang_up(number)
        time.sleep(_APART_S)
    hung = at_first
    while True:
        time.sleep(grow_s)
        if hung < at_last:
            wall.hang_up(hung)
            hung += 1
        print(f"{hung} dashboards, answers: {dict(wall.seen)}", flush=True)


def main() -> None:
    """Read the settings and go; SIGTERM ends it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    show(os.environ)
