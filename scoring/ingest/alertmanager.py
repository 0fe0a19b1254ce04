"""Alertmanager's webhook, version 4: a group of alerts, each with its own status and fingerprint.

Fields after Alertmanager's documentation of `webhook_config`.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from scoring.ingest.prometheus import PushedAlert
from scoring.ingest.prometheus import translate as translate_alerts
from scoring.ingest.translation import Situation, Translation


class HookAlert(PushedAlert):
    """One alert of a group. Its status says whether it is over; the end of one that fires is zero."""

    status: Literal["firing", "resolved"]
    given_fingerprint: Annotated[str, Field(max_length=100)] = Field(default="", alias="fingerprint")

    @property
    def identity(self) -> str:
        """The fingerprint as given, else the one that Prometheus would give."""
        return self.given_fingerprint or super().identity

    def end_at(self, now: datetime) -> datetime | None:
        """The end that is told; now, where a resolved alert tells none."""
        if self.status == "firing":
            return None
        return self.ends_at if self.ends_at and self.ends_at.year > 1 else now

    def was_over_by(self, instant: datetime) -> bool:
        """Whether it is resolved, and was so before `instant`."""
        return self.status == "resolved" and super().was_over_by(instant)


class AlertmanagerHook(BaseModel):
    """A notification. Alerts that Alertmanager left out for its `max_alerts` are counted in `truncatedAlerts`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal["4"]
    group_key: str = Field(default="", alias="groupKey")
    truncated_alerts: Annotated[int, Field(ge=0)] = Field(default=0, alias="truncatedAlerts")
    alerts: Annotated[list[HookAlert], Field(max_length=10_000)]


def translate(hook: AlertmanagerHook, situation: Situation) -> Translation:
    """The events of a notification."""
    told = translate_alerts(list(hook.alerts), situation, source="alertmanager")
    return Translation(told.events, left_out(hook.truncated_alerts, "max_alerts"))


def left_out(count: int, setting: str) -> tuple[str, ...]:
    """The note on alerts that a group did not carry."""
    return (f"the sender left out {count} of the group's alerts; raise its {setting}",) if count else ()
