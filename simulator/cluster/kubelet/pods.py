"""One pod: address, volumes, init containers, containers, and its end."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from typing import Literal

from simulator.cluster import deleting
from simulator.cluster.addresses import Range
from simulator.cluster.errors import ApiError
from simulator.cluster.kubelet import pod_status, volume_attachment, volumes
from simulator.cluster.kubelet.containers import RETRY_S, Container
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.kubelet.host import Node
from simulator.cluster.kubelet.inputs import Inputs
from simulator.cluster.kubelet.memory_volumes import MemoryVolumes
from simulator.cluster.kubelet.sandbox.confinement import Confinement
from simulator.cluster.kubelet.sandbox.sandbox import Sandbox
from simulator.cluster.objects import states
from simulator.cluster.resources import PODS
from simulator.cluster.store import Object, Store, timestamp

SHORTEST_END_S = 0.3
"""From the request to the end of a pod's object. `kubectl delete` looks for the pod and then begins to watch its name:
one of the same name that has taken its place in between is waited for in vain. Containers take no shorter to go."""
HOOK_EXTRA_S = 3.0
"""Beyond the grace, for a process whose preStop hook used it up."""
_STATUSES = ("initContainerStatuses", "containerStatuses")
_log = logging.getLogger(__name__)


class Pod:
    """The life of one pod on this node, from bound to gone."""

    def __init__(self, pod: Object, store: Store, node: Node, addresses: Range) -> None:
        self.pod = pod
        self.uid: str = pod["metadata"]["uid"]
        self._namespace: str = pod["metadata"]["namespace"]
        self._store = store
        self._node = node
        self._inputs = Inputs(store, node, self._namespace, self.folder)
        self._addresses = addresses
        self._memory = MemoryVolumes(self.folder / "volumes")
        self._ip: str | None = None
        self._sandbox = Sandbox(Confinement(), "")
        self._started_at = timestamp()
        self._began_at = asyncio.get_running_loop().time()
        self._is_gone = False
        self._failure: tuple[str, str] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._has_power = True
        self._end_asked = asyncio.Event()
        self._end_changed = asyncio.Event()
        policy = pod["spec"].get("restartPolicy", "Always")
        init_policy = "Never" if policy == "Never" else "OnFailure"
        self._init = [
            Container(spec, self, node, restart_policy=spec.get("restartPolicy", init_policy), is_init=True)
            for spec in pod["spec"].get("initContainers") or ()
        ]
        self._containers = [
            Container(spec, self, node, restart_policy=policy, is_init=False) for spec in pod["spec"]["containers"]
        ]
        if not self._init:
            for container in self._containers:
                container.shown.state = {"waiting": {"reason": "ContainerCreating"}}
        status = pod.get("status") or {}
        before = {s["name"]: s for key in _STATUSES for s in status.get(key) or ()}
        for container in self.all_containers():
            if container.name in before:
                container.shown.resume(before[container.name])

    @property
    def ip(self) -> str:
        """Its address, once it has one."""
        return self._ip or ""

    @property
    def folder(self) -> Path:
        """Where its volumes, root and logs lie."""
        return self._node.state / "pods" / self.uid

    @property
    def sandbox(self) -> Sandbox:
        """What all its processes start in."""
        return self._sandbox

    def all_containers(self) -> list[Container]:
        """Init containers first."""
        return [*self._init, *self._containers]

    def container(self, name: str) -> Container | None:
        """A container by its name."""
        return next((each for each in self.all_containers() if each.name == name), None)

    def update(self, pod: Object) -> None:
        """The object changed: labels, annotations, or it is to end."""
        self.pod = pod
        specs = {spec["name"]: spec for spec in pod["spec"]["containers"]}
        for container in self._containers:
            container.respecify(specs[container.name])
        self._follow_deadline()
        if states.is_marked(pod):
            self._end_asked.set()
            self._end_changed.set()

    def removed(self) -> None:
        """The object is gone: end at once and leave no trace."""
        self._is_gone = True
        for container in self.all_containers():
            container.kill()
        self._end_asked.set()
        self._end_changed.set()

    def lose_power(self) -> None:
        """The node is off: end at once, tell nobody, and leave what lies on the disk."""
        self._has_power = False
        self._is_gone = True
        for container in self.all_containers():
            container.abandon()
        self._end_asked.set()

    async def run(self) -> None:
        """Live until deleted."""
        if self._end_asked.is_set():  # deleted before it could start here, as while the node was off
            self._remove_object()
            volumes.remove(self.folder)
            return
        living = asyncio.create_task(self._live())
        asked = asyncio.create_task(self._end_asked.wait())
        try:
            await asyncio.wait([living, asked], return_when=asyncio.FIRST_COMPLETED)
            if living.done() and not living.cancelled() and living.exception():
                _log.error("pod %s: %r", self.pod["metadata"]["name"], living.exception())
            await asked
            if self._has_power:
                await self._terminate()
        finally:
            await _cancelled(living, asked, *filter(None, [self._stopping]))
            if self._deadline is not None:
                self._deadline.cancel()
            for container in self.all_containers():
                container.kill()
            if self._ip is not None:
                self._addresses.release(self._ip)
            self._sandbox.close()
            self._memory.unmount()
            if self._has_power:
                volumes.remove(self.folder)

    def variables(self, container: Object) -> dict[str, str]:
        """See `Host.variables`."""
        return self._inputs.variables(self.pod, container)

    def write_volumes(self) -> None:
        """Write the volumes; again when what they show has changed. `ConfigError` if something is missing."""
        self._inputs.write_volumes(self.pod)

    def changed(self) -> None:
        """Write the pod's status."""
        if self._is_gone:
            return

        def write(pod: Object) -> None:
            if pod["metadata"]["uid"] == self.uid:
                situation = pod_status.Situation(
                    node_ip=self._node.ip,
                    pod_ip=self._ip,
                    started_at=self._started_at,
                    init=tuple(container.status() for container in self._init),
                    containers=tuple(container.status() for container in self._containers),
                    failure=self._failure,
                )
                pod["status"] = pod_status.assemble(pod, situation, timestamp())

        with suppress(ApiError):
            self.pod = self._store.modify(PODS, self._namespace, self.pod["metadata"]["name"], write)

    def evict(self, message: str) -> None:
        """The pod has failed and ends at once; its object stays, as on a node that ran short of something."""
        if self._failure or self._is_gone:
            return
        self._failure = pod_status.EVICTED, message
        self._node.events.warning(self.pod, pod_status.EVICTED, message, by="kubelet")
        for container in self.all_containers():
            container.kill()
        self.changed()

    def _follow_deadline(self) -> None:
        """`activeDeadlineSeconds` counts from the pod's start here, and may be set or changed while it lives."""
        if self._deadline is not None:
            self._deadline.cancel()
        limit_s = self.pod["spec"].get("activeDeadlineSeconds")
        if limit_s is not None and not self._failure:
            elapsed_s = asyncio.get_running_loop().time() - self._began_at
            self._deadline = asyncio.get_running_loop().call_later(limit_s - elapsed_s, self._exceed_deadline)

    def _exceed_deadline(self) -> None:
        message = "Pod was active on the node longer than the specified deadline"
        self._failure = "DeadlineExceeded", message
        self._node.events.normal(self.pod, "DeadlineExceeded", message, by="kubelet")
        self._stopping = asyncio.create_task(self._stop_all(self._grace_s()))
        self.changed()

    async def _live(self) -> None:
        self._ip = self._addresses.allocate()
        self._sandbox = Sandbox(self._node.confinement, self._ip)
        self.changed()
        await self._mounted()
        async with asyncio.TaskGroup() as group:
            for container in self._init:
                running = group.create_task(container.run())
                if container.spec.get("restartPolicy") == "Always":
                    await container.started.wait()
                elif await running:
                    return  # restartPolicy Never: the pod has failed
            for container in self._containers:
                if "terminated" not in container.shown.state:
                    container.shown.waiting("ContainerCreating")
            ends = [group.create_task(container.run()) for container in self._containers]
            await asyncio.gather(*ends)
            await asyncio.gather(*(each.stop(self._grace_s()) for each in self._init))  # sidecars

    async def _mounted(self) -> None:
        while True:
            try:
                self.write_volumes()
                self._mount_memory()
            except (ConfigError, OSError) as error:
                self._tell_of(error)
                await asyncio.sleep(RETRY_S)
            else:
                volumes.mount(self.pod, self.folder)
                readable, writable = volumes.readable(self.folder), volumes.writable(self.pod, self.folder)
                self._sandbox.open(readable=readable, writable=writable)
                return

    def _mount_memory(self) -> None:
        wanted = self._inputs.memory_volumes(self.pod)
        if (why := self._node.confinement.unlimited) is None:
            self._memory.mount(wanted)
        elif wanted:
            message = f"no limit holds for volumes of medium Memory ({', '.join(wanted)}): {why}"
            self._node.events.warning(self.pod, "VolumeSizeNotEnforced", message, by="kubelet")

    def _tell_of(self, error: ConfigError | OSError) -> None:
        if isinstance(error, volume_attachment.InUse):
            self._node.events.warning(self.pod, "FailedAttachVolume", str(error), by="attachdetach-controller")
        else:
            message = f"MountVolume.SetUp failed: {error}"
            self._node.events.warning(self.pod, "FailedMount", message, by="kubelet")

    async def _terminate(self) -> None:
        loop = asyncio.get_running_loop()
        shortest_until = loop.time() + SHORTEST_END_S
        until = loop.time() + self._grace_s()
        stopping = asyncio.create_task(self._stop_all(self._grace_s()))
        while not stopping.done():
            self._end_changed.clear()
            changed = asyncio.create_task(self._end_changed.wait())
            left_s = max(0.0, until - loop.time()) + HOOK_EXTRA_S
            await asyncio.wait([stopping, changed], timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            await _cancelled(changed)
            until = min(until, loop.time() + self._grace_s())  # a second deletion may shorten the grace
            if loop.time() >= until and not stopping.done():
                for container in self.all_containers():
                    container.kill()
        while not self._is_gone and (left_s := shortest_until - loop.time()) > 0:
            self._end_changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._end_changed.wait()
        self._remove_object()

    async def _stop_all(self, grace_s: float) -> None:
        await asyncio.gather(*(container.stop(grace_s) for container in self.all_containers()))

    def _remove_object(self) -> None:
        name = self.pod["metadata"]["name"]
        found = self._store.find(PODS, self._namespace, name)
        if found is not None and found["metadata"]["uid"] == self.uid:
            self._is_gone = True
            deleting.finish(self._store, self._namespace, name)

    def _grace_s(self) -> float:
        meta = self.pod["metadata"]
        grace = meta.get("deletionGracePeriodSeconds")
        if grace is None:
            grace = self.pod["spec"].get("terminationGracePeriodSeconds", 30)
        return 0.0 if self._is_gone else float(grace)


async def _cancelled(*tasks: "asyncio.Task[None] | asyncio.Task[Literal[True]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
