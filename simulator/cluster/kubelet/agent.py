"""The kubelet: keeps a `Pod` running for every pod that is bound to one of this machine's nodes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from functools import partial

from simulator.cluster.addresses import Range
from simulator.cluster.errors import ApiError, NodeRefusal
from simulator.cluster.kubelet import container_log, disk_volumes, volumes
from simulator.cluster.kubelet.containers import Container
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.kubelet.host import Node
from simulator.cluster.kubelet.pods import Pod
from simulator.cluster.kubelet.streams import forwarding
from simulator.cluster.kubelet.streams.attaching import Attached
from simulator.cluster.kubelet.streams.executing import Executed
from simulator.cluster.objects import states
from simulator.cluster.ports import Connect
from simulator.cluster.resources import CONFIG_MAPS, PODS, SECRETS, Resource
from simulator.cluster.store import Object, Store

_log = logging.getLogger(__name__)


class Kubelet:
    """The agent of all nodes of this machine; implements the API's `Runtime`."""

    def __init__(self, store: Store, nodes: Sequence[tuple[Node, Range]]) -> None:
        """Each node comes with the addresses of its pods."""
        self._store = store
        self._nodes = {node.name: (node, addresses) for node, addresses in nodes}
        self._off: set[str] = set()
        self._pods: dict[str, Pod] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Follow the store until cancelled, then end all pods at once."""
        watch = self._store.watch(PODS, 0)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for table in {id(node.table): node.table for node, _ in self._nodes.values()}.values():
                    group.create_task(table.run())
                group.create_task(self._refresh_volumes(CONFIG_MAPS))
                group.create_task(self._refresh_volumes(SECRETS))
                group.create_task(self._measure_volumes())
                async for change in watch:
                    self._follow(change.type, change.object)
        finally:
            watch.close()

    def power_off(self, name: str) -> None:
        """A node loses its power: its processes are gone, and what happens to its pods it does not learn."""
        self._off.add(name)
        for pod in [pod for pod in self._pods.values() if pod.pod["spec"].get("nodeName") == name]:
            pod.lose_power()
            del self._pods[pod.uid]

    def power_on(self, name: str) -> None:
        """The node is back: it ends what was deleted meanwhile and starts the rest again."""
        self._off.discard(name)
        for obj in list(self._store.list(PODS)):
            if obj["spec"].get("nodeName") == name:
                self._follow("MODIFIED", obj)

    async def drain(self, grace_s: float) -> None:
        """The server ends: SIGTERM for every pod, SIGKILL after `grace_s`; objects stay as they are."""
        containers = [container for pod in self._pods.values() for container in pod.all_containers()]
        await asyncio.gather(*(container.stop(grace_s) for container in containers))

    async def logs(
        self,
        pod: Object,
        container: str,
        *,
        previous: bool,
        follow: bool,
        tail_lines: int | None,
        since_s: float | None,
        timestamps: bool,
        limit_bytes: int | None,
    ) -> AsyncIterator[bytes]:
        """See `ports.Runtime.logs`."""
        found = self._container(pod, container)
        restart = found.last_instance - (1 if previous else 0)
        path = found.log_path(restart)
        if restart < 0 or not container_log.exists(path):
            raise self._no_log(pod, container, found, previous=previous)
        lines = container_log.read(
            path,
            None if previous else found.log,
            follow=follow,
            tail_lines=tail_lines,
            since_s=since_s,
            timestamps=timestamps,
            limit_bytes=limit_bytes,
        )
        async with aclosing(lines):
            async for line in lines:
                yield line

    def execute(self, pod: Object, container: str, command: Sequence[str], *, stdin: bool, tty: bool) -> Executed:
        """See `ports.Runtime.execute`."""
        self._must_be_on(pod)
        found = self._living(pod, container)
        session = found.execute(command, stdin=stdin, tty=tty) if found is not None else None
        if session is None:
            raise _not_running(container)
        return session

    def attach(self, pod: Object, container: str, *, stdin: bool) -> Attached:
        """See `ports.Runtime.attach`."""
        self._must_be_on(pod)
        found = self._living(pod, container)
        session = found.attach(stdin=stdin) if found is not None else None
        if session is None:
            raise _not_running(container)
        return session

    def port_forward(self, pod: Object) -> Connect:
        """See `ports.Runtime.port_forward`."""
        self._must_be_on(pod)
        meta = pod["metadata"]
        living = self._pods.get(meta["uid"])
        if living is None or not living.ip:
            raise NodeRefusal(f'pod not found ("{meta["name"]}_{meta["namespace"]}")')
        return partial(forwarding.connect, living.uid, living.ip)

    def _follow(self, change: str, obj: Object) -> None:
        uid = obj["metadata"]["uid"]
        known = self._pods.get(uid)
        name = obj["spec"].get("nodeName")
        if change == "DELETED":
            if known is not None:
                known.removed()
            elif name in self._nodes:
                volumes.remove(self._nodes[name][0].state / "pods" / uid)  # of a node that was off
        elif known is not None:
            known.update(obj)
        elif name in self._nodes and name not in self._off and not states.is_over(obj) and self._group is not None:
            pod = Pod(obj, self._store, *self._nodes[name])
            self._pods[uid] = pod
            pod.update(obj)
            self._group.create_task(self._live(pod))

    async def _live(self, pod: Pod) -> None:
        try:
            await pod.run()
        except Exception:
            _log.exception("pod %s/%s", pod.pod["metadata"]["namespace"], pod.pod["metadata"]["name"])
        finally:
            if self._pods.get(pod.uid) is pod:
                del self._pods[pod.uid]

    async def _refresh_volumes(self, resource: Resource) -> None:
        """ConfigMaps and Secrets that change are written again into the volumes that show them."""
        watch = self._store.watch(resource)
        try:
            async for change in watch:
                meta = change.object["metadata"]
                for pod in list(self._pods.values()):
                    is_here = pod.pod["metadata"]["namespace"] == meta.get("namespace")
                    if is_here and meta["name"] in volumes.mounted_from(pod.pod, resource.plural):
                        with suppress(ConfigError):
                            pod.write_volumes()
        finally:
            watch.close()

    async def _measure_volumes(self) -> None:
        """Pods that have filled an emptyDir on disk beyond its limit go."""
        while True:
            await asyncio.sleep(disk_volumes.PERIOD_S)
            for pod in [pod for pod in self._pods.values() if disk_volumes.limits(pod.pod)]:
                message = await asyncio.to_thread(disk_volumes.excess, pod.pod, pod.folder / "volumes")
                if message is not None:
                    pod.evict(message)

    def _living(self, pod: Object, name: str) -> Container | None:
        living = self._pods.get(pod["metadata"]["uid"])
        return living.container(name) if living is not None else None

    def _container(self, pod: Object, name: str) -> Container:
        if (node := pod["spec"].get("nodeName")) in self._off:
            raise self._unreachable(pod, name, self._nodes[node][0].ip)
        found = self._living(pod, name)
        if found is None:
            where = pod["metadata"]["name"]
            raise ApiError(
                400, "BadRequest", f'container "{name}" in pod "{where}" is waiting to start: ContainerCreating'
            )
        return found

    def _must_be_on(self, pod: Object) -> None:
        if (node := pod["spec"].get("nodeName")) in self._off:
            address = f"{self._nodes[node][0].ip}:10250"
            raise ApiError(500, "", f"error dialing backend: dial tcp {address}: connect: no route to host")

    @staticmethod
    def _unreachable(pod: Object, name: str, ip: str) -> ApiError:
        meta = pod["metadata"]
        where = f"https://{ip}:10250/containerLogs/{meta['namespace']}/{meta['name']}/{name}"
        return ApiError(500, "InternalError", f'Get "{where}": dial tcp {ip}:10250: connect: no route to host')

    @staticmethod
    def _no_log(pod: Object, name: str, container: Container, *, previous: bool) -> ApiError:
        where = pod["metadata"]["name"]
        if previous:
            message = f'previous terminated container "{name}" in pod "{where}" not found'
        else:
            reason = (container.status()["state"].get("waiting") or {}).get("reason", "ContainerCreating")
            message = f'container "{name}" in pod "{where}" is waiting to start: {reason}'
        return ApiError(400, "BadRequest", message)


def _not_running(container: str) -> NodeRefusal:
    return NodeRefusal(f'container not found ("{container}")')
