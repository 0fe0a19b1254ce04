"""What severity can be seen from readings and alerts."""

import pytest

from scoring.playbook.file import load_playbook, playbook_names
from simulator.drill.assessment import assess
from simulator.drill.readings import Readings

PLAYBOOK = load_playbook("llm-research-lab")


@pytest.mark.parametrize(
    ("error_share", "p95_ms", "alerts", "severity"),
    [
        (1.0, None, [], "SEV-1"),
        (0.3, 500.0, [], "SEV-2"),
        (0.07, 500.0, [], "SEV-3"),
        (0.0, 50.0, [], "SEV-4"),
        (0.0, 5000.0, [], "SEV-2"),
        (0.3, 500.0, [{"component": "postgres"}], "SEV-1"),
        (0.3, 500.0, [{"component": "llm-provider"}], "SEV-2"),
        (None, None, [{"component": "postgres"}], "SEV-1"),
        (0.0, 50.0, [{"component": "llm-provider", "severity": "critical"}], "SEV-2"),
        (0.0, 50.0, [{"component": "llm-provider", "severity": "warning"}], "SEV-4"),
        (None, None, [], "SEV-4"),
    ],
)
def test_the_gravest_of_measured_impact_and_failing_component_counts(
    error_share: float | None, p95_ms: float | None, alerts: list[dict[str, str]], severity: str
) -> None:
    readings = Readings(60.0, error_share, p95_ms)
    assert assess(PLAYBOOK, readings, alerts, normal_p95_ms=40.0) == severity


@pytest.mark.parametrize("name", playbook_names())
def test_nobody_served_is_the_gravest_level_of_every_playbook(name: str) -> None:
    playbook = load_playbook(name)
    assert assess(playbook, Readings(60.0, 1.0, None), [], normal_p95_ms=40.0) == playbook.levels[0].id
    assert assess(playbook, Readings(60.0, 0.0, 40.0), [], normal_p95_ms=40.0) == playbook.levels[-1].id
