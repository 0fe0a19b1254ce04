"""How grave a moment is by a playbook's criteria. A gravity is the position of a level, 0 the gravest."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, gt, le, lt

from scoring.playbook import Playbook
from scoring.timeline import Baseline

_Holds = Callable[[float, float], bool]
_BOUNDS: dict[str, _Holds] = {"above": gt, "at_least": ge, "below": lt, "at_most": le}


@dataclass(frozen=True)
class Seen:
    """What users met at one moment. `component` is where the fault is known or believed to be.

    `users_share` is the share of users who met a failure, None where nobody counted them.
    """

    error_share: float
    p95_ms: float | None = None
    component: str | None = None
    users_share: float | None = None


def level_for(seen: Seen, playbook: Playbook, baseline: Baseline | None = None) -> str | None:
    """The gravest level whose criteria hold for what is seen; None when users are within all of them.

    A component counts by the impact matrix once users are outside the playbook's thresholds. What was not measured
    shows nothing.
    """
    usual_p95_ms = baseline.p95_ms if baseline else None
    is_felt = playbook.verification.is_outside(seen.error_share, seen.p95_ms, usual_p95_ms)
    scale = Scale(playbook, usual_p95_ms, seen.component)
    gravity = scale.gravity(seen.error_share, seen.p95_ms, seen.users_share, is_felt=is_felt)
    return playbook.levels[gravity].id if gravity < len(playbook.levels) else None


def component_level(component: str, playbook: Playbook) -> str | None:
    """The impact matrix's level for a component, None where it has no row."""
    word = component.lower()
    return playbook.graver(*(row.level for row in playbook.matrix if word in row.names))


class Scale:
    """A playbook's criteria by what they measure, for one component at fault and one usual p95."""

    def __init__(self, playbook: Playbook, usual_p95_ms: float | None, component: str | None) -> None:
        self._none = len(playbook.levels)
        self._usual_p95_ms = usual_p95_ms
        self._criteria: dict[str, list[tuple[int, _Holds, float]]] = defaultdict(list)
        for gravity, level in enumerate(playbook.levels):
            for criterion in level.criteria:
                bound, value = criterion.bound
                self._criteria[criterion.measure].append((gravity, _BOUNDS[bound], value))
        least = playbook.gravity(component_level(component or "", playbook) or "")
        self._by_matrix = self._none if least is None else least
        self._by_share: dict[float, int] = {}

    def gravity(self, error_share: float, p95_ms: float | None, users_share: float | None, *, is_felt: bool) -> int:
        """The gravest that is shown; the number of levels where none is. `is_felt` lets the component count."""
        gravest = self._by_share.get(error_share)
        if gravest is None:
            served = 1 - error_share
            shown = (("error_share", error_share), ("success", served), ("availability", served))
            gravest = self._by_share[error_share] = min(self._shown(*measured) for measured in shown)
        if p95_ms is not None:
            gravest = min(gravest, self._shown("p95_ms", p95_ms))
            if self._usual_p95_ms:
                gravest = min(gravest, self._shown("p95_times_baseline", p95_ms / self._usual_p95_ms))
        if users_share is not None:
            gravest = min(gravest, self._shown("users_share", users_share))
        return min(gravest, self._by_matrix) if is_felt else gravest

    def _shown(self, measure: str, value: float) -> int:
        for gravity, holds, bound in self._criteria[measure]:
            if holds(value, bound):
                return gravity
        return self._none
