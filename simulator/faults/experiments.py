"""Requests of the kind that the app's users make all the time, for a `chaos run` that has no users."""

import time

import httpx

PACE_S = 0.25


def create_experiments(url: str, api_key: str, name: str, at_most: int = 40) -> dict[str, int]:
    """Action: make experiments without parameters, one every `PACE_S` seconds, until one request is lost under way.

    Made for the background: an app that does not answer (yet) is asked again. Returns how many were answered and lost.
    """
    answered = 0
    with httpx.Client(timeout=2, headers={"X-API-Key": api_key}, trust_env=False) as http:
        for _ in range(at_most):
            try:
                answered += http.post(f"{url}/experiments", json={"name": name}).is_success
            except (httpx.ReadError, httpx.RemoteProtocolError):
                return {"answered": answered, "lost": 1}
            except httpx.TransportError:
                pass
            time.sleep(PACE_S)
    return {"answered": answered, "lost": 0}
