"""Look at safeguards until one trips: `python -m simulator.drill.safeguards FILE`, in a process of its own.

Probes are anybody's code: they may hang, and must not take the drill with them. FILE holds `Guards` as JSON. It says
one JSON line `{"safeguards": "clear"}` once each that is to be seen before the drill was seen to hold, and
`{"safeguards": "tripped", "why": ...}` as soon as one is outside its tolerance, or could not be looked at
`BLIND_LIMIT` times in a row; then it ends.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

from chaoslib.activity import run_activity
from chaoslib.configuration import load_configuration
from chaoslib.exceptions import ActivityFailed
from chaoslib.hypothesis import within_tolerance
from chaoslib.secret import load_secrets

BLIND_LIMIT = 3
LOOK_LIMIT_S = 5.0
"""Wall seconds after which a look has failed."""
RETRY_S = 0.5
_PREFIX = "chaoslib.exceptions.ActivityFailed: "
"""What Chaos Toolkit puts before a probe's own words."""
Look = Callable[[], Awaitable[str | None]]


class CannotLook(Exception):
    """A probe that gave no answer, and why."""


def main() -> None:
    """Read the file and look."""
    logging.getLogger("chaostoolkit").setLevel(logging.CRITICAL)
    asyncio.run(_watch_all(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))


async def _watch_all(origins: list[dict[str, Any]]) -> None:
    first, then = [], []
    count = sum(len(origin["safeguards"]) for origin in origins)
    pool = ThreadPoolExecutor(max_workers=max(1, count) * (BLIND_LIMIT + 1))  # those that hang keep their threads
    for origin in origins:
        sys.path.insert(0, origin["folder"])
        configuration = load_configuration({**_surroundings(), **origin["configuration"]})
        secrets = load_secrets(origin["secrets"], configuration)
        for safeguard in origin["safeguards"]:
            look = _looking(safeguard, configuration, secrets, pool)
            told = f"safeguard '{safeguard['name']}' ({origin['origin']})"
            if not safeguard["background"] or "frequency" in safeguard:
                first.append(_once(told, look))
            if safeguard["background"] or "frequency" in safeguard:
                then.append(_again(told, look, safeguard.get("frequency")))
    await asyncio.gather(*first)
    _say(safeguards="clear")
    await asyncio.gather(*then)
    await asyncio.Event().wait()


def _surroundings() -> dict[str, Any]:
    """What every safeguard may name: `${prometheus_url}` is PROMETHEUS_URL of the drill, and so on."""
    return {name.lower(): {"type": "env", "key": name} for name in os.environ if name.endswith("_URL")}


def _looking(safeguard: dict[str, Any], configuration: Any, secrets: Any, pool: ThreadPoolExecutor) -> Look:
    """A look gives what is wrong, or None within the tolerance. It raises `CannotLook`."""

    def see() -> str | None:
        try:
            value = run_activity(safeguard, configuration, secrets)
            tolerance = safeguard["tolerance"]
            if within_tolerance(tolerance, value, configuration=configuration, secrets=secrets):
                return None
        except ActivityFailed as error:
            raise CannotLook(str(error).removeprefix(_PREFIX)) from error
        except Exception as error:  # anybody's code
            raise CannotLook(repr(error)) from error
        return f"{_shown(value)} is outside the tolerance {_shown(tolerance)}"

    async def look() -> str | None:
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                return await asyncio.get_running_loop().run_in_executor(pool, see)
        except TimeoutError:
            raise CannotLook(f"no answer within {LOOK_LIMIT_S:g} s") from None

    return look


async def _once(told: str, look: Look) -> None:
    """Until it was seen to hold; else it trips."""
    for left in reversed(range(BLIND_LIMIT)):
        try:
            if why := await look():
                _trip(f"{told} tripped: {why}")
            return
        except CannotLook as error:
            if not left:
                _trip(f"{told} counts as tripped: it could not be looked at {BLIND_LIMIT} times: {error}")
        await asyncio.sleep(RETRY_S)


async def _again(told: str, look: Look, frequency_s: float | None) -> None:
    """All the time, or once in the background where there is no frequency."""
    while True:
        await _once(told, look)
        if frequency_s is None:
            return
        await asyncio.sleep(frequency_s)


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "status" in value:
        return f"status {value['status']}"
    return (value if isinstance(value, str) else json.dumps(value, default=str))[:120]


def _say(**words: str) -> None:
    print(json.dumps(words), flush=True)


def _trip(why: str) -> NoReturn:
    _say(safeguards="tripped", why=why)
    os._exit(0)  # a thread in which a probe hangs would keep us


if __name__ == "__main__":
    main()
