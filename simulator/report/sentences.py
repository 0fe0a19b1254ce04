"""One line for each event of a timeline, as scoring tells it, and what a scorecard says of several causes."""

from scoring.desk.sentences import Told, Tone, milliseconds, percent, plain, tell
from scoring.scorecard import Scorecard
from simulator.report.durations import drill_time

__all__ = ["Told", "Tone", "causes", "milliseconds", "percent", "plain", "tell"]


def causes(card: Scorecard) -> list[str]:
    """A sentence for each of several causes, the first one first; nothing where there is one."""
    if len(card.faults) < 2:
        return []
    return [
        f"{plain(fault.failure_mode)}{' (first cause)' if fault.is_first_cause else ''}: "
        + (f"detected by {plain(fault.detected_by)}" if fault.detected_by else "no alert of its own")
        + (f" after {drill_time(fault.drill_seconds)}" if fault.drill_seconds is not None else "")
        + (", mitigated" if fault.mitigated else ", not mitigated")
        for fault in card.faults
    ]
