"""What the command line does besides playing: up, down, status, show, validate."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from simulator.cluster.kubelet.images import catalogue
from simulator.drill import embedded, halts, unfinished
from simulator.drill.app.watching import known_alerts
from simulator.drill.catalog import experiment_file, package_folder, shipped_experiments
from simulator.drill.claim import in_progress
from simulator.drill.deploying import Say, deploy
from simulator.drill.documents import shown
from simulator.drill.embedded import Cluster, Shape
from simulator.drill.experiment import read_experiment
from simulator.drill.guard import alone_in
from simulator.drill.kube import Kube
from simulator.drill.runbook import read_runbook
from simulator.drill.target import SAMPLE, Target, read_target
from simulator.errors import BadInput


async def bring_up(root: Path, clock: float, target: Target | None, say: Say, shape: Shape) -> Cluster:
    """The embedded cluster, left running, with the app on it where there is one.

    If it is up already, the app is applied again. Raises `BadInput`, and `NotPossible` where it cannot be brought up.
    """
    if target is not None:
        if target.existing is not None:
            raise BadInput(f"{shown(target.file)}: the app runs on a cluster of yours; there is nothing to bring up")
        shape = replace(shape, images=(*target.images, *shape.images))
    for path in shape.images:
        catalogue.read(path)
    with alone_in(root):
        return await _bring_up(root, clock, target, shape, say)


def take_down(root: Path) -> bool:
    """End the embedded cluster; False if none was up. Raises `NotPossible` while a game day is played on it."""
    with alone_in(root):
        cluster = embedded.running(root)
        if cluster is None:
            return False
        embedded.remove(root, cluster)
        return True


async def _bring_up(root: Path, clock: float, target: Target | None, shape: Shape, say: Say) -> Cluster:
    cluster = await asyncio.to_thread(embedded.running, root)
    is_new = cluster is None
    if cluster is None:
        say("starting the cluster")
        cluster = await embedded.up(root, clock, outlives_us=True, shape=shape)
    if target is None:
        return cluster
    try:
        kube = await asyncio.to_thread(Kube, Path(cluster.kubeconfig), None, target.namespace)
        say("applying the app's manifests")
        await deploy(kube, None, target, root / ".gameday" / "manifests", lambda _: None)
    except BaseException:
        if is_new:
            embedded.remove(root, cluster)
        raise
    return cluster


def describe(root: Path, target: Target, kubeconfig: Path | None = None, context: str | None = None) -> Iterator[str]:
    """What is up in this folder, or on a cluster of the user's, and what keeps drills from it, a line each."""
    if halt := halts.machine_halt():
        yield f"drills      of this user on this machine: {halts.told(halt)} ('gameday halt --lift')"
    if kubeconfig is None:
        cluster = embedded.running(root)
        if cluster is None:
            yield "nothing is up; 'gameday up' starts the cluster with the app"
            return
        yield f"cluster     {cluster.server} (clock {cluster.clock:g}×, pid {cluster.pid})"
        kubeconfig = Path(cluster.kubeconfig)
    kube = Kube(kubeconfig, context, target.namespace)
    yield f"kubeconfig  {kube.kubeconfig}"
    if kube.exists():
        yield from _drills(kube)
        for name, ready in sorted(kube.ready_replicas().items()):
            yield f"workload    {name}: {ready} ready"
        yield f"app         http://{kube.cluster_ip(target.app.service)}:{target.app.port}"


def _drills(kube: Kube) -> Iterator[str]:
    """What is played there, was left there, or may not be played."""
    if halt := halts.cluster_halt(kube):
        yield f"drills      in namespace {kube.namespace}: {halts.told(halt)} ('gameday halt --lift')"
    if alive := in_progress(kube):
        yield f"drill       {alive}"
    elif left := unfinished.read(kube):
        yield f"drill       {left.told}; 'gameday recover' does that"


def show(name: str) -> Iterator[str]:
    """One experiment for a reader."""
    experiment = read_experiment(experiment_file(name))
    runbook = read_runbook(experiment.runbook)
    truth = experiment.truth
    yield experiment.title
    yield ""
    yield f"failure mode  {truth['failure_mode']}"
    yield f"component     {truth['component']}"
    yield f"severity      {', '.join(f'{level} ({book})' for book, level in truth['severity'].items())}"
    yield f"detection     {', '.join(truth['alerts'])}"
    yield f"file          {shown(experiment.path)}"
    yield f"runbook       {shown(experiment.runbook)}: {runbook.title}"
    for block in runbook.commands("Mitigate"):
        yield from (f"    {line}" for line in block.rstrip().splitlines())


def validate(names: list[str], target: Target) -> Iterator[str]:
    """Check each experiment whole, those of a user's own for the target; yields a line for each that is right.

    Raises the first `BadInput`.
    """
    from chaoslib.exceptions import ChaosException
    from chaoslib.experiment import ensure_experiment_is_valid
    from chaoslib.loader import load_experiment

    logging.getLogger("chaostoolkit").setLevel(logging.CRITICAL)
    of_sample, of_target = known_alerts(read_target(SAMPLE)), known_alerts(target)
    paths = [experiment_file(name) for name in names] or [path for _, path in shipped_experiments()]
    for path in paths:
        is_shipped = path.is_relative_to(package_folder())
        experiment = read_experiment(path, alerts=of_sample if is_shipped else of_target)
        read_runbook(experiment.runbook).commands("Mitigate")
        try:
            ensure_experiment_is_valid(load_experiment(str(path)))
        except ChaosException as error:
            raise BadInput(f"{shown(path)}: Chaos Toolkit refuses it: {error}") from error
        yield f"ok  {shown(path)}"
