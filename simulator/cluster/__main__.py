"""`python -m simulator.cluster --state DIR`: a whole cluster in one process, until SIGTERM or SIGINT.

Prints one JSON line when the API answers: `{"kubeconfig": ..., "server": ..., "subnet": ...}`. Logs go to stderr.
"""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from simulator.cluster import leftovers
from simulator.cluster.kubelet import volumes
from simulator.cluster.kubelet.back_off import BackOffLimits
from simulator.cluster.kubelet.images import catalogue
from simulator.cluster.kubelet.nodes import node
from simulator.cluster.kubelet.nodes.times import NodeTimes
from simulator.cluster.kubelet.sandbox import mount_namespace
from simulator.cluster.objects import quantities
from simulator.cluster.server import Settings, serve
from simulator.errors import BadInput, GamedayError


def main(arguments: Sequence[str]) -> int:
    """Run until told to end; the exit status is that of `simulator.errors`."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what `nohup` leaves ignored, every pod would inherit
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        settings = _settings(options)
        with leftovers.sole_owner(settings.state), leftovers.reaped() as server:
            leftovers.end(settings.state)
            for folder in ("pods", "volumes"):
                volumes.remove(settings.state / folder)
            # Only now: without root, what a former cluster left cannot be looked into from a namespace beside it.
            settings = replace(settings, unlimited=_move_apart())
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    runner.run(serve(settings, server))
            finally:
                leftovers.end(settings.state)
    except GamedayError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


def _move_apart() -> str | None:
    """Into a mount namespace of our own; why we could not."""
    fault = mount_namespace.why_not()
    if fault is None:
        mount_namespace.enter()
    return fault


def _settings(options: argparse.Namespace) -> Settings:
    if options.clock <= 0:
        raise BadInput(f"--clock {options.clock:g}: the drill clock runs forwards; give a number above 0")
    if not 1 <= options.nodes <= node.MOST:
        raise BadInput(f"--nodes {options.nodes}: give a number from 1 to {node.MOST}")
    state = options.state.resolve()
    private = (options.hide or state).resolve()
    if not state.is_relative_to(private):
        raise BadInput(f"--hide {private}: the state folder {state} does not lie in it; name a folder above that")
    own = [image for path in options.images for image in catalogue.read(path)]
    return Settings(
        state, private, catalogue.shipped(*own), _limits(options), options.nodes, _size(options), _times(options)
    )


def _limits(options: argparse.Namespace) -> BackOffLimits:
    scaled = BackOffLimits.at_clock(options.clock)
    base_s = scaled.base_s if options.crash_base is None else options.crash_base
    cap_s = max(base_s, scaled.cap_s if options.crash_cap is None else options.crash_cap)
    if base_s <= 0:
        raise BadInput(f"--crash-base {base_s:g}: give seconds above 0")
    return BackOffLimits(base_s, cap_s)


def _size(options: argparse.Namespace) -> node.Size:
    share = node.share(options.nodes)
    try:
        cpu = quantities.parse(options.node_cpu) * 1000 if options.node_cpu else share.cpu_millis
        memory = quantities.parse(options.node_memory) / 1024 if options.node_memory else share.memory_kib
    except ValueError as error:
        raise BadInput(f"--node-cpu, --node-memory: {error}") from None
    return node.Size(int(cpu), int(memory), options.node_pods)


def _times(options: argparse.Namespace) -> NodeTimes:
    times = NodeTimes.at_clock(options.clock)
    if options.node_grace is None:
        return times
    if options.node_grace < times.renewal_s:
        raise BadInput(f"--node-grace {options.node_grace:g}: leases are renewed every {times.renewal_s:g} s")
    return replace(times, grace_s=options.node_grace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator.cluster", description="An embedded Kubernetes.")
    add = parser.add_argument
    add("--state", required=True, type=Path, metavar="DIR", help="folder for kubeconfig, audit log and pods")
    add("--hide", type=Path, metavar="DIR", help="what pods may not read besides; the state folder lies in it")
    add("--clock", type=float, default=1.0, help="drill clock; scales the crash back-off and how long nodes are missed")
    add("--crash-base", type=float, metavar="S", help="first crash back-off (wall seconds)")
    add("--crash-cap", type=float, metavar="S", help="longest crash back-off (wall seconds)")
    add("--images", type=Path, action="append", default=[], metavar="FILE", help="more images, as YAML; repeatable")
    add("--nodes", type=int, default=1, metavar="N", help="a control plane and N - 1 workers")
    add("--node-cpu", metavar="CPU", help="cores of each node, such as 4 or 1500m")
    add("--node-memory", metavar="MEMORY", help="memory of each node, such as 8Gi")
    add("--node-pods", type=int, default=1000, metavar="N", help="most pods of each node")
    add("--node-grace", type=float, metavar="S", help="silence of a node that is borne (wall seconds)")
    add("--verbose", action="store_true", help="log details")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
