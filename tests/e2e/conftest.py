"""Whole drills are slow: all that need no cluster of their own are played on one that is brought up once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playing import Home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole drills; those on the shared cluster come last, for it would run beside the others."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: "up" in getattr(item, "fixturenames", ()))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A folder of the module's own, in which nothing was ever played."""
    home = Home(tmp_path_factory.mktemp("home"))
    yield home
    home.close()


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A folder in which the app is up. Every drill has to leave it as it was found."""
    home = Home(tmp_path_factory.mktemp("up"))
    status, output = home.run("up")
    assert status == 0, output
    yield home
    home.close()
