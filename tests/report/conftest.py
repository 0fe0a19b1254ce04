"""A recorded game day of three drills: one good, one slow, one that was aborted."""

from pathlib import Path

import pytest

from simulator.report.models import GameDay


@pytest.fixture(scope="session")
def data() -> Path:
    return Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def game_day(data: Path) -> GameDay:
    return GameDay.model_validate_json((data / "game-day.json").read_text(encoding="utf-8"))
