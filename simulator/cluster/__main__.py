"""`python -m simulator.cluster --state DIR`: a whole cluster in one process, until SIGTERM or SIGINT.

Prints one JSON line when the API answers: `{"kubeconfig": ..., "server": ..., "subnet": ...}`. Logs go to stderr.
"""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, TextIO
from urllib.parse import urlsplit

import orjson
import uvloop

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
from simulator.cluster.kubelet import images, node, volumes
from simulator.cluster.kubelet.agent import Kubelet
from simulator.cluster.kubelet.back_off import BackOffLimits
from simulator.cluster.kubelet.confinement import confine
from simulator.cluster.kubelet.host import Node
from simulator.cluster.kubelet.node_times import NodeTimes
from simulator.cluster.kubelet.power import Power
from simulator.cluster.kubelet.process_table import ProcessTable
from simulator.cluster.kubelet.reporting import Reporting
from simulator.cluster.kubelet.usage import Usage
from simulator.cluster.network.running import Network
from simulator.cluster.objects import quantities
from simulator.cluster.plugins import pod_security, priority, taint_nodes
from simulator.cluster.plugins.resource_quota import ResourceQuotaPlugin
from simulator.cluster.plugins.service_account import ServiceAccountPlugin
from simulator.cluster.plugins.storage_class import DefaultStorageClass
from simulator.cluster.ports import AuditLine
from simulator.cluster.resources import NAMESPACES, NETWORK_POLICIES, PODS, STORAGE_CLASSES
from simulator.cluster.store import Store
from simulator.cluster.users import Tokens
from simulator.errors import BadInput, GamedayError
from simulator.processes import MARK

END_S = 2.0
"""Seconds that pods have to end after SIGTERM when the server ends."""
_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


def main(arguments: Sequence[str]) -> int:
    """Run until told to end; the exit status is that of `simulator.errors`."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    state = Path(options.state).resolve()
    private = (options.hide or state).resolve()
    try:
        if not state.is_relative_to(private):
            raise BadInput(f"--hide {private}: the state folder {state} does not lie in it; name a folder above that")
        limits, layout = _limits(options), _layout(options)
        catalogue = images.catalogue(*(images.read(options.images) if options.images else ()))
        with leftovers.sole_owner(state), leftovers.reaped() as server:
            leftovers.end(state)
            for folder in ("pods", "volumes"):
                volumes.remove(state / folder)
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    runner.run(_serve(state, private, server, limits, layout, catalogue))
            finally:
                leftovers.end(state)
    except GamedayError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


async def _serve(
    state: Path,
    private: Path,
    server: str,
    limits: BackOffLimits,
    layout: "_Layout",
    catalogue: dict[str, images.Image],
) -> None:
    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_end.set)
    subnet = Subnet.choose()
    store = Store()
    env, services = _base_env(state, server), subnet.services()
    network = Network(store, subnet, services, state / "services", env)
    confinement = confine(private, subnet.node, network.route)
    credentials = make_credentials(subnet.api_host)
    tokens = Tokens(credentials.token, lambda *pod: _lives(store, *pod))
    _populate(store)
    accounts, quotas = ServiceAccountPlugin(store), ResourceQuotaPlugin(store)
    classes = DefaultStorageClass(store)
    store.plugins += [classes.admit, taint_nodes.admit, priority.admit, pod_security.admit]
    store.plugins += [accounts.admit, quotas.admit]
    events = EventLog(store)
    shared = Node(node.NAME, subnet.node, state, catalogue, limits, events, ProcessTable(), env, confinement, tokens)
    machines = node.machines(layout.count, layout.size, subnet)
    kubelet = Kubelet(
        store,
        [
            (replace(shared, name=each.name, ip=each.ip), subnet.pods(index, layout.count))
            for index, each in enumerate(machines)
        ],
    )
    power = Power(
        state / "nodes",
        [Reporting(store, each, catalogue, layout.times, events) for each in machines],
        on_off=kubelet.power_off,
        on_on=kubelet.power_on,
    )
    power.look(loop.time())
    parts = (
        power,
        Scheduling(store, events),
        kubelet,
        ReplicaSets(store, events),
        Deployments(store, events),
        StatefulSets(store, events),
        DaemonSets(store, events),
        Jobs(store, events, limits),
        VolumeClaims(store, events, state / "volumes"),
        EndpointsOfServices(store),
        Garbage(store),
        Namespaces(store),
        NamespaceParts(store, credentials.ca_pem.decode()),
        ResourceQuotas(store),
        EventTtl(store),
        NodeLifecycle(store, events, layout.times),
        TaintEviction(store, events, layout.times.clock),
        PodGarbage(store, layout.times.quarantine_s),
        network,
    )
    with (state / "audit.jsonl").open("ab", buffering=0) as audit:
        app = build_app(
            store,
            user_of=tokens.user_of,
            addresses=services,
            runtime=kubelet,
            audit=lambda line: _append(audit, line),
            metrics=lambda: state_metrics.render(store),
            usage=Usage(store, shared.table),
            absent=() if confinement.gate else (NETWORK_POLICIES.group,),
        )
        running = asyncio.gather(*(part.run() for part in parts))
        try:
            async with serving.serve(app, credentials) as url:
                place = urlsplit(url)
                await network.publish((place.hostname or "", place.port or 0), with_dns=confinement.gate is not None)
                write_kubeconfig(state / "kubeconfig", url, credentials)
                gc.freeze()
                _announce(sys.stdout, state, url, subnet)
                await _first_of(running, asked_to_end)
                await kubelet.drain(END_S)
        finally:
            running.cancel()
            (outcome,) = await asyncio.gather(running, return_exceptions=True)
            confinement.close()
            subnet.close()
    if isinstance(outcome, Exception):
        raise outcome


async def _first_of(running: "asyncio.Future[list[None]]", asked: asyncio.Event) -> None:
    running.add_done_callback(lambda _: asked.set())
    await asked.wait()


def _populate(store: Store) -> None:
    for name in _NAMESPACES:
        store.create(NAMESPACES, admission.admit(NAMESPACES, {"metadata": {"name": name}}))
    store.create(STORAGE_CLASSES, admission.admit(STORAGE_CLASSES, STANDARD))


def _lives(store: Store, namespace: str, name: str, uid: str) -> bool:
    pod = store.find(PODS, namespace, name)
    return pod is not None and pod["metadata"]["uid"] == uid


def _base_env(state: Path, server: str) -> dict[str, str]:
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
        leftovers.SERVER: server,
        **{name: os.environ[name] for name in inherited if name in os.environ},
    }


def _append(audit: BinaryIO, line: AuditLine) -> None:
    audit.write(orjson.dumps(asdict(line), option=orjson.OPT_APPEND_NEWLINE))


def _announce(out: TextIO, state: Path, url: str, subnet: Subnet) -> None:
    line = {"kubeconfig": str(state / "kubeconfig"), "server": url, "subnet": subnet.cidr}
    print(orjson.dumps(line).decode(), file=out, flush=True)


@dataclass(frozen=True)
class _Layout:
    """How many nodes there are, of what size, and how they report."""

    count: int
    size: node.Size
    times: NodeTimes


def _layout(options: argparse.Namespace) -> _Layout:
    if not 1 <= options.nodes <= node.MOST:
        raise BadInput(f"--nodes {options.nodes}: give a number from 1 to {node.MOST}")
    share = node.share(options.nodes)
    try:
        cpu = quantities.parse(options.node_cpu) * 1000 if options.node_cpu else share.cpu_millis
        memory = quantities.parse(options.node_memory) / 1024 if options.node_memory else share.memory_kib
    except ValueError as error:
        raise BadInput(f"--node-cpu, --node-memory: {error}") from None
    times = NodeTimes.at_clock(options.clock)
    if options.node_grace is not None:
        if options.node_grace < times.renewal_s:
            raise BadInput(f"--node-grace {options.node_grace:g}: leases are renewed every {times.renewal_s:g} s")
        times = replace(times, grace_s=options.node_grace)
    return _Layout(options.nodes, node.Size(int(cpu), int(memory), options.node_pods), times)


def _limits(options: argparse.Namespace) -> BackOffLimits:
    if options.clock <= 0:
        raise BadInput(f"--clock {options.clock:g}: the drill clock runs forwards; give a number above 0")
    scaled = BackOffLimits.at_clock(options.clock)
    base_s = scaled.base_s if options.crash_base is None else options.crash_base
    cap_s = max(base_s, scaled.cap_s if options.crash_cap is None else options.crash_cap)
    if base_s <= 0:
        raise BadInput(f"--crash-base {base_s:g}: give seconds above 0")
    return BackOffLimits(base_s, cap_s)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator.cluster", description="An embedded Kubernetes.")
    parser.add_argument("--state", required=True, metavar="DIR", help="folder for kubeconfig, audit log and pods")
    parser.add_argument("--hide", type=Path, metavar="DIR", help="what pods may not read beside it; holds the state")
    parser.add_argument("--clock", type=float, default=1.0, help="drill clock; scales the crash back-off")
    parser.add_argument("--crash-base", type=float, metavar="S", help="first crash back-off (wall seconds)")
    parser.add_argument("--crash-cap", type=float, metavar="S", help="longest crash back-off (wall seconds)")
    parser.add_argument("--images", type=Path, metavar="FILE", help="images beside the shipped ones, as YAML")
    parser.add_argument("--nodes", type=int, default=1, metavar="N", help="a control plane and N - 1 workers")
    parser.add_argument("--node-cpu", metavar="CPU", help="cores of each node, such as 4 or 1500m")
    parser.add_argument("--node-memory", metavar="MEMORY", help="memory of each node, such as 8Gi")
    parser.add_argument("--node-pods", type=int, default=1000, metavar="N", help="most pods of each node")
    parser.add_argument("--node-grace", type=float, metavar="S", help="silence of a node that is borne (wall seconds)")
    parser.add_argument("--verbose", action="store_true", help="log details")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
