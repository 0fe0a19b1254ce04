"""Which severity a responder should declare, from what can be seen: readings and the components that alerts name."""

from collections.abc import Iterable

from scoring.playbook import Playbook
from simulator.drill.readings import Readings


def assess(playbook: Playbook, readings: Readings, components: Iterable[str], normal_p95_ms: float | None) -> str:
    """The gravest level whose criteria the readings meet or whose component fails; the lowest level if none does.

    `normal_p95_ms` is the p95 before the page, for criteria that compare with it (None: not known).
    """
    measured = {
        "error_share": readings.error_share,
        "availability": None if readings.error_share is None else 1 - readings.error_share,
        "p95_ms": readings.p95_ms,
        "p95_times_baseline": readings.p95_ms / normal_p95_ms if readings.p95_ms and normal_p95_ms else None,
    }
    by_impact = (
        level.id
        for level in playbook.levels
        for criterion in level.criteria
        if (seen := measured[criterion.measure]) is not None and criterion.holds(seen)
    )
    named = set(components)
    by_component = (row.level for row in playbook.matrix if named & set(row.names))
    return playbook.graver(*by_impact, *by_component) or playbook.levels[-1].id
