"""kill -9 of the service under load, on both databases; `benchmarks/kill_nine.py` does it fifty times."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.parts
BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def kill_nine() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location("kill_nine", BENCHMARKS / "kill_nine.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["kill_nine"] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


async def test_killed_under_load_it_loses_and_doubles_nothing(database: str, kill_nine: ModuleType) -> None:
    kills = 1 if "://" in database else 2
    outcome = await kill_nine.kill_nine(database, kills, answers_between=60)
    assert outcome.is_good, outcome
    assert outcome.kills == kills
    assert outcome.answered >= 60 * (kills + 1)
