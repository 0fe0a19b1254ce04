"""A service as a process, and a room in which a drill is played."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import People, Person, launched
from posting import new_name
from rooms import Room
from serving import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("console") / "drills.db")
    yield running
    running.kill(signal.SIGTERM)


@pytest.fixture
def room(server: Server) -> Iterator[Room]:
    with httpx.Client(base_url=server.url, timeout=10) as client:
        opened = Room(client, new_name("room"))
        yield opened
        opened.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """No longer than it is needed: Playwright's loop runs in this thread, and no other could run beside it."""
    with launched() as chromium:
        yield chromium


@pytest.fixture
def people(browser: Any, server: Server) -> Iterator[People]:
    """Somebody in a role, with a browser; nobody's browser may have complained of a mistake of ours."""
    came: list[Person] = []

    def come(role: str, url: str = server.url, **more: Any) -> Person:
        came.append(Person(browser, url, role, **more))
        return came[-1]

    yield come
    for person in came:
        person.close()
    assert [complaint for person in came for complaint in person.complaints] == []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder meets the service as its clients do."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.parts)
