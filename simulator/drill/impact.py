"""When users began to suffer, and when they stopped: from load windows alone.

Impact starts when two of three consecutive windows are outside the playbook's thresholds, at the first of them,
and ends at the first of three consecutive windows inside.
"""

from dataclasses import dataclass, field
from typing import Any

Window = dict[str, Any]


@dataclass(frozen=True)
class Thresholds:
    """What users may see at worst: `error_share` is 0-1 of requests, `p95_ms` wall milliseconds."""

    error_share: float
    p95_ms: float

    def broken_by(self, window: Window) -> str | None:
        """Why `window` is outside, or None. A window without requests is outside: nobody was served."""
        if not window["requests"]:
            return "no request was answered"
        share = error_share(window)
        if share > self.error_share:
            return f"{share:.0%} of requests failed"
        if window["p95_ms"] is not None and window["p95_ms"] > self.p95_ms:
            return f"p95 was {window['p95_ms']:.0f} ms"
        return None


@dataclass(frozen=True)
class Crossing:
    """Users crossed the thresholds: `kind` is `impact.started` or `impact.ended`, `window` the first on that side."""

    kind: str
    window: Window
    reason: str


@dataclass
class ImpactWatch:
    """Takes windows in order and reports each crossing once."""

    thresholds: Thresholds
    is_impacted: bool = False
    _recent: list[tuple[Window, str | None]] = field(default_factory=list)

    def see(self, window: Window) -> Crossing | None:
        """The crossing that this window completes, if any."""
        self._recent = [*self._recent, (window, self.thresholds.broken_by(window))][-3:]
        outside = [(w, why) for w, why in self._recent if why]
        if not self.is_impacted and len(outside) >= 2:
            self.is_impacted = True
            first, why = outside[0]
            return Crossing("impact.started", first, why or "")
        if self.is_impacted and len(self._recent) == 3 and not outside:
            self.is_impacted = False
            return Crossing("impact.ended", self._recent[0][0], "requests are inside the thresholds")
        return None


def error_share(window: Window) -> float:
    """Failed requests as a share (0-1) of all in the window; 0 for an empty one."""
    return window["failures"] / window["requests"] if window["requests"] else 0.0
