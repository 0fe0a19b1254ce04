"""A locustfile of anybody's: its users as they are, but measured, bounded, and with one target.

What keeps a slow or greedy file from making a drill worthless: a request that has no time-out of its own fails after
`REQUEST_TIMEOUT_S`, and after each request a user rests until `LEAST_EVERY_S` have passed since the one before. Shapes
are left out: a drill's load is steady.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
from locust import HttpUser
from locust.contrib.fasthttp import FastHttpUser
from locust.util.load_locustfile import load_locustfile

from simulator.errors import BadInput
from simulator.load.paced import REQUEST_TIMEOUT_S, PacedUser
from simulator.load.traffic import LEAST_EVERY_S

Users = Sequence[type[Any]]


def users_of(path: Path) -> Users:
    """The user classes of a file. Raises `BadInput` if there are none, or it cannot be loaded."""
    try:
        classes, _ = load_locustfile(str(path))
    except Exception as error:
        raise BadInput(f"{path}: the locustfile cannot be loaded: {type(error).__name__}: {error}") from error
    if not classes:
        raise BadInput(f"{path}: there is no user class; write one that is no abstract HttpUser or FastHttpUser")
    return tuple(classes.values())


def measured(classes: Users, host: str, begun: Callable[[float], None]) -> Users:
    """The classes as they run: with `host`, and with a number in each request's context."""
    indices = count()
    return tuple(
        _paced(each, host, begun, indices) if issubclass(each, PacedUser) else _bounded(each, host, indices)
        for each in classes
    )


def _paced(user: type[PacedUser], host: str, begun: Callable[[float], None], indices: Iterator[int]) -> type[Any]:
    attributes = {"abstract": False, "host": host, "begun": staticmethod(begun), "indices": indices}
    return type(user.__name__, (user,), attributes)


def _bounded(user: type[Any], host: str, indices: Iterator[int]) -> type[Any]:
    def start(self: Any, environment: Any) -> None:
        user.__init__(self, environment)
        self.gameday_user = Rest(next(indices))
        if isinstance(self, HttpUser):
            _limit(self.client)

    attributes: dict[str, Any] = {
        "abstract": False,
        "host": host,
        "weight": user.weight,
        "fixed_count": user.fixed_count,
        "__init__": start,
        "context": lambda self: {**user.context(self), "user": self.gameday_user.index, "rest": self.gameday_user},
    }
    if issubclass(user, FastHttpUser):
        for name in ("network_timeout", "connection_timeout"):
            attributes[name] = min(getattr(user, name), REQUEST_TIMEOUT_S)
    return type(user.__name__, (user,), attributes)


class Rest:
    """When a user may go on."""

    def __init__(self, index: int) -> None:
        self.index = index
        self._last = 0.0

    def take(self) -> None:
        """After a request: wait until `LEAST_EVERY_S` have passed since the one before ended."""
        gevent.sleep(max(0.0, self._last + LEAST_EVERY_S - perf_counter()))
        self._last = perf_counter()


def _limit(session: Any) -> None:
    ask = session.request

    def request(*arguments: Any, **options: Any) -> Any:
        options.setdefault("timeout", REQUEST_TIMEOUT_S)
        return ask(*arguments, **options)

    session.request = request
