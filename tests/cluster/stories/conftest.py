"""A whole cluster for the stories of one module; a container that crashes is started again soon."""

from collections.abc import Iterator

import pytest
from stories import Cluster, start, stop


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = start(tmp_path_factory.mktemp("state"), "--crash-base", "0.3", "--crash-cap", "1")
    try:
        yield running
    finally:
        stop(running)
