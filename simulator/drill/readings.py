"""What a responder reads off the monitor: users' error share and latency, as any on-call engineer would query them."""

import math
from dataclasses import dataclass

import httpx

from simulator.drill.asking import ask
from simulator.errors import NotPossible


@dataclass(frozen=True)
class Readings:
    """Users' side of the last seconds: `error_share` 0-1, `p95_ms` wall milliseconds; None where nothing is known."""

    requests_per_s: float | None
    error_share: float | None
    p95_ms: float | None


class Dashboard:
    """Queries a Prometheus for the load generator's own measurements, over the last `window_s` wall seconds."""

    def __init__(self, prometheus_url: str, window_s: float) -> None:
        self._window = f"{max(2000, round(window_s * 1000))}ms"
        self._http = httpx.AsyncClient(base_url=prometheus_url, timeout=5.0, trust_env=False)

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def read(self) -> Readings:
        """The latest readings. Raises `NotPossible` if the monitor does not answer."""
        return Readings(
            requests_per_s=await self._value(f"sum(rate(locust_requests_total[{self._window}]))"),
            error_share=await self._value(
                f'sum(rate(locust_requests_total{{outcome="failed"}}[{self._window}])) '
                f"/ sum(rate(locust_requests_total[{self._window}]))"
            ),
            p95_ms=await self._value('1000 * max(locust_request_duration_seconds{quantile="0.95"})'),
        )

    async def _value(self, query: str) -> float | None:
        try:
            answer = (await ask(self._http, "GET", "/api/v1/query", params={"query": query})).raise_for_status().json()
        except httpx.HTTPError as error:
            raise NotPossible(f"the monitor at {self._http.base_url} does not answer: {error!r}") from error
        result = answer["data"]["result"]
        value = float(result[0]["value"][1]) if result else math.nan
        return None if math.isnan(value) else value
