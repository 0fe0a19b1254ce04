"""Signatures of PagerDuty and Slack, with Slack's own example."""

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from scoring.ingest.signatures import pagerduty_signed, slack_signed, token_known

SLACKS_BODY = (Path(__file__).parent / "payloads" / "slack-command.txt").read_bytes()
SLACKS_SECRET, SLACKS_TIME = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618"
SLACKS_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
THEN = datetime.fromtimestamp(int(SLACKS_TIME), UTC)


def test_slacks_example_is_signed() -> None:
    assert slack_signed(SLACKS_BODY, SLACKS_TIME, SLACKS_SIGNATURE, ["other", SLACKS_SECRET], THEN)
    assert slack_signed(SLACKS_BODY, SLACKS_TIME, SLACKS_SIGNATURE, [SLACKS_SECRET], THEN + timedelta(seconds=300))


@pytest.mark.parametrize(
    ("body", "time", "signature", "secret", "now"),
    [
        (SLACKS_BODY + b"&x=1", SLACKS_TIME, SLACKS_SIGNATURE, SLACKS_SECRET, THEN),
        (SLACKS_BODY, "1531420619", SLACKS_SIGNATURE, SLACKS_SECRET, THEN),
        (SLACKS_BODY, SLACKS_TIME, SLACKS_SIGNATURE, "guess", THEN),
        (SLACKS_BODY, SLACKS_TIME, "", SLACKS_SECRET, THEN),
        (SLACKS_BODY, SLACKS_TIME, SLACKS_SIGNATURE, SLACKS_SECRET, THEN + timedelta(seconds=301)),
        (SLACKS_BODY, SLACKS_TIME, SLACKS_SIGNATURE, SLACKS_SECRET, THEN - timedelta(seconds=301)),
        (SLACKS_BODY, "-5", SLACKS_SIGNATURE, SLACKS_SECRET, THEN),
        (SLACKS_BODY, "٣", SLACKS_SIGNATURE, SLACKS_SECRET, THEN),
        (SLACKS_BODY, "9" * 5000, SLACKS_SIGNATURE, SLACKS_SECRET, THEN),
    ],
)
def test_anything_else_is_not(body: bytes, time: str, signature: str, secret: str, now: datetime) -> None:
    assert not slack_signed(body, time, signature, [secret], now)


def test_pagerduty_signs_with_any_of_its_secrets_while_one_is_replaced() -> None:
    body = b'{"event": {}}'
    ours, old = (hmac.new(secret, body, sha256).hexdigest() for secret in (b"ours", b"old"))
    assert pagerduty_signed(body, f"v1={old},v1={ours}", ["ours"])
    assert pagerduty_signed(body, f"v1={old}", ["ours", "old"])
    assert not pagerduty_signed(body, f"v1={old}", ["ours"])
    assert not pagerduty_signed(body, f"v2={ours}", ["ours"])
    assert not pagerduty_signed(body + b" ", f"v1={ours}", ["ours"])
    assert not pagerduty_signed(body, "", ["ours"])


def test_a_chats_token_is_known_or_not() -> None:
    assert token_known("okwexk", ["zmigew", "okwexk"])
    assert not token_known("", ["zmigew"])
