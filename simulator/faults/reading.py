"""Somebody who reads data with an API key that is not theirs: `python -m simulator.faults reading`.

It takes what the key opens, page after page, ends by itself and then stays idle. Settings by environment: TARGET_URL,
API_KEY, PER_S (default 5 reads a second), READS (default 20000).
"""

import os
import signal
import sys
import time
import urllib.request
from collections import Counter
from urllib.error import HTTPError

_TIMEOUT_S = 5
_TELL_EVERY = 25


def read_all(target_url: str, api_key: str, per_s: float, most: int) -> Counter[str]:
    """Read again and again, whatever is answered; returns how often which status was (`none` without an answer)."""
    answers: Counter[str] = Counter()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{target_url}/experiments?limit=100", headers={"X-API-Key": api_key})
    for number in range(1, most + 1):
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as answer:
                answer.read()
                answers[str(answer.status)] += 1
        except HTTPError as error:
            answers[str(error.code)] += 1
        except OSError:
            answers["none"] += 1
        if number == 1 or number % _TELL_EVERY == 0:
            print(f"{number} reads: {dict(answers)}", flush=True)
        time.sleep(1 / per_s)
    return answers


def main() -> None:
    """Read the settings, read the data, and wait for SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    answers = read_all(
        os.environ["TARGET_URL"],
        os.environ["API_KEY"],
        float(os.environ.get("PER_S", "5")),
        int(os.environ.get("READS", "20000")),
    )
    print(f"all is read: {dict(answers)}", flush=True)
    signal.pause()
