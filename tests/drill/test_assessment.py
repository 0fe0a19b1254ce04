"""What severity can be seen from readings and alerts."""

import pytest

from scoring.playbook_file import load_playbook
from simulator.drill.assessment import assess
from simulator.drill.readings import Readings

PLAYBOOK = load_playbook("llm-research-lab")


@pytest.mark.parametrize(
    ("error_share", "p95_ms", "components", "severity"),
    [
        (1.0, None, [], "SEV-1"),
        (0.3, 500.0, [], "SEV-2"),
        (0.07, 500.0, [], "SEV-3"),
        (0.0, 50.0, [], "SEV-4"),
        (0.0, 5000.0, [], "SEV-2"),
        (0.3, 500.0, ["postgres"], "SEV-1"),
        (0.3, 500.0, ["llm-provider"], "SEV-2"),
        (None, None, ["postgres"], "SEV-1"),
        (None, None, [], "SEV-4"),
    ],
)
def test_the_gravest_of_measured_impact_and_failing_component_counts(
    error_share: float | None, p95_ms: float | None, components: list[str], severity: str
) -> None:
    readings = Readings(60.0, error_share, p95_ms)
    assert assess(PLAYBOOK, readings, components, normal_p95_ms=40.0) == severity
