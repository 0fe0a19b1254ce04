"""The webhook of Grafana's unified alerting: Alertmanager's shape with the values, links and organisation added.

Fields after Grafana's documentation of the webhook notifier.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from scoring.ingest.alertmanager import HookAlert, left_out
from scoring.ingest.prometheus import translate as translate_alerts
from scoring.ingest.translation import Situation, Translation
from scoring.timeline import Data

_KEPT = {
    "silence_url": "silenceURL",
    "dashboard_url": "dashboardURL",
    "panel_url": "panelURL",
    "image_url": "imageURL",
    "value_string": "valueString",
}


class GrafanaAlert(HookAlert):
    """One alert with the values that made it fire, by the name of their query or expression."""

    model_config = ConfigDict(frozen=True, extra="allow")

    values: dict[str, Any] | None = None

    def more(self) -> Data:
        """Values and links; those that are empty are left out."""
        given = self.model_extra or {}
        links = {ours: text for ours, theirs in _KEPT.items() if isinstance(text := given.get(theirs), str) and text}
        return {**super().more(), **links, **({"values": self.values} if self.values else {})}


class GrafanaHook(BaseModel):
    """A notification. Grafana's own `version` is `1`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    org_id: int = Field(alias="orgId", ge=0, le=2**53)
    truncated_alerts: Annotated[int, Field(ge=0)] = Field(default=0, alias="truncatedAlerts")
    alerts: Annotated[list[GrafanaAlert], Field(max_length=10_000)]


def translate(hook: GrafanaHook, situation: Situation) -> Translation:
    """The events of a notification."""
    told = translate_alerts(list(hook.alerts), situation, source="grafana")
    return Translation(told.events, left_out(hook.truncated_alerts, "limit of alerts"))
