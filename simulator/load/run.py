"""One run of the load: users, windows and signal put together, from the first request to the last line."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment

from simulator.load.lifetime import Owner
from simulator.load.locustfile import Rest, Users, measured
from simulator.load.shape import SteadyShape
from simulator.load.signal import Signal
from simulator.load.windows import WINDOW_S, Window, Windows

Emit = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """`host` as `http://address:port`; times in wall seconds; port 0 is any free one.

    `classes` are what the `users` are, as Locust knows them.
    """

    host: str
    classes: Users
    users: int
    warm_up_s: float
    seconds: float
    signal_port: int


class SteadyClock:
    """Seconds since the epoch that never go back: the wall clock at the start plus monotonic time."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._offset + time.monotonic()


def run(settings: Settings, *, owner: Owner, stop: Event, pause: Event, emit: Emit) -> None:
    """Offer load until `stop` is set, the time is over or the owner is gone; `emit` gets each line.

    While `pause` is set nobody uses the target, and windows go on.

    Raises OSError if the signal's port is taken, BrokenPipeError from `emit` if nobody reads any more.
    """
    clock = SteadyClock()
    signal = Signal()
    server = signal.serve(settings.signal_port)
    emit(json.dumps({"signal": f"http://127.0.0.1:{server.server_port}/metrics"}))
    offered = [name for each in settings.classes for name in getattr(each, "offered", ())]
    windows = Windows(dict.fromkeys(offered), started_at=clock())
    environment = _environment(settings, windows, clock, pause)
    environment.events.test_stop.add_listener(lambda **_: stop.set())
    runner = environment.create_local_runner()

    def show(closed: list[Window]) -> None:
        for window in closed:
            signal.show(window)
            emit(json.dumps(window.as_json(), separators=(",", ":")))

    users = 0
    runner.start_shape()
    try:
        while not stop.is_set() and not owner.is_gone():
            _wait_for_second(clock, stop)
            users = runner.user_count or users
            show(windows.close(clock(), users=users))
        runner.quit()
        show(windows.close(clock(), users=users, final=True))
    finally:
        runner.quit()
        server.stop(timeout=0)


def _environment(settings: Settings, windows: Windows, clock: SteadyClock, pause: Event) -> Any:
    def begun(late_s: float) -> None:
        windows.begun(clock(), late_s=late_s)

    environment = Environment(
        user_classes=list(measured(settings.classes, settings.host, begun)),
        shape_class=SteadyShape(
            users=settings.users,
            warm_up_s=settings.warm_up_s,
            seconds=settings.seconds,
            is_paused=pause.is_set,
        ),
        host=settings.host,
    )

    def ended(
        *, name: str, response_time: float, context: dict[str, Any], exception: BaseException | None = None, **_: Any
    ) -> None:
        rest: Rest | None = context.get("rest")
        if rest is not None:  # a user with a schedule of its own tells when it begins
            windows.begun(clock() - response_time / 1000, late_s=0.0)
        windows.ended(clock(), name, user=context["user"], ok=exception is None, latency_ms=response_time)
        if rest is not None:
            rest.take()

    environment.events.request.add_listener(ended)
    return environment


def _wait_for_second(clock: SteadyClock, stop: Event) -> None:
    now = clock()
    boundary = math.floor(now) + WINDOW_S
    stop.wait(timeout=boundary - now)
    # The hub's timers are a little coarse; a window is never closed before its end.
    while not stop.is_set() and clock() < boundary:
        gevent.sleep(0.0005)
