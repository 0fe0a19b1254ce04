"""Desks told briefly, under a shipped playbook."""

from collections.abc import Callable

import pytest
from desk_told import Told

from scoring.playbook import Playbook


@pytest.fixture
def tell(playbook: Playbook) -> Callable[..., Told]:
    return lambda *events, **more: Told(playbook, *events, **more)
