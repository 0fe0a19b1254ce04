"""Which severity a responder should declare, from what can be seen: readings and the components that alerts name."""

from collections.abc import Iterable, Mapping

from scoring.playbook import Playbook
from simulator.drill.readings import Readings


def assess(
    playbook: Playbook, readings: Readings, alerts: Iterable[Mapping[str, str]], normal_p95_ms: float | None
) -> str:
    """The gravest level whose criteria the readings meet or whose component fails; the lowest level if none does.

    `alerts` are the labels of what fires. An alert that its rule calls critical is at least the second level, whatever
    users have met so far: in doubt the worse is assumed.
    `normal_p95_ms` is the p95 before the page, for criteria that compare with it (None: not known).
    """
    served = None if readings.error_share is None else 1 - readings.error_share
    measured = {
        "error_share": readings.error_share,
        "success": served,
        "availability": served,
        "users_share": None,
        "p95_ms": readings.p95_ms,
        "p95_times_baseline": readings.p95_ms / normal_p95_ms if readings.p95_ms and normal_p95_ms else None,
    }
    by_impact = (
        level.id
        for level in playbook.levels
        for criterion in level.criteria
        if (seen := measured[criterion.measure]) is not None and criterion.holds(seen)
    )
    labels = list(alerts)
    named = {each.get("component", "") for each in labels}
    by_component = (row.level for row in playbook.matrix if named & set(row.names))
    is_critical = any(each.get("severity") == "critical" for each in labels)
    in_doubt = playbook.levels[min(1, len(playbook.levels) - 1)].id if is_critical else None
    return playbook.graver(*by_impact, *by_component, in_doubt) or playbook.levels[-1].id
