"""The upstream provider's own console: its quota lowered and restored, and what it then answers."""

from typing import Any

import httpx
from chaoslib.exceptions import ActivityFailed

from simulator.faults.waiting import until

_REFUSED = 'status="429"'


def set_quota(url: str, admin_token: str, requests_per_minute: float, burst: float | None = None) -> dict[str, Any]:
    """Action: change the quota of every key at the provider. Idempotent. Returns the quotas as they are then."""
    body: dict[str, float] = {"requests_per_minute": requests_per_minute}
    if burst is not None:
        body["burst"] = burst
    return _quota("PUT", url, admin_token, body)


def refusals_rise(url: str, by: int = 10, timeout: float = 20) -> dict[str, float]:
    """Probe: the provider answers 429 at least `by` times more than when the probe began."""
    before = _refusals(url)
    after = until(lambda: _refusals(url), lambda seen: seen >= before + by, "429 answers of the provider", timeout)
    return {"before": before, "after": after}


def _refusals(url: str) -> float:
    text = httpx.get(f"{url}/metrics", timeout=5, trust_env=False).raise_for_status().text
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if line.startswith("provider_requests_total{") and _REFUSED in line
    )


def _quota(method: str, url: str, admin_token: str, body: dict[str, float] | None) -> dict[str, Any]:
    try:
        answer = httpx.request(
            method,
            f"{url}/admin/quota",
            json=body,
            headers={"Authorization": f"Bearer {admin_token}"},
            timeout=5,
            trust_env=False,
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise ActivityFailed(f"the provider's console at {url} refused: {error}") from error
    said: dict[str, Any] = answer.json()
    return said
