"""Exercises told briefly."""

from collections.abc import Callable

import pytest
from exercise_told import SCENARIO, Table

from scoring.tabletop.file import Prepared, parse_scenario


@pytest.fixture(scope="session")
def prepared() -> Prepared:
    return parse_scenario(SCENARIO, "the scenario")


@pytest.fixture(scope="session")
def new_table(prepared: Prepared) -> Callable[[], Table]:
    return lambda: Table(prepared)


@pytest.fixture
def table(new_table: Callable[[], Table]) -> Table:
    """An exercise that has begun."""
    made = new_table()
    made.wait(1)
    made.does("start")
    return made
