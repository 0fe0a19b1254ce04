"""A whole cluster in one process: its parts put together, from the first object to the end of the last pod."""

import asyncio
import gc
import os
import signal
import sys
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

import orjson

from simulator.cluster import leftovers
from simulator.cluster.addresses import Subnet
from simulator.cluster.api import serving, state_metrics
from simulator.cluster.api.app import build_app
from simulator.cluster.controllers.daemon_sets import DaemonSets
from simulator.cluster.controllers.deployments import Deployments
from simulator.cluster.controllers.endpoints import EndpointsOfServices
from simulator.cluster.controllers.event_ttl import EventTtl
from simulator.cluster.controllers.garbage import Garbage
from simulator.cluster.controllers.jobs import Jobs
from simulator.cluster.controllers.namespace_parts import NamespaceParts
from simulator.cluster.controllers.namespaces import Namespaces
from simulator.cluster.controllers.node_lifecycle import NodeLifecycle
from simulator.cluster.controllers.pod_garbage import PodGarbage
from simulator.cluster.controllers.replica_sets import ReplicaSets
from simulator.cluster.controllers.resource_quotas import ResourceQuotas
from simulator.cluster.controllers.scheduling import Scheduling
from simulator.cluster.controllers.stateful_sets import StatefulSets
from simulator.cluster.controllers.taint_eviction import TaintEviction
from simulator.cluster.controllers.volume_claims import VolumeClaims
from simulator.cluster.credentials import make_credentials, write_kubeconfig
from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds import admission
from simulator.cluster.kinds.storage_classes import STANDARD
from simulator.cluster.kubelet.agent import Kubelet
from simulator.cluster.kubelet.back_off import BackOffLimits
from simulator.cluster.kubelet.host import Node
from simulator.cluster.kubelet.images.catalogue import Image
from simulator.cluster.kubelet.nodes import node
from simulator.cluster.kubelet.nodes.power import Power
from simulator.cluster.kubelet.nodes.reporting import Reporting
from simulator.cluster.kubelet.nodes.times import NodeTimes
from simulator.cluster.kubelet.persistent_places import PersistentPlaces
from simulator.cluster.kubelet.processes.process_table import ProcessTable
from simulator.cluster.kubelet.processes.usage import Usage
from simulator.cluster.kubelet.sandbox.confinement import confine
from simulator.cluster.network.running import Network
from simulator.cluster.plugins import pod_security, priority, taint_nodes
from simulator.cluster.plugins.resource_quota import ResourceQuotaPlugin
from simulator.cluster.plugins.service_account import ServiceAccountPlugin
from simulator.cluster.plugins.storage_class import DefaultStorageClass
from simulator.cluster.ports import AuditLine
from simulator.cluster.resources import NAMESPACES, NETWORK_POLICIES, PODS, STORAGE_CLASSES
from simulator.cluster.store import Store
from simulator.cluster.users import Tokens
from simulator.processes import MARK

END_S = 2.0
"""Seconds that pods have to end after SIGTERM when the server ends."""
_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


@dataclass(frozen=True)
class Settings:
    """What a cluster is told when it starts.

    `state` is its folder; of `private`, in which that lies, pods see only what is their own. `nodes` is how many there
    are, the control plane included; `size` is that of each.
    """

    state: Path
    private: Path
    images: dict[str, Image]
    limits: BackOffLimits
    nodes: int
    size: node.Size
    times: NodeTimes
    unlimited: str | None = None
    """See `Confinement.unlimited`."""


class Part(Protocol):
    """Something that runs as long as the cluster does."""

    async def run(self) -> None:
        """Until cancelled."""
        ...


async def serve(settings: Settings, mark: str) -> None:
    """Run a cluster until SIGTERM or SIGINT; `mark` is that of this server's processes.

    Raises what a part raised that could not go on. When it returns, no pod runs.
    """
    asked_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    state, subnet, store = settings.state, Subnet.choose(), Store()
    env, addresses = _base_env(state, mark), subnet.services()
    network = Network(store, subnet, addresses, state / "services", env)
    confinement = confine(settings.private, subnet.node, network.route, settings.unlimited)
    credentials = make_credentials(subnet.api_host)
    tokens = Tokens(credentials.token, lambda *pod: _lives(store, *pod))
    events, table = EventLog(store), ProcessTable()
    _populate(store)
    _plug_in(store)
    shared = Node(
        node.NAME, subnet.node, state, settings.images, settings.limits, events, table, env, confinement, tokens
    )
    machines = node.machines(settings.nodes, settings.size, subnet)
    kubelet = Kubelet(
        store,
        [
            (replace(shared, name=each.name, ip=each.ip), subnet.pods(index, settings.nodes))
            for index, each in enumerate(machines)
        ],
    )
    power = _power(settings, store, machines, kubelet, events)
    authority = credentials.ca_pem.decode()
    parts: list[Part] = [power, kubelet, network, *_controllers(settings, store, events, authority)]
    with (state / "audit.jsonl").open("ab", buffering=0) as audit:
        app = build_app(
            store,
            user_of=tokens.user_of,
            addresses=addresses,
            runtime=kubelet,
            audit=lambda line: _append(audit, line),
            metrics=lambda: state_metrics.render(store, table.cpu_periods()),
            usage=Usage(store, table),
            absent=() if confinement.gate else (NETWORK_POLICIES.group,),
        )
        running = asyncio.gather(*(part.run() for part in parts))
        try:
            async with serving.serve(app, credentials) as url:
                place = urlsplit(url)
                await network.publish((place.hostname or "", place.port or 0), with_dns=confinement.gate is not None)
                write_kubeconfig(state / "kubeconfig", url, credentials)
                gc.freeze()
                _announce(state, url, subnet)
                await _first_of(running, asked_to_end)
                await kubelet.drain(END_S)
        finally:
            running.cancel()
            (outcome,) = await asyncio.gather(running, return_exceptions=True)
            confinement.close()
            subnet.close()
    if isinstance(outcome, Exception):
        raise outcome


def _populate(store: Store) -> None:
    """What is there before anybody comes."""
    for name in _NAMESPACES:
        store.create(NAMESPACES, admission.admit(NAMESPACES, {"metadata": {"name": name}}))
    store.create(STORAGE_CLASSES, admission.admit(STORAGE_CLASSES, STANDARD))


def _plug_in(store: Store) -> None:
    """Admission, in the API server's own order: what changes objects before what refuses them, quotas last."""
    classes, accounts = DefaultStorageClass(store), ServiceAccountPlugin(store)
    store.plugins += [classes.admit, taint_nodes.admit, priority.admit, pod_security.admit, accounts.admit]
    store.plugins.append(ResourceQuotaPlugin(store).admit)


def _power(settings: Settings, store: Store, machines: list[node.Machine], kubelet: Kubelet, events: EventLog) -> Power:
    reporting = [Reporting(store, each, settings.images, settings.times, events) for each in machines]
    power = Power(settings.state / "nodes", reporting, on_off=kubelet.power_off, on_on=kubelet.power_on)
    power.look(asyncio.get_running_loop().time())
    return power


def _controllers(settings: Settings, store: Store, events: EventLog, authority: str) -> list[Part]:
    return [
        Scheduling(store, events),
        ReplicaSets(store, events),
        Deployments(store, events),
        StatefulSets(store, events),
        DaemonSets(store, events),
        Jobs(store, events, settings.limits),
        VolumeClaims(store, events, PersistentPlaces(settings.state / "volumes", settings.unlimited)),
        EndpointsOfServices(store),
        Garbage(store),
        Namespaces(store),
        NamespaceParts(store, authority),
        ResourceQuotas(store),
        EventTtl(store),
        NodeLifecycle(store, events, settings.times),
        TaintEviction(store, events, settings.times.clock),
        PodGarbage(store, settings.times.quarantine_s),
    ]


async def _first_of(running: "asyncio.Future[list[None]]", asked: asyncio.Event) -> None:
    running.add_done_callback(lambda _: asked.set())
    await asked.wait()


def _lives(store: Store, namespace: str, name: str, uid: str) -> bool:
    pod = store.find(PODS, namespace, name)
    return pod is not None and pod["metadata"]["uid"] == uid


def _base_env(state: Path, mark: str) -> dict[str, str]:
    """What every container inherits; nothing of the server's own environment but what programs need to run."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    inherited = ("PYTHONPATH", "LD_LIBRARY_PATH", "TZ")
    return {
        "PATH": programs,
        "HOME": str(state),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        MARK: os.environ.get(MARK) or uuid.uuid4().hex,
        leftovers.MARK: str(state),
        leftovers.SERVER: mark,
        **{name: os.environ[name] for name in inherited if name in os.environ},
    }


def _append(audit: BinaryIO, line: AuditLine) -> None:
    audit.write(orjson.dumps(asdict(line), option=orjson.OPT_APPEND_NEWLINE))


def _announce(state: Path, url: str, subnet: Subnet) -> None:
    line = {"kubeconfig": str(state / "kubeconfig"), "server": url, "subnet": subnet.cidr}
    print(orjson.dumps(line).decode(), flush=True)
