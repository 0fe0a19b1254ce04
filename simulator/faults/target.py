"""What a process of the target shows at its own `/metrics`."""

from time import monotonic

import httpx

from simulator.faults.waiting import until


def metric_reaches(url: str, metric: str, at_least: float, timeout: float = 20) -> str:
    """Probe: a metric, summed over its labels, reaches a value in the replica that answers."""

    def look() -> float | None:
        try:
            text = httpx.get(f"{url}/metrics", timeout=5, trust_env=False).raise_for_status().text
        except httpx.HTTPError:  # while the release is rolled out nobody may answer
            return None
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if line.startswith((f"{metric} ", f"{metric}{{"))
        )

    seen = until(look, lambda value: value is not None and value >= at_least, f"{metric} at {at_least:g}", timeout)
    return f"{metric} {seen:g}"


def answers_take(url: str, api_key: str, at_least_s: float, times: int = 3, timeout: float = 30) -> str:
    """Probe: so many requests in a row take that long or are not answered at all. Returns the last one's seconds."""
    slow = 0

    def look() -> float:
        nonlocal slow
        began = monotonic()
        try:
            httpx.get(url, headers={"X-API-Key": api_key}, timeout=at_least_s + 1, trust_env=False)
            took_s = monotonic() - began
        except httpx.HTTPError:
            took_s = max(at_least_s, monotonic() - began)
        slow = slow + 1 if took_s >= at_least_s else 0
        return took_s

    took_s = until(look, lambda _: slow >= times, f"{times} answers of {url} that take {at_least_s:g} s", timeout)
    return f"an answer takes {took_s:.1f} s"
