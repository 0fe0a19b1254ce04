"""The requests that traffic stands for: read from a document or a recording, and tried once where nobody wrote them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from simulator.errors import BadInput
from simulator.load import openapi, recording
from simulator.load.traffic import Request, Traffic, is_served

TRY_LIMIT_S = 1.0
"""What takes longer without any load would count as severe slowness under it."""
FETCH_LIMIT_S = 10.0


@dataclass(frozen=True)
class Found:
    """`requests` to be sent, and what was `left_out`, each with the reason."""

    requests: tuple[Request, ...]
    left_out: tuple[str, ...] = ()


def read_requests(traffic: Traffic, host: str | None = None) -> Found:
    """What is to be asked for; of a document that the app serves at `host`, nothing as long as there is no host.

    Raises `BadInput` that names the file and what it lacks.
    """
    if traffic.requests:
        return Found(traffic.requests)
    if traffic.har is not None:
        return _told(
            str(traffic.har), lambda: Found(recording.requests_of(_parsed(Path(str(traffic.har)).read_text())))
        )
    assert traffic.openapi is not None
    name = traffic.openapi
    if is_served_by_app(name):
        if host is None:
            return Found(())
        return _told(host + name, lambda: Found(*openapi.requests_of(_parsed(_fetch(host + name)))))
    return _told(name, lambda: Found(*openapi.requests_of(_parsed(Path(name).read_text()))))


def is_served_by_app(openapi_place: str) -> bool:
    """Whether it is a path of the app rather than a file."""
    return openapi_place.startswith("/") and not Path(openapi_place).is_file()


def tried(found: Found, host: str, success: tuple[int, ...]) -> Found:
    """Without what the app does not serve at its best: users would meet failures that are no incident."""
    kept, left_out = [], list(found.left_out)
    with httpx.Client(base_url=host, timeout=TRY_LIMIT_S, trust_env=False, follow_redirects=True) as http:
        for request in found.requests:
            try:
                answer = http.request(request.method, request.path, headers=request.headers)
            except httpx.HTTPError as error:
                left_out.append(f"{request.label}: {type(error).__name__}")
                continue
            if not is_served(answer.status_code, request.success or success):
                left_out.append(f"{request.label}: it answers {answer.status_code}")
            elif (took_s := answer.elapsed.total_seconds()) > TRY_LIMIT_S:
                left_out.append(f"{request.label}: it takes {took_s:.1f} s")
            else:
                kept.append(request)
    return Found(tuple(kept), tuple(left_out))


def _told(place: str, read: Callable[[], Found]) -> Found:
    try:
        return read()
    except (OSError, UnicodeDecodeError, httpx.HTTPError) as error:
        raise BadInput(f"{place}: cannot be read: {str(error).splitlines()[0]}") from None
    except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise BadInput(f"{place}: {str(error).splitlines()[0]}") from None


def _fetch(url: str) -> str:
    return httpx.get(url, timeout=FETCH_LIMIT_S, trust_env=False, follow_redirects=True).raise_for_status().text


def _parsed(text: str) -> dict[str, Any]:
    document = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, yaml.CSafeLoader)
    if not isinstance(document, dict):
        raise ValueError("this is neither JSON nor YAML with a mapping at the top")
    return document
