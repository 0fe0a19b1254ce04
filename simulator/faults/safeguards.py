"""Probes for safeguards: a figure of a Prometheus, another team's alert, a kill switch."""

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from chaoslib.exceptions import ActivityFailed

_OFF = {"", "0", "false", "no", "off"}
_ANSWER_LIMIT_S = 3.0


def value_of(query: str, url: str) -> float:
    """What a PromQL expression comes to now, at the Prometheus of `url`: one number.

    Raises `ActivityFailed` where it is none, several, or NaN; ` or vector(0)` says that nothing means 0.
    """
    status, text = _get(f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    answer = _parsed(text, url)
    if status != 200 or answer.get("status") != "success":
        raise ActivityFailed(f"{url} refuses '{query}': {answer.get('error') or status}")
    kind, result = answer["data"]["resultType"], answer["data"]["result"]
    values = [result] if kind == "scalar" else [series["value"] for series in result]
    if len(values) != 1:
        raise ActivityFailed(f"'{query}' gives {len(values)} values where one is expected (add 'or vector(0)', or sum)")
    value = float(values[0][1])
    if math.isnan(value):
        raise ActivityFailed(f"'{query}' gives NaN")
    return value


def alert_fires(name: str, url: str, labels: dict[str, str] | None = None) -> bool:
    """Whether an alert of that name, with these `labels` among its own, fires at a Prometheus or Alertmanager."""
    wanted = {"alertname": name, **(labels or {})}
    status, text = _get(f"{url.rstrip('/')}/api/v2/alerts?active=true&silenced=false&inhibited=false")
    if status == 200:
        alerts = _parsed(text, url)
    else:
        status, text = _get(f"{url.rstrip('/')}/api/v1/alerts")
        if status != 200:
            raise ActivityFailed(f"{url} answers neither as Alertmanager nor as Prometheus: status {status}")
        alerts = [alert for alert in _parsed(text, url)["data"]["alerts"] if alert["state"] == "firing"]
    return any(wanted.items() <= alert["labels"].items() for alert in alerts)


def is_switched_on(switch: str) -> bool:
    """Whether a kill switch is on.

    A file is on if it is there; a URL if it answers 200 with anything but 0, false, no, off or nothing. A URL that
    answers 404 is off; any other status raises `ActivityFailed`.
    """
    if "://" not in switch:
        return Path(switch).exists()
    status, text = _get(switch)
    if status == 404:
        return False
    if status != 200:
        raise ActivityFailed(f"{switch} answers with status {status}")
    return text.strip().lower() not in _OFF


def _get(url: str) -> tuple[int, str]:
    """Status and text. A proxy of the environment is for what is not on this machine."""
    is_near = (urllib.parse.urlsplit(url).hostname or "").startswith(("127.", "localhost"))
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if is_near else []))
    try:
        with opener.open(url, timeout=_ANSWER_LIMIT_S) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except (OSError, ValueError) as error:
        raise ActivityFailed(f"{url} does not answer: {error}") from error


def _parsed(text: str, url: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ActivityFailed(f"{url} answers with no JSON: {text[:80]!r}") from None
