"""A gate of three drills: one passed, one failed twice, one that could not be judged."""

import pytest
from published import recorded_gate

from simulator.report.gate import Gate
from simulator.report.models import GameDay


@pytest.fixture(scope="session")
def gate(game_day: GameDay) -> Gate:
    return recorded_gate(game_day)
