"""One container: pulled, created, started, probed, ended, and started again as its restart policy says."""

import asyncio
import logging
import secrets
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.cluster.kubelet import amounts, container_log, hooks, probes, probing, termination, volumes
from simulator.cluster.kubelet.back_off import BackOff
from simulator.cluster.kubelet.container_log import ContainerLog
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.kubelet.host import Host, Node, Teller
from simulator.cluster.kubelet.images import catalogue, pulling
from simulator.cluster.kubelet.images.catalogue import Image
from simulator.cluster.kubelet.processes import launching
from simulator.cluster.kubelet.processes.process_table import MARK, Watched
from simulator.cluster.kubelet.processes.spawning import StartError
from simulator.cluster.kubelet.shown import Shown
from simulator.cluster.kubelet.streams.attaching import Attached, Audience
from simulator.cluster.kubelet.streams.executing import Executed, Place
from simulator.cluster.store import Object, timestamp

RETRY_S = 1.0
"""How soon a container that lacks a ConfigMap or Secret is tried again."""
TURN_S = 0.05
"""Between any two restarts on the machine, so that pods which die at once leave it time for others."""
_log = logging.getLogger(__name__)


class Container:
    """The life of one container of one pod."""

    def __init__(self, spec: Object, host: Host, node: Node, *, restart_policy: str, is_init: bool) -> None:
        self.spec = spec
        self.name: str = spec["name"]
        self.shown = Shown(self.name, host.changed, is_init=is_init)
        self.log: ContainerLog | None = None
        self.last_instance = -1
        self.started = asyncio.Event()
        self._host = host
        self._node = node
        self._restart_policy = restart_policy
        self._tell = Teller(host, node.events, f"spec.{'initContainers' if is_init else 'containers'}{{{self.name}}}")
        self._process: launching.Process | None = None
        self._target: probes.Target | None = None
        self._place: Place | None = None
        self._audience = Audience(is_expected=bool(self.spec.get("stdin")))
        self._settled = asyncio.Event()
        self._is_stopping = False
        self._was_oom_killed = False
        self._crashes = BackOff(node.limits)
        self._ending: asyncio.Task[None] | None = None

    def status(self) -> Object:
        """Its ContainerStatus."""
        image = catalogue.find(self._node.images, self.spec["image"])
        return self.shown.status(self.spec["image"], image.id if image else "")

    def log_path(self, restart: int) -> Path:
        """Where the log of one instance lies."""
        return self._host.folder / "logs" / self.name / f"{restart}.log"

    async def run(self) -> int:
        """Until it will not run again; returns its last exit code."""
        if (ended := self.shown.state.get("terminated")) is not None:  # before the node was off
            if not self._is_restarted_after(ended["exitCode"]):
                return int(ended["exitCode"])
            self.shown.restart_count += 1
        while True:
            image = await pulling.pulled(lambda: self.spec, self._node, self.shown, self._tell)
            code = await self._run_once(image)
            if self._is_stopping or not self._is_restarted_after(code):
                return code
            await self._back_off()
            async with self._node.restarting:
                await asyncio.sleep(TURN_S)
            if self._is_stopping:
                return code
            self.shown.restart_count += 1
            self._drop_old_logs()

    def respecify(self, spec: Object) -> None:
        """The pod's spec was changed in place, which is allowed for the image: run it anew with that."""
        is_changed = spec["image"] != self.spec["image"]
        self.spec = spec
        if is_changed and self._process is not None and not self._is_stopping:
            self._tell.normal("Killing", f"Container {self.name} definition changed, will be restarted")
            self._ending = asyncio.create_task(self._end(self._pod_grace_s()))

    async def stop(self, grace_s: float) -> None:
        """End it for good: preStop, SIGTERM, and SIGKILL once `grace_s` is over."""
        self._is_stopping = True
        if self._process is None:
            return
        self._tell.normal("Killing", f"Stopping container {self.name}")
        await self._end(grace_s)
        await self._settled.wait()

    def kill(self) -> None:
        """End it for good and at once."""
        self._is_stopping = True
        if self._process is not None:
            self._process.kill()

    def abandon(self) -> None:
        """The node is off: the process is gone, and so is whoever would have seen its end."""
        self.kill()
        if self.log is not None:
            self.log.close()

    def execute(self, command: Sequence[str], *, stdin: bool, tty: bool) -> Executed | None:
        """A client's command in it; None while it does not run."""
        return None if self._place is None else Executed(command, self._place, stdin=stdin, tty=tty)

    def attach(self, *, stdin: bool) -> Attached | None:
        """A client at its own streams; None while it does not run."""
        if self._process is None or self._place is None:
            return None
        takes_input, is_once = bool(self.spec.get("stdin")), bool(self.spec.get("stdinOnce"))
        return Attached(self._process, self._audience, stdin=stdin and takes_input, is_once=is_once)

    async def _run_once(self, image: Image) -> int:
        env = await self._variables(image)
        self.shown.id = secrets.token_hex(32)
        self.last_instance = self.shown.restart_count
        self._was_oom_killed = False
        self.log = ContainerLog(self.log_path(self.last_instance))
        self._tell.normal("Created", "Container created")
        started_at = timestamp()
        mark = f"{self._host.pod['metadata']['uid']}/{self.name}/{self.shown.id[:12]}"
        argv = image.argv(self.spec, env)
        termination.clear(self.spec, self._root)
        is_interactive, has_terminal = bool(self.spec.get("stdin")), bool(self.spec.get("tty"))
        terminal = {"TERM": "xterm"} if has_terminal else {}
        marked = {**terminal, **env, MARK: mark}
        place = Place(marked, self._working_folder(), self._root, self._host.sandbox, set())
        self._audience = Audience(is_expected=bool(self.spec.get("stdin")))
        try:
            process = launching.launch(
                argv,
                place.env,
                place.folder,
                self._on_output,
                place.sandbox.entered(),
                stdin=is_interactive,
                tty=has_terminal,
            )
        except StartError as error:
            self.log.close()
            self._tell.warning("Failed", f"Error: {error}")
            self.shown.terminated(128, "StartError", started_at, f"failed to create containerd task: {error}")
            return 128
        self._process = process
        self._place = place
        self._settled.clear()
        self._node.table.add(
            Watched(process.pid, mark, amounts.memory_limit(self.spec), self._on_excess, self._on_crowd),
            cores=amounts.cpu_limit(self.spec),
        )
        self._tell.normal("Started", "Container started")
        self.shown.running(started_at)
        self._target = probes.Target(self._host.ip, self.spec, env, self._root, self._host.sandbox)
        code = await self._probed_to_the_end(process, self._target)
        self.log.close()
        reason = "OOMKilled" if self._was_oom_killed else "Completed" if code == 0 else "Error"
        message = termination.message(self.spec, self._root, self.log.path, code)
        self.shown.terminated(code, reason, started_at, message)
        self._process = None
        self._settled.set()
        return code

    async def _probed_to_the_end(self, process: launching.Process, target: probes.Target) -> int:
        prober = asyncio.create_task(self._probe(target))
        try:
            code = await asyncio.shield(process.ended)
        finally:
            self._end_streams()
            prober.cancel()
            self.started.clear()
            self._node.table.discard(process.pid)
        for ended in await asyncio.gather(prober, *filter(None, [self._ending]), return_exceptions=True):
            if isinstance(ended, Exception):
                _log.error("container %s: %r", self.name, ended, exc_info=ended)
        self._ending = None
        return code

    def _on_output(self, stream: str, data: bytes) -> None:
        if self.log is not None:
            self.log.write(stream, data)
        self._audience.hear(stream, data)

    def _end_streams(self) -> None:
        """What clients run in it ends with it, and they hear of its end."""
        place, self._place = self._place, None
        for guest in list(place.guests) if place is not None else ():
            guest.kill()
        self._audience.end()

    async def _probe(self, target: probes.Target) -> None:
        """Startup first; then readiness and liveness side by side."""
        await self._post_start(target)
        async with asyncio.TaskGroup() as group:
            if self.spec.get("startupProbe"):
                passed = asyncio.Event()
                startup = group.create_task(
                    self._watch(target, "startup", lambda ok: passed.set() if ok else self._fail("startup"))
                )
                await passed.wait()
                startup.cancel()
            self.started.set()
            self.shown.started(is_ready=not self.spec.get("readinessProbe"))
            if self.spec.get("readinessProbe"):
                group.create_task(self._watch(target, "readiness", self.shown.ready))
            if self.spec.get("livenessProbe"):
                group.create_task(self._watch(target, "liveness", lambda ok: None if ok else self._fail("liveness")))

    async def _watch(self, target: probes.Target, kind: str, on_verdict: Callable[[bool], None]) -> None:
        await probing.probe(
            self.spec[f"{kind}Probe"],
            target,
            is_eager=kind != "liveness",
            on_verdict=on_verdict,
            on_failure=lambda why: self._tell.warning("Unhealthy", f"{kind.capitalize()} probe failed: {why}"),
        )

    def _fail(self, kind: str) -> None:
        if self._is_stopping:
            return
        self._tell.normal("Killing", f"Container {self.name} failed {kind} probe, will be restarted")
        own = self.spec[f"{kind}Probe"].get("terminationGracePeriodSeconds")
        self._ending = asyncio.create_task(self._end(self._pod_grace_s() if own is None else float(own)))

    async def _post_start(self, target: probes.Target) -> None:
        why = await hooks.post_start(self.spec, target)
        if why is not None:
            self._tell.warning("FailedPostStartHook", f"PostStartHook failed: {why}")
            self._tell.normal("Killing", "FailedPostStartHook")
            self._ending = asyncio.create_task(self._end(0))

    async def _end(self, grace_s: float) -> None:
        process = self._process
        if process is None:
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + grace_s
        await self._pre_stop(grace_s)
        process.signal(signal.SIGTERM)
        # As the kubelet: a hook that used up the grace leaves two seconds to the process.
        left_s = max(until - loop.time(), 2.0 if grace_s and hooks.has_pre_stop(self.spec) else 0.0)
        done, _ = await asyncio.wait([process.ended], timeout=left_s)
        if not done:
            process.kill()
            await asyncio.wait([process.ended])

    async def _pre_stop(self, grace_s: float) -> None:
        why = await hooks.pre_stop(self.spec, self._target, grace_s) if self._target is not None else None
        if why is not None:
            self._tell.warning("FailedPreStopHook", f"PreStopHook failed: {why}")

    async def _variables(self, image: Image) -> dict[str, str]:
        while True:
            try:
                return {**image.variables(self._node.base_env), **self._host.variables(self.spec)}
            except ConfigError as error:
                self._tell.warning("Failed", f"Error: {error}")
                self.shown.waiting("CreateContainerConfigError", str(error))
                await asyncio.sleep(RETRY_S)

    async def _back_off(self) -> None:
        wait_s = self._crashes.after_end(asyncio.get_running_loop().time())
        if not wait_s:
            return
        meta = self._host.pod["metadata"]
        pod = f"{meta['name']}_{meta.get('namespace')}({meta['uid']})"
        self._tell.warning("BackOff", f"Back-off restarting failed container {self.name} in pod {pod}")
        words = f"back-off {_go_duration(wait_s)} restarting failed container={self.name} pod={pod}"
        self.shown.waiting("CrashLoopBackOff", words)
        await asyncio.sleep(wait_s)

    def _is_restarted_after(self, code: int) -> bool:
        return self._restart_policy == "Always" or (self._restart_policy == "OnFailure" and code != 0)

    def _on_crowd(self) -> None:
        self._host.evict("The node was low on resource: pids. ")

    def _on_excess(self) -> None:
        self._was_oom_killed = True

    def _pod_grace_s(self) -> float:
        return float(self._host.pod["spec"].get("terminationGracePeriodSeconds", 30))

    @property
    def _root(self) -> Path:
        return self._host.folder / "root"

    def _working_folder(self) -> Path:
        folder = volumes.inside(self._root, str(self.spec.get("workingDir") or ""))
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _drop_old_logs(self) -> None:
        """Two instances are kept: the running one and the one before it."""
        path = self.log_path(self.shown.restart_count - 2)
        path.unlink(missing_ok=True)
        container_log.older(path).unlink(missing_ok=True)


def _go_duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"
