"""What a process of the target shows at its own `/metrics`."""

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
