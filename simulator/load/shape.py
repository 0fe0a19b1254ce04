"""How many users there are at which time: a ramp, then a plateau, then the end."""

from collections.abc import Callable

from locust import LoadTestShape


def plan(elapsed_s: float, *, users: int, warm_up_s: float, seconds: float) -> tuple[int, float] | None:
    """Users wanted and users added per second, `elapsed_s` wall seconds after the start; None at the end.

    Locust itself ramps at the given rate, so the wanted number is the plateau from the beginning.
    """
    if elapsed_s >= seconds:
        return None
    return users, max(users / warm_up_s, 1.0) if warm_up_s > 0 else float(users)


class SteadyShape(LoadTestShape):  # type: ignore[misc]
    """`users` users after `warm_up_s` seconds, for `seconds` seconds in all; nobody while it `is_paused`."""

    abstract = False

    def __init__(
        self, *, users: int, warm_up_s: float, seconds: float, is_paused: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__()
        self._users = users
        self._warm_up_s = warm_up_s
        self._seconds = seconds
        self._is_paused = is_paused

    def tick(self) -> tuple[int, float] | None:
        if self._is_paused():
            return 0, float(self._users)
        return plan(self.get_run_time(), users=self._users, warm_up_s=self._warm_up_s, seconds=self._seconds)
