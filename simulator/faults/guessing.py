"""Somebody who guesses passwords at sign-in: `python -m simulator.faults guessing`.

Names are known, passwords come from a list; a new connection for each guess. It ends by itself with its list and then
stays idle. Settings by environment: AUTH_URL, NAMES (`ada,grace`), PER_S (default 200 guesses a second at most),
AT_ONCE (default 200 that wait for an answer), GUESSES (default 200000).
"""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count, cycle, islice
from urllib.parse import urlsplit

_WORDS = ("password", "letmein", "qwerty", "dragon", "monkey", "research", "welcome", "summer")
_TIMEOUT_S = 10.0
_TELL_EVERY = 500


def guesses(names: list[str], most: int) -> Iterator[tuple[str, str]]:
    """Name and password, at most so many: each word of the list with a number, for each name in turn."""
    words = (f"{word}{number}" for number in count() for word in _WORDS)
    return islice(zip(cycle(names), words, strict=False), most)


async def guess_all(auth_url: str, pairs: Iterator[tuple[str, str]], per_s: float, at_once: int) -> Counter[str]:
    """Try them all; returns how often which status was answered (`none` where there was no answer)."""
    answers: Counter[str] = Counter()
    free = asyncio.Semaphore(at_once)

    async def attempt(name: str, password: str) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answers[await _sign_in(auth_url, name, password)] += 1
        except (OSError, ValueError):
            answers["none"] += 1
        finally:
            free.release()
        if answers.total() % _TELL_EVERY == 0:
            print(f"{answers.total()} guesses: {dict(answers)}", flush=True)

    async with asyncio.TaskGroup() as group:
        for name, password in pairs:
            await free.acquire()
            group.create_task(attempt(name, password))
            await asyncio.sleep(1 / per_s)
    return answers


async def _sign_in(auth_url: str, name: str, password: str) -> str:
    """The status of one attempt. Raises OSError (TimeoutError is one) without an answer."""
    parts = urlsplit(auth_url)
    body = json.dumps({"user": name, "password": password}).encode()
    head = f"POST /sign-in HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(head.encode() + body)
        status = await reader.readline()
    finally:
        writer.close()
    return status.split(b" ")[1].decode() if status.count(b" ") else "none"


def main() -> None:
    """Read the settings, guess, and wait for SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    pairs = guesses(os.environ["NAMES"].split(","), int(os.environ.get("GUESSES", "200000")))
    answers = asyncio.run(
        guess_all(
            os.environ["AUTH_URL"],
            pairs,
            float(os.environ.get("PER_S", "200")),
            int(os.environ.get("AT_ONCE", "200")),
        )
    )
    print(f"the list is over: {dict(answers)}", flush=True)
    signal.pause()
