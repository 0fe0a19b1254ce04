"""One container: pulled, created, started, probed, ended, and started again as its restart policy says."""

import asyncio
import logging
import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from simulator.cluster import images
from simulator.cluster.event_log import EventLog
from simulator.cluster.images import Image
from simulator.cluster.kubelet import amounts, container_log, environment, launching, probes, probing
from simulator.cluster.kubelet.back_off import BackOff, BackOffLimits
from simulator.cluster.kubelet.container_log import ContainerLog
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.kubelet.process_table import MARK, ProcessTable, Watched
from simulator.cluster.store import Object, timestamp

RETRY_S = 1.0
"""How soon a container that lacks a ConfigMap or Secret is tried again."""
HOOK_S = 60.0
"""Longest time of a postStart hook."""
_BY = "kubelet"
_log = logging.getLogger(__name__)


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


class Host(Protocol):
    """The pod around a container."""

    @property
    def pod(self) -> Object: ...
    @property
    def ip(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    def variables(self, container: Object) -> dict[str, str]: ...
    def changed(self) -> None: ...


class Container:
    """The life of one container of one pod."""

    def __init__(self, spec: Object, host: Host, node: Node, *, restart_policy: str, is_init: bool) -> None:
        self.spec = spec
        self.name: str = spec["name"]
        self.log: ContainerLog | None = None
        self.restart_count = 0
        self.started = asyncio.Event()
        self._host = host
        self._node = node
        self._restart_policy = restart_policy
        self._is_init = is_init
        self._field = f"spec.{'initContainers' if is_init else 'containers'}{{{self.name}}}"
        self._state: Object = {"waiting": {"reason": "ContainerCreating" if is_init else "PodInitializing"}}
        self._last_state: Object = {}
        self._is_ready = False
        self._id = ""
        self._instance = -1
        self._process: launching.Process | None = None
        self._target: probes.Target | None = None
        self._settled = asyncio.Event()
        self._is_stopping = False
        self._was_oom_killed = False
        self._crashes = BackOff(node.limits)
        self._ending: asyncio.Task[None] | None = None

    def waiting(self, reason: str) -> None:
        """Show why it has not started yet."""
        self._state = {"waiting": {"reason": reason}}

    def status(self) -> Object:
        """Its ContainerStatus. Exit codes after a signal are 128 + n, without `signal`, as containerd reports."""
        image = images.find(self._node.images, self.spec["image"])
        status: Object = {
            "name": self.name,
            "state": self._state,
            "lastState": self._last_state,
            "ready": self._is_ready or self._is_init_done(),
            "restartCount": self.restart_count,
            "image": self.spec["image"],
            "imageID": image.id if image and self._id else "",
            "started": self.started.is_set() and "running" in self._state,
        }
        if self._id:
            status["containerID"] = f"gameday://{self._id}"
        return status

    def last_instance(self) -> int:
        """The number of the newest instance that was created, -1 before the first."""
        return self._instance

    def _is_init_done(self) -> bool:
        return self._is_init and (self._state.get("terminated") or {}).get("exitCode") == 0

    def log_path(self, restart: int) -> Path:
        """Where the log of one instance lies."""
        return self._host.folder / self.name / f"{restart}.log"

    async def run(self) -> int:
        """Until it will not run again; returns its last exit code."""
        await self._pulled()
        while True:
            code = await self._run_once()
            if self._is_stopping or not self._is_restarted_after(code):
                return code
            await self._back_off()
            self.restart_count += 1
            self._drop_old_logs()

    async def stop(self, grace_s: float) -> None:
        """End it for good: preStop, SIGTERM, and SIGKILL once `grace_s` is over."""
        self._is_stopping = True
        if self._process is None:
            return
        self._node.events.normal(
            self._host.pod, "Killing", f"Stopping container {self.name}", by=_BY, field=self._field
        )
        await self._end(grace_s)
        await self._settled.wait()

    def kill(self) -> None:
        """End it for good and at once."""
        self._is_stopping = True
        if self._process is not None:
            self._process.kill()

    async def _pulled(self) -> None:
        name = self.spec["image"]
        if images.find(self._node.images, name) is not None:
            return
        back_off = BackOff(self._node.limits)
        back_off.after_end(0)
        error = f'failed to pull and unpack image "{name}": {name}: not found'
        while True:
            self._event("Pulling", f'Pulling image "{name}"')
            self._warn("Failed", f'Failed to pull image "{name}": {error}')
            self._warn("Failed", "Error: ErrImagePull")
            self._wait_for("ErrImagePull", error)
            # Shown for a moment as in a real cluster, whose pull takes a while.
            await asyncio.sleep(min(0.5, self._node.limits.base_s / 2))
            self._event("BackOff", f'Back-off pulling image "{name}"')
            self._warn("Failed", "Error: ImagePullBackOff")
            self._wait_for("ImagePullBackOff", f'Back-off pulling image "{name}": ErrImagePull: {error}')
            await asyncio.sleep(back_off.after_end(0))

    async def _run_once(self) -> int:
        env = await self._variables()
        self._id = secrets.token_hex(32)
        self._instance = self.restart_count
        self._was_oom_killed = False
        self.log = ContainerLog(self.log_path(self.restart_count))
        self._event("Pulled", f'Container image "{self.spec["image"]}" already present on machine')
        self._event("Created", f"Created container: {self.name}")
        started_at = timestamp()
        argv = command(self.spec, self._image(), env)
        mark = f"{self._host.pod['metadata']['uid']}/{self.name}/{self._id[:12]}"
        try:
            process = launching.launch(argv, {**env, MARK: mark}, self._working_folder(), self.log.write)
        except launching.StartError as error:
            self.log.close()
            self._warn("Failed", f"Error: {error}")
            self._ended(128, "StartError", started_at, f"failed to create containerd task: {error}")
            return 128
        self._process = process
        self._settled.clear()
        self._node.table.add(Watched(process.pid, mark, memory_limit(self.spec), self._on_oom))
        self._event("Started", f"Started container {self.name}")
        self._show({"running": {"startedAt": started_at}})
        self._target = probes.Target(self._host.ip, self.spec, env, self._host.folder / "root")
        prober = asyncio.create_task(self._probe(self._target))
        try:
            code = await asyncio.shield(process.ended)
        finally:
            prober.cancel()
            self._node.table.discard(process.pid)
        for ended in await asyncio.gather(prober, *filter(None, [self._ending]), return_exceptions=True):
            if isinstance(ended, Exception):
                _log.error("container %s: %r", self.name, ended, exc_info=ended)
        self._ending = None
        self.log.close()
        reason = "OOMKilled" if self._was_oom_killed else "Completed" if code == 0 else "Error"
        self._ended(code, reason, started_at, self._message(code))
        self._process = None
        self._settled.set()
        return code

    async def _probe(self, target: probes.Target) -> None:
        """Startup first; then readiness and liveness side by side."""
        has_readiness = bool(self.spec.get("readinessProbe"))
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
            self._is_ready = not has_readiness
            self._host.changed()
            if has_readiness:
                group.create_task(self._watch(target, "readiness", self._on_readiness))
            if self.spec.get("livenessProbe"):
                group.create_task(self._watch(target, "liveness", lambda ok: None if ok else self._fail("liveness")))

    async def _post_start(self, target: probes.Target) -> None:
        hook: dict[str, Any] = (self.spec.get("lifecycle") or {}).get("postStart") or {}
        if not hook:
            return
        why = await probes.attempt(hook, target, HOOK_S)
        if why is not None:
            self._warn("FailedPostStartHook", f"PostStartHook failed: {why}")
            self._event("Killing", f"FailedPostStartHook, container {self.name} will be restarted")
            self._ending = asyncio.create_task(self._end(0))

    async def _watch(self, target: probes.Target, kind: str, on_verdict: Callable[[bool], None]) -> None:
        word = kind.capitalize()
        await probing.probe(
            self.spec[f"{kind}Probe"],
            target,
            is_eager=kind != "liveness",
            on_verdict=on_verdict,
            on_failure=lambda why: self._warn("Unhealthy", f"{word} probe failed: {why}"),
        )

    def _on_readiness(self, passed: bool) -> None:
        self._is_ready = passed
        self._host.changed()

    def _fail(self, kind: str) -> None:
        self._event("Killing", f"Container {self.name} failed {kind} probe, will be restarted")
        own = self.spec[f"{kind}Probe"].get("terminationGracePeriodSeconds")
        grace_s = own if own is not None else self._host.pod["spec"].get("terminationGracePeriodSeconds", 30)
        self._ending = asyncio.create_task(self._end(float(grace_s)))

    async def _end(self, grace_s: float) -> None:
        process = self._process
        if process is None:
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + grace_s
        await self._pre_stop(grace_s)
        process.signal(signal.SIGTERM)
        # As the kubelet: a hook that used up the grace leaves two seconds to the process.
        left_s = max(until - loop.time(), 2.0 if grace_s and self._has_hook() else 0.0)
        done, _ = await asyncio.wait([process.ended], timeout=left_s)
        if not done:
            process.kill()
            await process.ended

    def _has_hook(self) -> bool:
        return bool((self.spec.get("lifecycle") or {}).get("preStop"))

    async def _pre_stop(self, grace_s: float) -> None:
        hook: dict[str, Any] = (self.spec.get("lifecycle") or {}).get("preStop") or {}
        if not hook or self._target is None:
            return
        if "sleep" in hook:
            await asyncio.sleep(min(float(hook["sleep"]["seconds"]), grace_s))
            return
        why = await probes.attempt(hook, self._target, grace_s)
        if why is not None:
            self._warn("FailedPreStopHook", f"PreStopHook failed: {why}")

    async def _variables(self) -> dict[str, str]:
        while True:
            try:
                return {**self._node.base_env, **self._image().env, **self._host.variables(self.spec)}
            except ConfigError as error:
                self._warn("Failed", f"Error: {error}")
                self._wait_for("CreateContainerConfigError", str(error))
                await asyncio.sleep(RETRY_S)

    async def _back_off(self) -> None:
        wait_s = self._crashes.after_end(asyncio.get_running_loop().time())
        if not wait_s:
            return
        meta = self._host.pod["metadata"]
        pod = f"{meta['name']}_{meta.get('namespace')}({meta['uid']})"
        self._warn("BackOff", f"Back-off restarting failed container {self.name} in pod {pod}")
        words = f"back-off {_go_duration(wait_s)} restarting failed container={self.name} pod={pod}"
        self._wait_for("CrashLoopBackOff", words)
        await asyncio.sleep(wait_s)

    def _ended(self, code: int, reason: str, started_at: str, message: str) -> None:
        terminated = {
            "exitCode": code,
            "reason": reason,
            "startedAt": started_at,
            "finishedAt": timestamp(),
            "containerID": f"gameday://{self._id}",
        }
        if message:
            terminated["message"] = message
        self._is_ready = False
        self.started.clear()
        self._show({"terminated": terminated})

    def _wait_for(self, reason: str, message: str) -> None:
        self._show({"waiting": {"reason": reason, "message": message}})

    def _show(self, state: Object) -> None:
        if "terminated" in self._state:
            self._last_state = self._state
        self._state = state
        self._host.changed()

    def _is_restarted_after(self, code: int) -> bool:
        return self._restart_policy == "Always" or (self._restart_policy == "OnFailure" and code != 0)

    def _on_oom(self) -> None:
        self._was_oom_killed = True

    def _message(self, code: int) -> str:
        if code and self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            return container_log.tail(self.log_path(self.restart_count), 80, 2048)
        return ""

    def _image(self) -> Image:
        image = images.find(self._node.images, self.spec["image"])
        if image is None:
            raise LookupError(f"image {self.spec['image']} left the catalogue")
        return image

    def _working_folder(self) -> Path:
        folder = self._host.folder / "root" / str(self.spec.get("workingDir") or "").lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _drop_old_logs(self) -> None:
        """Two instances are kept: the running one and the one before it."""
        path = self.log_path(self.restart_count - 2)
        path.unlink(missing_ok=True)
        container_log.older(path).unlink(missing_ok=True)

    def _event(self, reason: str, message: str) -> None:
        self._node.events.normal(self._host.pod, reason, message, by=_BY, field=self._field)

    def _warn(self, reason: str, message: str) -> None:
        self._node.events.warning(self._host.pod, reason, message, by=_BY, field=self._field)


def command(spec: Object, image: Image, env: dict[str, str]) -> list[str]:
    """What runs: `command` replaces the image's entrypoint and drops its arguments, `args` replaces those."""
    entrypoint = list(spec.get("command") or ())
    arguments = list(spec.get("args") or ())
    if not entrypoint:
        entrypoint = list(image.entrypoint)
        arguments = arguments or list(image.cmd)
    return [environment.expand(word, env) for word in entrypoint + arguments]


def memory_limit(spec: Object) -> int | None:
    """Bytes, or None without a limit."""
    limit = ((spec.get("resources") or {}).get("limits") or {}).get("memory")
    return None if limit is None else amounts.whole(limit)


def _go_duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"
