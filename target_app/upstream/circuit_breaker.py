"""A circuit breaker per upstream service: closed, open, half-open; an operator can hold it open."""

from collections.abc import Callable
from enum import Enum


class State(Enum):
    """Values as `circuit_breaker_state` shows them."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class CircuitBreaker:
    """Opens after `failure_threshold` failures in a row and lets one trial call through `reset_timeout_s` later.

    With `enabled=False` it never opens by itself; `force_open` works all the same. `clock` counts seconds.
    """

    def __init__(
        self, *, enabled: bool, failure_threshold: int, reset_timeout_s: float, clock: Callable[[], float]
    ) -> None:
        self._enabled = enabled
        self._threshold = failure_threshold
        self._reset_timeout_s = reset_timeout_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._forced = False
        self._trial_at: float | None = None

    @property
    def state(self) -> State:
        if self._forced:
            return State.OPEN
        if self._opened_at is None:
            return State.CLOSED
        return State.HALF_OPEN if self._clock() - self._opened_at >= self._reset_timeout_s else State.OPEN

    def allows(self) -> bool:
        """Whether a call may be made now. In half-open state one call per `reset_timeout_s` is the trial."""
        match self.state:
            case State.CLOSED:
                return True
            case State.OPEN:
                return False
            case State.HALF_OPEN:
                now = self._clock()
                if self._trial_at is not None and now - self._trial_at < self._reset_timeout_s:
                    return False
                self._trial_at = now
                return True

    def succeeded(self) -> None:
        """A call was answered: the count begins anew and an open breaker closes."""
        self._failures = 0
        self._opened_at = self._trial_at = None

    def failed(self) -> None:
        """A call failed (an error or a time-out of the service; a refusal such as 429 is none)."""
        self._failures += 1
        if self._enabled and (self._opened_at is not None or self._failures >= self._threshold):
            self._opened_at = self._clock()
            self._trial_at = None

    def force_open(self) -> None:
        """Hold it open until `close`."""
        self._forced = True

    def close(self) -> None:
        """Close it, whoever opened it."""
        self._forced = False
        self.succeeded()
