"""The service as its clients meet it: a real process, real HTTP, a real database file."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from posting import ROLES, new_drill, new_name
from serving import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("scoring") / "drills.db")
    yield running
    running.kill(signal.SIGTERM)


@pytest.fixture(scope="session")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A process that may be killed and started again, on a record that may be bent."""
    running = Server(tmp_path_factory.mktemp("other") / "drills.db")
    yield running
    running.kill()


@pytest.fixture(scope="session")
def clients(server: Server) -> Iterator[dict[str, httpx.Client]]:
    """One client for each role."""
    opened = {role: server.as_(role) for role in ROLES}
    yield opened
    for client in opened.values():
        client.close()


@pytest.fixture(scope="session")
def stranger(server: Server) -> Iterator[httpx.Client]:
    """Somebody without a token; what it is given by way of headers is its own affair."""
    with httpx.Client(base_url=server.url, timeout=10) as opened:
        yield opened


@pytest.fixture
def facilitator(clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["facilitator"]


@pytest.fixture
def responder(clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["responder"]


@pytest.fixture
def observer(clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["observer"]


@pytest.fixture
def ingest(clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["ingest"]


@pytest.fixture
def drill(ingest: httpx.Client) -> Iterator[str]:
    """A running drill; ended afterwards, so that it takes no alerts of others."""
    name = new_name()
    assert ingest.post("/api/v1/drills", json=new_drill(name)).status_code == 201
    yield name
    ingest.post(f"/api/v1/drills/{name}/end", json={"ended_at": "2026-01-05T11:00:00Z"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder meets the service as a process, or at least as its clients do."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.parts)
