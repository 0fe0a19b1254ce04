"""How the provider itself is: well, slow, or failing."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    """A share `error_share` of calls is answered with `error_status`, the rest after about `latency_s` seconds."""

    latency_s: float
    error_status: int = 503
    error_share: float = 0.0

    def changed(self, body: Mapping[str, Any]) -> "Condition":
        """With the fields that `body` names. Raises `ValueError` or `TypeError` for what cannot be."""
        unknown = set(body) - {"latency_s", "error_status", "error_share"}
        if unknown:
            raise ValueError(f"there is no {', '.join(sorted(unknown))}")
        latency_s = float(body.get("latency_s", self.latency_s))
        status = int(body.get("error_status", self.error_status))
        share = float(body.get("error_share", self.error_share))
        if not (0 <= latency_s < math.inf and 500 <= status <= 599 and 0 <= share <= 1):
            raise ValueError("latency_s must be 0 or more, error_status from 500 to 599, error_share from 0 to 1")
        return Condition(latency_s, status, share)

    def fails(self, draw: Callable[[], float]) -> bool:
        """Whether the next call fails; `draw` gives numbers from 0 up to 1."""
        return draw() < self.error_share

    def delay_s(self, draw: Callable[[], float]) -> float:
        """Seconds until the next answer, 0.7 to 1.3 times `latency_s`."""
        return self.latency_s * (0.7 + 0.6 * draw())
