"""Waiting for an effect: poll a condition until it holds, bounded."""

import time
from collections.abc import Callable
from typing import TypeVar

from chaoslib.exceptions import ActivityFailed

T = TypeVar("T")
PACE_S = 0.1


def until(look: Callable[[], T], holds: Callable[[T], bool], what: str, timeout_s: float) -> T:
    """What `look` saw when it first held. Raises `ActivityFailed` with what was seen last after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while True:
        seen = look()
        if holds(seen):
            return seen
        if time.monotonic() >= deadline:
            raise ActivityFailed(f"{what}: not within {timeout_s:g} s; last seen: {seen}")
        time.sleep(PACE_S)
