"""Where the reporter reads, with which key, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from target_app.settings import Reader


@dataclass(frozen=True)
class ReportsSettings:
    """`api_url` ends before `/experiments`; durations are in seconds."""

    api_url: str
    api_key: str = field(repr=False)
    every_s: float
    host: str
    port: int


def read_reports_settings(env: Mapping[str, str]) -> ReportsSettings:
    """Settings from `env`. Raises `BadSetting`."""
    read = Reader(env)
    return ReportsSettings(
        api_url=read.url("API_URL", None, ("http", "https")).rstrip("/"),
        api_key=read.text("API_KEY", None),
        every_s=read.seconds("REPORT_EVERY", 60.0),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8050, 0, 65535),
    )
