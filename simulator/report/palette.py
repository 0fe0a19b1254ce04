"""Terminal styles by meaning. No meaning is carried by colour alone: each has its word or sign beside it."""

from simulator.report.countdown import Stage
from simulator.report.sentences import Tone

TONE_STYLES: dict[Tone, str] = {
    "fault": "bold magenta",
    "impact": "bold red",
    "alert": "yellow",
    "response": "cyan",
    "good": "green",
    "bad": "red",
    "quiet": "dim",
}
STAGE_STYLES: dict[Stage, str] = {
    "waiting": "dim",
    "ample": "green",
    "half": "yellow",
    "over": "bold red",
    "met": "green",
    "missed": "red",
}
MARK_STYLES = {"P": "green", "S": "green", "M": "yellow", "U": "red"}
VERDICT_SIGNS = {
    "met": ("✓", "green"),
    "missed": ("✗", "red"),
    "censored": ("…", "yellow"),
    "not_assessed": ("–", "dim"),
}
