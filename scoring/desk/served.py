"""What users are served just now, in figures and in words, from the load windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scoring.desk.sentences import milliseconds, percent
from scoring.playbook import Verification
from scoring.timeline import Window

_LATELY_S = 60.0
_FEWEST = 3


@dataclass(frozen=True)
class Served:
    """The latest windows put together. `p95_ms` is the middle one of theirs, in wall milliseconds."""

    requests: int
    failures: int
    seconds: float
    p95_ms: float | None

    @property
    def error_share(self) -> float:
        """Share of requests that failed; 0 without any."""
        return self.failures / self.requests if self.requests else 0.0

    @property
    def per_second(self) -> float:
        """Requests in a wall second."""
        return self.requests / self.seconds if self.seconds else 0.0


def served_lately(windows: Sequence[Window], clock: float) -> Served | None:
    """The windows of the last drill minute, three at least; `windows` are in order. None without any."""
    if not windows:
        return None
    since = windows[-1].at - timedelta(seconds=_LATELY_S / clock)
    some = [window for window in windows[-1000:] if window.at > since]
    some = some if len(some) >= _FEWEST else list(windows[-_FEWEST:])
    quantiles = sorted(window.p95_ms for window in some if window.p95_ms is not None)
    return Served(
        requests=sum(window.requests for window in some),
        failures=sum(window.failures for window in some),
        seconds=sum(window.seconds for window in some),
        p95_ms=quantiles[len(quantiles) // 2] if quantiles else None,
    )


def impact_in_words(served: Served | None, limits: Verification) -> str:
    """A sentence that an update can carry; empty where nothing is known."""
    if served is None:
        return ""
    if not served.requests:
        return "No requests arrive."
    said = []
    if served.error_share > limits.error_share_above.value:
        said.append(f"about {percent(served.error_share)} of requests fail")
    if served.p95_ms is not None and served.p95_ms > limits.p95_limit_ms():
        said.append(f"one request in twenty takes longer than {milliseconds(served.p95_ms)}")
    if not said:
        return "Users are served as usual."
    sentence = ", and ".join(said)
    return f"{sentence[:1].upper()}{sentence[1:]}."
