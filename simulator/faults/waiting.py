"""Waiting: for an effect, polled until it holds, bounded; and for drill time to pass between the steps of a fault."""

import os
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


def drill_time(minutes: float) -> float:
    """Action: let drill minutes pass by the clock in GAMEDAY_CLOCK (default 1: real minutes). Returns wall seconds."""
    wall_s = 60 * minutes / float(os.environ.get("GAMEDAY_CLOCK", "1"))
    time.sleep(wall_s)
    return wall_s
