"""Nodes that are switched off and on: `nodes/NAME/off` in the state folder is the switch, `nodes/NAME/power` the lamp.

Switching off is the analogue of `docker stop` for a node of kind: its processes are gone at once and nobody says so.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.cluster.kubelet.nodes.reporting import Reporting

POLL_S = 0.25


class Power:
    """Looks at the switches, and lets the nodes that are on report."""

    def __init__(
        self,
        folder: Path,
        nodes: Sequence[Reporting],
        *,
        on_off: Callable[[str], None],
        on_on: Callable[[str], None],
    ) -> None:
        """`folder` holds a folder for each node; `on_off` and `on_on` are told of a change by the node's name."""
        self._folder = folder
        self._nodes = nodes
        self._on_off = on_off
        self._on_on = on_on
        self._is_on: dict[str, bool] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.look(asyncio.get_running_loop().time())
            await asyncio.sleep(POLL_S)

    def look(self, now: float) -> None:
        """Act on the switches as they are, and let reports be made."""
        for each in self._nodes:
            name = each.machine.name
            is_on = not (self._folder / name / "off").exists()
            if self._is_on.get(name) is not is_on:
                self._switch(each, is_on, now)
            if is_on:
                each.beat(now)

    def _switch(self, node: Reporting, is_on: bool, now: float) -> None:
        name = node.machine.name
        self._is_on[name] = is_on
        if is_on:
            node.start(now)
            self._on_on(name)
        else:
            self._on_off(name)
        place = self._folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "power").write_text("on\n" if is_on else "off\n")
