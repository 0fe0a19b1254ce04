"""Requests out of a recording: an HTTP Archive (HAR 1.2), as browsers' developer tools save one. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from simulator.load.traffic import Request

MOST = 50
"""Different requests of a recording that are played; the most frequent ones."""
_KEPT_HEADERS = {"accept", "authorization", "content-type", "x-api-key"}


def requests_of(archive: Mapping[str, Any]) -> tuple[Request, ...]:
    """What was asked of the host that most was asked of, each as often as it was. Raises ValueError."""
    entries = (archive.get("log") or {}).get("entries") if isinstance(archive.get("log"), Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise ValueError("this is no HTTP Archive with entries: 'log.entries' is missing or empty")
    asked = [each["request"] for each in entries if isinstance(each.get("request"), Mapping)]
    asked = [each for each in asked if urlsplit(str(each.get("url"))).scheme in ("http", "https")]
    hosts = Counter(urlsplit(str(each["url"])).netloc for each in asked)
    if not hosts:
        raise ValueError("no entry of this HTTP Archive is a request over HTTP")
    host = hosts.most_common(1)[0][0]
    seen: dict[str, tuple[Request, int]] = {}
    for each in asked:
        if urlsplit(str(each["url"])).netloc == host:
            request = _request(each)
            key = f"{request.method} {request.path} {request.body}"
            seen[key] = request, seen.get(key, (request, 0))[1] + 1
    often = sorted(seen.values(), key=lambda pair: -pair[1])[:MOST]
    return tuple(request.model_copy(update={"weight": min(count, 100)}) for request, count in often)


def _request(entry: Mapping[str, Any]) -> Request:
    parts = urlsplit(str(entry["url"]))
    headers = {str(each["name"]): str(each["value"]) for each in entry.get("headers") or ()}
    return Request(
        method=str(entry.get("method", "GET")).upper(),
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        body=(entry.get("postData") or {}).get("text"),
        headers={name: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS},
    )
