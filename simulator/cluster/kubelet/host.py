"""What a container needs of the node and the pod around it."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from simulator.cluster.event_log import EventLog
from simulator.cluster.kubelet.back_off import BackOffLimits
from simulator.cluster.kubelet.images.catalogue import Image
from simulator.cluster.kubelet.processes.process_table import ProcessTable
from simulator.cluster.kubelet.sandbox.confinement import Confinement
from simulator.cluster.kubelet.sandbox.sandbox import Sandbox
from simulator.cluster.store import Object
from simulator.cluster.users import Tokens

_BY = "kubelet"


@dataclass(frozen=True)
class Node:
    """What all containers of a node share."""

    name: str
    ip: str
    state: Path
    images: dict[str, Image]
    limits: BackOffLimits
    events: EventLog
    table: ProcessTable
    base_env: dict[str, str]
    confinement: Confinement
    tokens: Tokens
    restarting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Restarts take turns."""


class Host(Protocol):
    """The pod around a container."""

    @property
    def pod(self) -> Object:
        """The object as it is now."""
        ...

    @property
    def ip(self) -> str:
        """Its address."""
        ...

    @property
    def folder(self) -> Path:
        """Where its volumes, root and logs lie."""
        ...

    @property
    def sandbox(self) -> Sandbox:
        """What all its processes start in."""
        ...

    def variables(self, container: Object) -> dict[str, str]:
        """A container's environment; `ConfigError` when something that it names is missing."""
        ...

    def changed(self) -> None:
        """A container's status changed."""
        ...

    def evict(self, message: str) -> None:
        """The node takes the pod off itself, for good."""
        ...


class Teller:
    """Events about one container of a pod."""

    def __init__(self, host: Host, events: EventLog, field: str) -> None:
        self._host = host
        self._events = events
        self._field = field

    def normal(self, reason: str, message: str) -> None:
        """An ordinary step."""
        self._events.normal(self._host.pod, reason, message, by=_BY, field=self._field)

    def warning(self, reason: str, message: str) -> None:
        """Something that a person may have to look at."""
        self._events.warning(self._host.pod, reason, message, by=_BY, field=self._field)
