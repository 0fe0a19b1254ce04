"""Whether a delivery is from whom it says: HMAC-SHA256 over the body, compared in constant time.

After PagerDuty's "Verifying Signatures" and Slack's "Verifying requests from Slack".
"""

import hmac
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

SLACK_OLDEST_S = 300
"""A Slack request whose timestamp is further from now than this is a replay."""


def pagerduty_signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether any `v1=` signature of `X-PagerDuty-Signature` is by one of our secrets (one per subscription)."""
    given = [part.strip() for part in header.split(",")]
    wanted = [f"v1={_hex(secret, body)}" for secret in secrets]
    return any([_same(one, other) for one in given for other in wanted])  # noqa: C419  all are compared


def slack_signed(body: bytes, timestamp: str, signature: str, secrets: Iterable[str], now: datetime) -> bool:
    """Whether `X-Slack-Signature` is by one of our secrets over a timestamp of the last five minutes."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > SLACK_OLDEST_S:
        return False
    signed = b"v0:" + timestamp.encode() + b":" + body
    return any([_same(signature, f"v0={_hex(secret, signed)}") for secret in secrets])  # noqa: C419  all are compared


def token_known(given: str, tokens: Iterable[str]) -> bool:
    """Whether a chat's verification token is one of ours."""
    return any([_same(given, token) for token in tokens])  # noqa: C419  all are compared


def _hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))
