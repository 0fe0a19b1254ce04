"""The upstream provider's own console: its quota, its condition and its keys, and what it then answers."""

from time import monotonic, time
from typing import Any

import httpx
from chaoslib.exceptions import ActivityFailed

from simulator.faults.waiting import until

# The start of a process is told by the kernel's clock, in whole seconds of when it booted.
_CLOCKS_AGREE_S = 1.5


def set_quota(url: str, admin_token: str, requests_per_minute: float, burst: float | None = None) -> dict[str, Any]:
    """Action: change the quota of every key at the provider. Idempotent. Returns the quotas as they are then."""
    body: dict[str, float] = {"requests_per_minute": requests_per_minute}
    if burst is not None:
        body["burst"] = burst
    return _console(f"{url}/admin/quota", admin_token, body)


def set_condition(
    url: str,
    admin_token: str,
    error_share: float | None = None,
    error_status: int | None = None,
    latency_s: float | None = None,
) -> dict[str, Any]:
    """Action: the share of calls that the provider fails, with which status, and how long the others take (seconds).

    What is not given stays. Idempotent. Returns the condition as it is then.
    """
    wanted = {"error_share": error_share, "error_status": error_status, "latency_s": latency_s}
    return _console(f"{url}/admin/status", admin_token, {k: v for k, v in wanted.items() if v is not None})


def set_key_status(url: str, admin_token: str, key: str, status: str) -> dict[str, Any]:
    """Action: make the key of that id `inactive` (revoked) or `active` at the provider. Idempotent."""
    return _console(f"{url}/admin/keys/{key}", admin_token, {"status": status})


def refusals_rise(url: str, status: int = 429, by: int = 10, timeout: float = 20) -> dict[str, float]:
    """Probe: the provider answers `status` at least `by` times more than when the probe began."""
    before = _refusals(url, status)
    after = until(
        lambda: _refusals(url, status), lambda seen: seen >= before + by, f"{status} answers of the provider", timeout
    )
    return {"before": before, "after": after}


def completions_take(target_url: str, api_key: str, at_least_s: float, timeout: float = 20) -> str:
    """Probe: a prompt that is sent to the app takes `at_least_s` seconds or more, answered or given up."""

    def send() -> float:
        began = monotonic()
        _complete(target_url, api_key)
        return monotonic() - began

    took_s = until(send, lambda seen: seen >= at_least_s, f"a completion of {at_least_s:g} s or more", timeout)
    return f"{took_s:.2f} s"


def connections_fail(target_url: str, timeout: float = 20) -> str:
    """Probe: a process of the app that started while the probe looked counts calls that found no connection.

    By the app's metrics, so that it is seen as early as an alert could be.
    """
    began = time() - _CLOCKS_AGREE_S

    def look() -> float:
        try:
            shown = _metrics(target_url)
        except httpx.HTTPError:  # of a pod that is just being replaced
            return 0.0
        started = sum(value for line, value in shown if line.startswith("process_start_time_seconds"))
        return sum(
            value
            for line, value in shown
            if started > began and line.startswith("model_api_requests_total{") and 'status="unreachable"' in line
        )

    calls = until(look, lambda seen: seen > 0, "calls to a provider that find no connection", timeout)
    return f"{calls:g} calls found no connection"


def _complete(target_url: str, api_key: str) -> httpx.Response:
    headers, prompt = {"X-API-Key": api_key}, {"prompt": "is anybody there"}
    try:
        return httpx.post(f"{target_url}/completions", json=prompt, headers=headers, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        raise ActivityFailed(f"the app at {target_url} cannot be asked: {error!r}") from error


def _refusals(url: str, status: int) -> float:
    return sum(
        value
        for line, value in _metrics(url)
        if line.startswith("provider_requests_total{") and f'status="{status}"' in line
    )


def _metrics(url: str) -> list[tuple[str, float]]:
    """Name with labels, and value, of every sample."""
    text = httpx.get(f"{url}/metrics", timeout=5, trust_env=False).raise_for_status().text
    samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return [(name, float(value)) for name, _, value in samples]


def _console(url: str, admin_token: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {admin_token}"}
    try:
        answer = httpx.put(url, json=body, headers=headers, timeout=5, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise ActivityFailed(f"the provider's console at {url} refused: {error}") from error
    said: dict[str, Any] = answer.json()
    return said
