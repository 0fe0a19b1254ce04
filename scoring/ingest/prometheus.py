"""Alerts as Prometheus and Alertmanager push them to `/api/v2/alerts`, turned into events."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from scoring.canonical import digest, write_instant
from scoring.timeline import Data, Event, Instant

_FNV_OFFSET, _FNV_PRIME, _SEPARATOR = 14695981039346656037, 1099511628211, b"\xff"


class PushedAlert(BaseModel):
    """One alert of a push. A zero `endsAt` means that no end is known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    labels: Annotated[dict[str, str], Field(min_length=1)]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: Instant | None = Field(default=None, alias="startsAt")
    ends_at: Instant | None = Field(default=None, alias="endsAt")
    generator_url: str = Field(default="", alias="generatorURL")

    def was_over_by(self, instant: datetime) -> bool:
        """Whether the alert's end is known and lies before `instant`."""
        return self.ends_at is not None and self.ends_at.year > 1 and self.ends_at < instant


def fingerprint(labels: Mapping[str, str]) -> str:
    """Prometheus' fingerprint of a label set: FNV-1a over sorted names and values, 16 hexadecimal digits."""
    value = _FNV_OFFSET
    for name in sorted(labels):
        for byte in name.encode() + _SEPARATOR + labels[name].encode() + _SEPARATOR:
            value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def events_of(alert: PushedAlert, now: datetime) -> list[Event]:
    """`alert.firing`, and `alert.resolved` too when its end has come.

    Their keys are made of fingerprint and start, so a repeated push makes the same events. A resolved alert whose
    firing was never pushed still shows that it fired.
    """
    starts_at = alert.starts_at if alert.starts_at and alert.starts_at.year > 1 else now
    ends_at = alert.ends_at if alert.ends_at and alert.ends_at.year > 1 else None
    mark = fingerprint(alert.labels)
    data: Data = {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": write_instant(starts_at),
        "fingerprint": mark,
    }
    events = [_event("alert.firing", starts_at, data, f"{mark}@{write_instant(starts_at)}")]
    if ends_at is not None and ends_at <= now:
        ended = {**data, "ends_at": write_instant(ends_at)}
        events.append(_event("alert.resolved", ends_at, ended, f"{mark}@{write_instant(starts_at)}"))
    return events


def utc_now() -> datetime:
    """Scoring's clock."""
    return datetime.now(UTC)


def _event(kind: str, at: datetime, data: Data, identity: str) -> Event:
    key = f"{kind}/{identity}"
    if len(key) > 300:
        key = f"{kind}/{digest(identity.encode())}"
    return Event.model_validate({"kind": kind, "occurred_at": at, "source": "monitor", "data": data, "key": key})
