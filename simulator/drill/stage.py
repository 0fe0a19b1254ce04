"""Everything that stands around a drill: watchdog, scoring, cluster, app, monitor and load, each real and each owned.

A stage is set once for a game day and struck at its end, in reverse order, whatever happened in between.
"""

import asyncio
import os
import secrets
import sys
import uuid
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.drill import embedded, halts, scoring_service
from simulator.drill.alert_relay import AlertRelay
from simulator.drill.app.workload import chaos_variables, find_workload, known_as, shell_variables
from simulator.drill.belongings import Snapshot
from simulator.drill.canary import canary_reader
from simulator.drill.children import start_and_greet
from simulator.drill.claim import Claim, NoNamespace
from simulator.drill.claiming import claim_alone
from simulator.drill.deploying import Say, deploy
from simulator.drill.embedded import Shape
from simulator.drill.guard import Guard, alone_in, start_guard
from simulator.drill.kube import Kube
from simulator.drill.load_feed import LoadFeed
from simulator.drill.monitoring import Places, start_monitor, wait_for_targets, write_monitoring
from simulator.drill.oracle import Oracle
from simulator.drill.pace import Pace
from simulator.drill.plan import Plan
from simulator.drill.reach import Addresses, find_addresses
from simulator.drill.scoring_client import ScoringClient
from simulator.drill.shell import DrillShell
from simulator.drill.shell.environment import Equipment, equip, host_names, lay_out_tools, lead_to
from simulator.drill.shell.names import answer_names
from simulator.drill.surroundings import SIGNAL_PORT
from simulator.drill.together import together, unless
from simulator.errors import NotPossible
from simulator.processes import marked

WARM_UP_S = 2.0
LOAD_LIMIT_S, LOAD_LIMIT_OF_PEOPLE_S = 4 * 3600, 24 * 3600


@dataclass(frozen=True)
class Tokens:
    """One secret for each party at the scoring service of this run."""

    facilitator: str
    responder: str
    ingest: str


@dataclass(frozen=True)
class Run:
    """One run of the command: its plan, its mark, and the folder for its logs and databases."""

    plan: Plan
    id: str
    tokens: Tokens

    @property
    def mark(self) -> str:
        """What all processes of the run carry."""
        return f"run-{self.id}"

    @property
    def folder(self) -> Path:
        """`.gameday/runs/<id>`."""
        return self.plan.root / ".gameday" / "runs" / self.id


@dataclass(frozen=True)
class Stage:
    """What a drill works with."""

    run: Run
    guard: Guard
    kube: Kube
    claim: Claim
    snapshot: Snapshot
    scoring: ScoringClient
    oracle: Oracle
    feed: LoadFeed
    pace: Pace
    prometheus_url: str
    variables: Mapping[str, str]
    """What experiments read their configuration from: addresses, names, and what they change."""
    shell: DrillShell
    equipment: Equipment
    """What the drill shell has, for the seat of a person too."""

    @property
    def plan(self) -> Plan:
        """What the run was asked for."""
        return self.run.plan

    @property
    def chaos_env(self) -> dict[str, str]:
        """The environment that experiments read their configuration from."""
        context = self.plan.options.context
        is_embedded = self.plan.options.kubeconfig is None
        return {
            **marked(self.run.mark),
            **(embedded.power_commands(self.plan.root) if is_embedded else {}),
            "KUBECONFIG": str(self.kube.kubeconfig),
            "PROMETHEUS_URL": self.prometheus_url,
            **({"KUBERNETES_CONTEXT": context} if context else {}),
            **self.variables,
        }

    def stops(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What may stop a drill from outside, whatever it does: each waits, and raises `Stopped` that says why."""
        return halts.watch_machine(), halts.watch_cluster(self.kube), self.claim.watch()


@asynccontextmanager
async def set_stage(plan: Plan, say: Say, *, deploying: bool = True) -> AsyncIterator[Stage]:
    """Bring everything up, tell `say` what is going on, and take it all down in the end. Raises `NotPossible`.

    `deploying`: whether to apply the app's manifests first; without, the app is taken as it is.
    """
    id_ = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
    run = Run(plan, id_, Tokens(*(secrets.token_urlsafe(24) for _ in range(3))))
    halts.check_machine()
    run.folder.mkdir(parents=True)
    async with AsyncExitStack() as owner:
        owner.enter_context(alone_in(plan.root))
        yield await unless(_set(run, owner, say, deploying=deploying), halts.watch_machine())


async def _set(run: Run, owner: AsyncExitStack, say: Say, *, deploying: bool) -> Stage:
    plan = run.plan
    guard = await start_guard(run.mark, run.folder, owner)
    async with together() as group:  # the two take their time, and neither needs the other
        starting_scoring = group.create_task(_start_scoring(run, guard, owner))
        opening_cluster = group.create_task(_open_cluster(run, guard, owner, say, deploying=deploying))
    scoring_url, claim = starting_scoring.result(), opening_cluster.result()
    kube = claim.kube
    say("starting load and monitor")
    context = plan.options.context
    workload = find_workload(await asyncio.to_thread(kube.deployments), plan.target)
    plan = replace(plan, target=known_as(plan.target, workload))
    run, target = replace(run, plan=plan), plan.target
    addresses = await find_addresses(kube, target, owner, context, run.folder / "forward.log")
    feed, signal = await _start_load(run, addresses, owner)
    places = Places(kube.kubeconfig, signal, scoring_url, run.tokens.ingest)
    prometheus_url, keeping_time = await _open_monitor(run, places, owner)
    pace = Pace([os.getpid(), feed.pid, *keeping_time], prometheus_url)
    owner.push_async_callback(pace.close)
    scoring = ScoringClient(scoring_url, run.tokens.facilitator)
    owner.push_async_callback(scoring.close)
    if plan.options.prometheus is not None:
        owner.push_async_callback(AlertRelay(prometheus_url, scoring).close)
    oracle = Oracle(kube, prometheus_url, canary_reader(target.canary, addresses))
    owner.push_async_callback(oracle.close)
    snapshot = await asyncio.to_thread(kube.snapshot)
    told = {**addresses.variables, **shell_variables(target, workload, addresses.app_url)}
    equipment = _equip(run, kube, {**told, "PROMETHEUS_URL": prometheus_url}, prometheus_url)
    names = await owner.enter_async_context(answer_names(equipment.hosts))
    shell = DrillShell(equipment.over(marked(run.mark, os.environ), names), run.folder)
    known = {**told, **chaos_variables(target, workload)}
    return Stage(
        run, guard, kube, claim, snapshot, scoring, oracle, feed, pace, prometheus_url, known, shell, equipment
    )


async def _start_scoring(run: Run, guard: Guard, owner: AsyncExitStack) -> str:
    env = {
        **marked(run.mark),
        "GAMEDAY_FACILITATOR_TOKEN": run.tokens.facilitator,
        "GAMEDAY_RESPONDER_TOKEN": run.tokens.responder,
        "GAMEDAY_INGEST_TOKEN": run.tokens.ingest,
    }
    people = run.plan.people
    wishes = scoring_service.Wishes(env, run.folder, people.notify if people else None)
    return await scoring_service.start_scoring(wishes, run.tokens.ingest, guard, owner)


async def _open_cluster(run: Run, guard: Guard, owner: AsyncExitStack, say: Say, *, deploying: bool) -> Claim:
    """The cluster to play on, claimed, with the app on it: the user's, the one that is up, or a new one."""
    plan = run.plan
    say("starting the cluster and the app")
    kubeconfig = await _find_cluster(run, guard, owner, say)
    kube = await asyncio.to_thread(Kube, kubeconfig, plan.options.context, plan.target.namespace)
    if plan.nodes > 1:
        _check_nodes(await asyncio.to_thread(kube.node_count), plan)
    context = plan.options.context
    claim = None
    with suppress(NoNamespace):
        claim = await claim_alone(kube, context, run.id, guard, owner)
    if deploying:
        await deploy(kube, context, plan.target, run.folder / "manifests", say)
    return claim or await claim_alone(kube, context, run.id, guard, owner)


def _check_nodes(count: int, plan: Plan) -> None:
    """Raises `NotPossible` if the cluster is too small for what is played."""
    if count >= plan.nodes:
        return
    mend = f"'gameday down', then play again or 'gameday up --nodes {plan.nodes}'"
    if plan.options.kubeconfig is not None:
        mend = "name a context of a larger one, or leave --kubeconfig out to play on an embedded one"
    raise NotPossible(f"the cluster has {count} of the {plan.nodes} nodes that this drill needs; {mend}")


async def _find_cluster(run: Run, guard: Guard, owner: AsyncExitStack, say: Say) -> Path:
    plan = run.plan
    if plan.options.kubeconfig is not None:
        await guard.order(is_cluster_kept=True)
        return plan.options.kubeconfig.resolve()
    found = await asyncio.to_thread(embedded.running, plan.root)
    if found is not None:
        await guard.order(is_cluster_kept=True)
        say(f"the cluster is up already at {found.server}")
        return Path(found.kubeconfig)
    shape = Shape(plan.nodes, plan.target.images)
    cluster = await embedded.up(plan.root, plan.clock.factor, outlives_us=plan.options.keep, shape=shape)
    await guard.order(marks=[run.mark, cluster.mark])

    def strike(kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None or not plan.options.keep:
            embedded.remove(plan.root, cluster)

    owner.push(strike)
    return Path(cluster.kubeconfig)


async def _start_load(run: Run, addresses: Addresses, owner: AsyncExitStack) -> tuple[LoadFeed, str]:
    traffic = run.folder / "traffic.json"
    traffic.write_text(run.plan.target.load.model_dump_json())
    argv = [sys.executable, "-m", "simulator.load", "--host", addresses.app_url, "--traffic", str(traffic)]
    argv += ["--users", str(run.plan.users)]
    signal_port = 0 if run.plan.options.prometheus is None else SIGNAL_PORT
    seconds = LOAD_LIMIT_OF_PEOPLE_S if run.plan.people else LOAD_LIMIT_S
    argv += ["--warm-up", f"{WARM_UP_S:g}", "--seconds", str(seconds), "--signal-port", str(signal_port)]
    env = {**marked(run.mark), **addresses.variables}
    child, hello = await start_and_greet("load", argv, env=env, log=run.folder / "load.log")
    owner.push_async_callback(child.stop)
    feed = LoadFeed(child)
    owner.push_async_callback(feed.close)
    return feed, str(hello["signal"])


async def _open_monitor(run: Run, places: Places, owner: AsyncExitStack) -> tuple[str, list[int]]:
    """The monitor's URL, and its process if that is ours."""
    plan, pids = run.plan, []
    if plan.options.prometheus is not None:
        url = plan.options.prometheus.rstrip("/")
    else:
        config = write_monitoring(plan.target, places, plan.clock, run.folder / "monitor")
        log = run.folder / "monitor.log"
        url, pid = await start_monitor(config, plan.target, plan.clock, marked(run.mark), owner, log)
        pids = [pid]
    await wait_for_targets(url)
    return url, pids


def _equip(run: Run, kube: Kube, variables: Mapping[str, str], prometheus_url: str) -> Equipment:
    target = run.plan.target
    return equip(
        tools=lay_out_tools(run.folder / "bin"),
        kubeconfig=lead_to(kube.kubeconfig, run.plan.options.context, target.namespace, run.folder),
        variables=variables,
        hosts=host_names(prometheus_url, (target.app, *target.others), variables, target.namespace),
    )
