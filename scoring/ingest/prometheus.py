"""Alerts as Prometheus pushes them to `/api/v2/alerts`, turned into events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from scoring.canonical import write_instant
from scoring.ingest.translation import Situation, Translation, event
from scoring.timeline import Data, Event, Instant

_FNV_OFFSET, _FNV_PRIME, _SEPARATOR = 14695981039346656037, 1099511628211, b"\xff"

Texts = Annotated[dict[str, str], Field(max_length=1000)]


class PushedAlert(BaseModel):
    """One alert of a push. A zero `endsAt` means that no end is known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    labels: Annotated[dict[str, str], Field(min_length=1, max_length=1000)]
    annotations: Texts = Field(default_factory=dict)
    starts_at: Instant | None = Field(default=None, alias="startsAt")
    ends_at: Instant | None = Field(default=None, alias="endsAt")
    generator_url: str = Field(default="", alias="generatorURL")

    @property
    def identity(self) -> str:
        """What this alert is known by, however often it fires."""
        return fingerprint(self.labels)

    def begin_at(self, now: datetime) -> datetime:
        """When it began to fire; now, where nothing is said."""
        return self.starts_at if self.starts_at and self.starts_at.year > 1 else now

    def end_at(self, now: datetime) -> datetime | None:
        """When it ended; None while it fires. An end ahead is when it counts as over unless it is sent again."""
        return self.ends_at if self.ends_at and self.ends_at.year > 1 and self.ends_at <= now else None

    def was_over_by(self, instant: datetime) -> bool:
        """Whether the alert's end is known and lies before `instant`."""
        return self.ends_at is not None and self.ends_at.year > 1 and self.ends_at < instant

    def more(self) -> Data:
        """What its sender adds, and the event keeps."""
        return {"generator_url": self.generator_url} if self.generator_url else {}


def fingerprint(labels: Mapping[str, str]) -> str:
    """Prometheus' fingerprint of a label set: FNV-1a over sorted names and values, 16 hexadecimal digits."""
    value = _FNV_OFFSET
    for name in sorted(labels):
        for byte in name.encode(errors="replace") + _SEPARATOR + labels[name].encode(errors="replace") + _SEPARATOR:
            value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def translate(alerts: list[PushedAlert], situation: Situation, source: str = "monitor") -> Translation:
    """The events of a push.

    An alert that was over before the drill began is none of its events: monitors repeat a resolved one for minutes.
    """
    current = [alert for alert in alerts if not alert.was_over_by(situation.started_at)]
    return Translation(tuple(e for alert in current for e in events_of(alert, situation.now, source)))


def events_of(alert: PushedAlert, now: datetime, source: str = "monitor") -> list[Event]:
    """`alert.firing`, and `alert.resolved` too when its end has come.

    Their keys are made of fingerprint and start, so a repeated push makes the same events, whichever way it comes. A
    resolved alert whose firing was never pushed still shows that it fired.
    """
    begin_at, end_at = alert.begin_at(now), alert.end_at(now)
    same = f"{alert.identity}@{write_instant(begin_at)}"
    data: Data = {
        **alert.more(),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": write_instant(begin_at),
        "fingerprint": alert.identity,
    }
    events = [event("alert.firing", begin_at, source, data, f"alert.firing/{same}")]
    if end_at is not None:
        ended = {**data, "ends_at": write_instant(end_at)}
        events.append(event("alert.resolved", end_at, source, ended, f"alert.resolved/{same}"))
    return events
