"""Everything that stands around a drill: watchdog, scoring, cluster, app, monitor and load, each real and each owned.

A stage is set once for a game day and struck at its end, in reverse order, whatever happened in between.
"""

import asyncio
import dataclasses
import json
import os
import secrets
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulator.drill import embedded
from simulator.drill.alert_relay import AlertRelay
from simulator.drill.children import Child, start, start_and_greet
from simulator.drill.kube import Kube, Snapshot
from simulator.drill.load_feed import LoadFeed
from simulator.drill.monitoring import Places, start_monitor, targets_down, write_monitoring
from simulator.drill.oracle import Oracle
from simulator.drill.plan import Plan
from simulator.drill.reach import address_of
from simulator.drill.scoring_client import ScoringClient
from simulator.drill.shell import DrillShell, lay_out_tools, shell_environment
from simulator.drill.target import Endpoint
from simulator.drill.watchdog import Orders
from simulator.errors import NotPossible
from simulator.processes import marked, sweep

READY_LIMIT_S = 90.0
PACE_S = 0.1
WARM_UP_S = 2.0
LOAD_LIMIT_S = 4 * 3600

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tokens:
    """One secret for each party at the scoring service of this run."""

    facilitator: str
    responder: str
    ingest: str


class Guard:
    """The runner's end of the watchdog: what to do should the runner die from here on."""

    def __init__(self, child: Child, orders: Orders) -> None:
        self._child = child
        self._orders = orders

    async def order(self, **changes: object) -> None:
        """Replace parts of the orders."""
        self._orders = dataclasses.replace(self._orders, **changes)  # type: ignore[arg-type]
        await self._child.say(json.dumps(dataclasses.asdict(self._orders)))

    async def dismiss(self) -> None:
        """All is clean: let the watchdog go."""
        await self._child.say('{"done": true}')
        await asyncio.wait_for(self._child.process.wait(), 5)


@dataclass
class Stage:
    """What a drill works with. URLs are `http://host:port`."""

    plan: Plan
    mark: str
    folder: Path
    tokens: Tokens
    guard: Guard
    kube: Kube
    snapshot: Snapshot
    scoring: ScoringClient
    oracle: Oracle
    feed: LoadFeed
    prometheus_url: str
    addresses: dict[str, str]
    shell: DrillShell

    @property
    def chaos_env(self) -> dict[str, str]:
        """The environment that experiments read their configuration from."""
        target = self.plan.target
        return {
            **marked(self.mark),
            "KUBECONFIG": str(self.kube.kubeconfig),
            **({"KUBERNETES_CONTEXT": self.plan.options.context} if self.plan.options.context else {}),
            "TARGET_URL": f"http://{self.addresses[target.app.service]}",
            "DATABASE_URL": self.database_url,
            **{
                f"{endpoint.service.upper().replace('-', '_')}_URL": f"http://{self.addresses[endpoint.service]}"
                for endpoint in target.providers
            },
        }

    @property
    def database_url(self) -> str:
        """The on-call engineer's way to the database."""
        target = self.plan.target
        return target.on_call_database_url.format(address=self.addresses[target.database.service])


@asynccontextmanager
async def set_stage(plan: Plan, say: Say) -> AsyncIterator[Stage]:
    """Bring everything up, tell `say` what is going on, and take it all down in the end. Raises `NotPossible`."""
    run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
    mark, folder = f"run-{run}", plan.root / ".gameday" / "runs" / run
    folder.mkdir(parents=True)
    tokens = Tokens(*(secrets.token_urlsafe(24) for _ in range(3)))
    async with AsyncExitStack() as owner:
        guard = await _start_guard(mark, folder, owner)
        scoring_task = asyncio.create_task(_start_scoring(plan, mark, folder, tokens, guard, owner))
        try:
            say("starting the cluster and the app")
            kubeconfig = await _open_cluster(plan, guard, mark, owner, say)
            kube = await asyncio.to_thread(Kube, kubeconfig, plan.options.context, plan.target.namespace)
            await deploy(plan, kube, say)
        finally:
            scoring_url = await scoring_task
        say("starting load and monitor")
        addresses = {
            endpoint.service: await address_of(kube, endpoint, owner, plan.options.context, folder / "forward.log")
            for endpoint in _endpoints(plan)
        }
        load, signal = await _start_load(plan, addresses, mark, folder, owner)
        feed = LoadFeed(load)
        owner.push_async_callback(feed.close)
        places = Places(kubeconfig, signal, scoring_url, tokens.ingest)
        prometheus_url = await _open_monitor(plan, places, mark, folder, owner)
        scoring = ScoringClient(scoring_url, tokens.facilitator)
        owner.push_async_callback(scoring.close)
        if plan.options.prometheus is not None:
            owner.push_async_callback(AlertRelay(prometheus_url, scoring).close)
        stage = Stage(
            plan=plan,
            mark=mark,
            folder=folder,
            tokens=tokens,
            guard=guard,
            kube=kube,
            snapshot=await asyncio.to_thread(kube.snapshot),
            scoring=scoring,
            oracle=None,  # type: ignore[arg-type]
            feed=feed,
            prometheus_url=prometheus_url,
            addresses=addresses,
            shell=None,  # type: ignore[arg-type]
        )
        stage.oracle = Oracle(kube, prometheus_url, stage.database_url, plan.target.canary_sql)
        owner.push_async_callback(stage.oracle.close)
        stage.shell = _open_shell(stage)
        await _wait_for_targets(prometheus_url)
        yield stage


async def deploy(plan: Plan, kube: Kube, say: Say) -> None:
    """Apply the target's manifests and wait until every Deployment is whole. Raises `NotPossible`."""
    await embedded.apply(kube.kubeconfig, plan.options.context, plan.target.manifests)
    await wait_until_ready(kube, say)


async def wait_until_ready(kube: Kube, say: Say) -> None:
    """Wait for all Deployments of the namespace. Raises `NotPossible` that names what is missing."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_LIMIT_S
    while waiting := await asyncio.to_thread(kube.unready):
        if loop.time() > deadline:
            raise NotPossible(
                f"not ready after {READY_LIMIT_S:g} s: {', '.join(waiting)}; "
                f"see kubectl --kubeconfig {kube.kubeconfig} -n {kube.namespace} get pods,events"
            )
        say(f"waiting for {', '.join(waiting)}")
        await asyncio.sleep(PACE_S)


async def _start_guard(mark: str, folder: Path, owner: AsyncExitStack) -> Guard:
    child = await start(
        "watchdog",
        [sys.executable, "-m", "simulator.drill.watchdog"],
        env=marked(f"{mark}-watchdog"),
        log=folder / "watchdog.log",
        outlives_parent=True,
    )
    await child.hear(15.0)
    guard = Guard(child, Orders())
    owner.push_async_callback(guard.dismiss)
    owner.callback(sweep, mark)
    await guard.order(marks=[mark])
    return guard


async def _start_scoring(
    plan: Plan, mark: str, folder: Path, tokens: Tokens, guard: Guard, owner: AsyncExitStack
) -> str:
    env = {
        **marked(mark),
        "GAMEDAY_FACILITATOR_TOKEN": tokens.facilitator,
        "GAMEDAY_RESPONDER_TOKEN": tokens.responder,
        "GAMEDAY_INGEST_TOKEN": tokens.ingest,
    }
    database = str(folder / "scoring.db")
    argv = [sys.executable, "-m", "scoring", "--database", database, "--listen", "127.0.0.1:0"]
    child = await start("scoring", argv, env=env, log=folder / "scoring.log", outlives_parent=True)
    owner.push_async_callback(child.stop)
    url = str((await child.hear(30.0))["url"])
    await guard.order(spare=[child.process.pid], abort={"url": url, "token": tokens.ingest})
    return url


async def _open_cluster(plan: Plan, guard: Guard, mark: str, owner: AsyncExitStack, say: Say) -> Path:
    """The kubeconfig of the cluster to play on: the user's, the one that is up, or a new one."""
    if plan.options.kubeconfig is not None:
        await guard.order(is_cluster_kept=True)
        return plan.options.kubeconfig.resolve()
    found = await asyncio.to_thread(embedded.running, plan.root)
    if found is not None:
        await guard.order(is_cluster_kept=True)
        say(f"the cluster is up already at {found.server}")
        return Path(found.kubeconfig)
    _, cluster = await embedded.up(plan.root, plan.clock.factor, outlives_us=plan.options.keep)
    await guard.order(marks=[mark, cluster.mark])
    if not plan.options.keep:
        owner.callback(embedded.remove, plan.root, cluster)
    return Path(cluster.kubeconfig)


async def _start_load(
    plan: Plan, addresses: dict[str, str], mark: str, folder: Path, owner: AsyncExitStack
) -> tuple[Child, str]:
    child, hello = await start_and_greet(
        "load",
        [
            sys.executable,
            "-m",
            "simulator.load",
            "--host",
            f"http://{addresses[plan.target.app.service]}",
            "--users",
            str(plan.users),
            "--signal-port",
            "0",
            "--warm-up",
            f"{WARM_UP_S:g}",
            "--seconds",
            str(LOAD_LIMIT_S),
        ],
        env=marked(mark),
        log=folder / "load.log",
    )
    owner.push_async_callback(child.stop)
    return child, str(hello["signal"])


async def _open_monitor(plan: Plan, places: Places, mark: str, folder: Path, owner: AsyncExitStack) -> str:
    if plan.options.prometheus is not None:
        return plan.options.prometheus.rstrip("/")
    config = write_monitoring(plan.target, places, plan.clock, folder / "monitor")
    return await start_monitor(config, plan.clock, marked(mark), owner, folder / "monitor.log")


async def _wait_for_targets(url: str, limit_s: float = 15.0) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while True:
        try:
            down = await targets_down(url)
        except NotPossible as error:
            down = [str(error)]
        if not down:
            return
        if loop.time() > deadline:
            raise NotPossible(f"the monitor cannot read {'; '.join(down)}")
        await asyncio.sleep(PACE_S)


def _open_shell(stage: Stage) -> DrillShell:
    env = shell_environment(
        marked(stage.mark, os.environ),
        tools=lay_out_tools(stage.folder / "bin"),
        kubeconfig=stage.kube.kubeconfig,
        variables={
            "DATABASE_URL": stage.database_url,
            "PROMETHEUS_URL": stage.prometheus_url,
            "TARGET_URL": f"http://{stage.addresses[stage.plan.target.app.service]}",
        },
    )
    return DrillShell(env, stage.folder)


def _endpoints(plan: Plan) -> list[Endpoint]:
    return [plan.target.app, plan.target.database, *plan.target.providers]
