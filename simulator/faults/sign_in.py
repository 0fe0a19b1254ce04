"""How sign-in fares: whether users get in, and how many guesses have their passwords checked."""

import time

import httpx

from simulator.faults.waiting import until

_LIMIT_S = 5.0
_REFUSED = 'outcome="wrong_password"'


def signs_in_within(auth_url: str, user: str, password: str, limit_s: float = 2.0) -> bool:
    """Probe: a user gets in, and within so many seconds."""
    seconds = _seconds(auth_url, user, password)
    return seconds is not None and seconds <= limit_s


def sign_in_suffers(auth_url: str, user: str, password: str, longer_than_s: float, timeout: float = 30) -> str:
    """Probe: a user's sign-in takes longer than so many seconds, or fails. Returns what it was."""
    seen = until(
        lambda: _seconds(auth_url, user, password),
        lambda seconds: seconds is None or seconds > longer_than_s,
        f"sign-ins of more than {longer_than_s:g} s",
        timeout,
    )
    return "no answer" if seen is None else f"{seen:.1f} s"


def guesses_checked_per_s(auth_url: str, over_s: float = 1.0) -> float:
    """Probe: passwords that were checked and found wrong, a second; those that are refused unchecked do not count."""
    before = _guesses(auth_url)
    time.sleep(over_s)
    return max(0.0, _guesses(auth_url) - before) / over_s


def _guesses(auth_url: str) -> float:
    text = httpx.get(f"{auth_url}/metrics", timeout=_LIMIT_S, trust_env=False).raise_for_status().text
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if line.startswith("auth_sign_ins_total{") and _REFUSED in line
    )


def _seconds(auth_url: str, user: str, password: str) -> float | None:
    """How long a sign-in took; None if it failed."""
    began = time.monotonic()
    try:
        body = {"user": user, "password": password}
        httpx.post(f"{auth_url}/sign-in", json=body, timeout=_LIMIT_S, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        return None
    return time.monotonic() - began
