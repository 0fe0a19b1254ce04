"""The component matrix of a playbook: what users feel of a component's fault has at least its level."""

import pytest

from scoring.playbook.file import load_playbook
from scoring.scorecard.severity import Seen, level_for


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        (Seen(1.0), "SEV-1"),
        (Seen(0.06, component="postgres"), "SEV-1"),
        (Seen(0.01, component="postgres"), None),
        (Seen(0.06, component="metrics"), "SEV-3"),
        (Seen(0.0, p95_ms=2500, component="worker"), "SEV-2"),
    ],
)
def test_a_component_that_users_feel_has_its_level(seen: Seen, level: str | None) -> None:
    assert level_for(seen, load_playbook("llm-research-lab")) == level
