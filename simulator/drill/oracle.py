"""What *mitigated* and *recovered* rest on, looked at from outside: each condition with what was seen.

The conditions are DESIGN's: no accepted alert fires, the rules are the ones that were loaded, and what the baseline
had (services, ready replicas, features, the data canary) is still there. Users' requests are judged by scoring from
the load windows themselves.
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

import httpx

from simulator.drill.asking import ask
from simulator.drill.canary import ReadCanary
from simulator.drill.impact import Window, error_share
from simulator.drill.kube import Kube
from simulator.drill.scoring_client import instant
from simulator.errors import NotPossible

Condition = dict[str, Any]
CHECK_LIMIT_S = 3.0
FEATURE_WINDOWS = 3
BLIND_LIMIT = 5
CANARY = "rows"


@dataclass(frozen=True)
class Baseline:
    """What was normal before the injection. `p95_ms` is wall milliseconds, `longest_for_s` drill seconds."""

    captured_at: str
    requests_per_s: float
    error_share: float
    p95_ms: float
    services: list[str]
    ready_replicas: dict[str, int]
    features: list[str]
    canary: dict[str, str]
    rules: str
    longest_for_s: float

    def as_json(self) -> dict[str, Any]:
        """As a timeline carries it."""
        return asdict(self)


class Oracle:
    """Looks at one target through its cluster and its monitor, and at its data where there is a `canary` of them."""

    def __init__(self, kube: Kube, prometheus_url: str, canary: ReadCanary | None) -> None:
        self._kube = kube
        self._read_canary = canary
        self._blind = 0
        self._http = httpx.AsyncClient(base_url=prometheus_url, timeout=CHECK_LIMIT_S, trust_env=False)

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def capture(self, windows: Sequence[Window], longest_for_s: float) -> Baseline:
        """The baseline over `windows`. Raises `NotPossible` if it is empty: a drill needs something to lose."""
        requests = sum(w["requests"] for w in windows)
        services, ready = await self._cluster()
        features = sorted(_served(windows))
        if not (requests and services and any(ready.values()) and features):
            raise NotPossible(
                f"the baseline is empty: {requests} requests, services {services}, ready replicas {ready}, "
                f"features served {features}; is the app up and reached by the load?"
            )
        return Baseline(
            captured_at=instant(datetime.now(UTC)),
            requests_per_s=round(requests / sum(w["seconds"] for w in windows), 3),
            error_share=round(sum(w["failures"] for w in windows) / requests, 6),
            p95_ms=round(median(w["p95_ms"] for w in windows if w["p95_ms"] is not None), 3),
            services=services,
            ready_replicas=ready,
            features=features,
            canary={CANARY: await self._canary()} if self._read_canary else {},
            rules=await self.rules_digest(),
            longest_for_s=longest_for_s,
        )

    async def check(self, baseline: Baseline, accepted: Sequence[str], windows: Sequence[Window]) -> list[Condition]:
        """All conditions, looked at now. One that cannot be looked at is not ok, and says why.

        Raises `NotPossible` when the monitor has not answered `BLIND_LIMIT` times in a row: a blind drill is no drill.
        """
        cluster, quiet, rules, canary = await asyncio.gather(
            self._cluster(),
            self.firing(accepted),
            self.rules_digest(),
            self._canary(),
            return_exceptions=True,
        )
        self._blind = self._blind + 1 if isinstance(quiet, NotPossible) else 0
        if isinstance(quiet, NotPossible) and self._blind >= BLIND_LIMIT:
            raise quiet
        served = _served(windows[-FEATURE_WINDOWS:])
        missing = [f for f in baseline.features if f not in served]
        seen = [
            _condition("alerts_quiet", quiet, lambda q: not q, lambda q: ", ".join(q) or "none fires"),
            _condition("rules_intact", rules, lambda r: r == baseline.rules, lambda r: r[:12]),
            _condition(
                "services",
                cluster,
                lambda c: set(baseline.services) <= set(c[0]),
                lambda c: ", ".join(c[0]) or "none",
            ),
            _condition(
                "ready_replicas",
                cluster,
                lambda c: all(c[1].get(n, 0) >= r for n, r in baseline.ready_replicas.items()),
                lambda c: ", ".join(f"{n} {r}" for n, r in sorted(c[1].items())),
            ),
            _condition("features", missing, lambda m: not m, lambda m: f"not served: {', '.join(m)}" if m else "all"),
        ]
        if self._read_canary:
            seen.append(_condition("data_canary", canary, lambda c: c == baseline.canary[CANARY], str))
        return seen

    async def firing(self, names: Sequence[str] | None = None) -> list[str]:
        """Names of firing alerts, of those in `names` (None: of all), sorted. Raises `NotPossible`."""
        answer = await self._monitor("/api/v1/alerts")
        return sorted(
            {
                alert["labels"]["alertname"]
                for alert in answer["data"]["alerts"]
                if alert["state"] == "firing" and (names is None or alert["labels"]["alertname"] in names)
            }
        )

    async def rules_digest(self) -> str:
        """SHA-256 over what the monitor has loaded: names, expressions, durations, labels."""
        answer = await self._monitor("/api/v1/rules")
        kept = [
            [rule["name"], rule["query"], rule.get("duration"), rule.get("labels")]
            for group in answer["data"]["groups"]
            for rule in group["rules"]
        ]
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()

    async def _monitor(self, path: str) -> Any:
        try:
            return (await ask(self._http, "GET", path)).raise_for_status().json()
        except httpx.HTTPError as error:
            raise NotPossible(f"the monitor at {self._http.base_url} does not answer: {error!r}") from error

    async def _cluster(self) -> tuple[list[str], dict[str, int]]:
        return await asyncio.gather(
            asyncio.to_thread(self._kube.services), asyncio.to_thread(self._kube.ready_replicas)
        )

    async def _canary(self) -> str:
        if self._read_canary is None:
            return ""
        async with asyncio.timeout(CHECK_LIMIT_S):
            return await self._read_canary()


def is_quiet(window: Window, users: int) -> bool:
    """Whether a window can belong to a baseline: whole, with all users, and hardly a request failed."""
    return (
        window["seconds"] > 0.9 and window["users"] >= users and window["requests"] > 0 and error_share(window) <= 0.01
    )


def _served(windows: Sequence[Window]) -> set[str]:
    return {
        task for window in windows for task, count in window["tasks"].items() if count["requests"] > count["failures"]
    }


def _condition(name: str, seen: Any, holds: Any, tell: Any) -> Condition:
    if isinstance(seen, BaseException):
        return {
            "name": name,
            "ok": False,
            "seen": f"could not be looked at: {type(seen).__name__}: {seen}"[:200],
        }
    return {"name": name, "ok": bool(holds(seen)), "seen": tell(seen)[:300]}
