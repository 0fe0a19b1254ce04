"""The kubelet: keeps a `Pod` running for every pod that is bound to this node."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from simulator.cluster.addresses import Range
from simulator.cluster.errors import ApiError
from simulator.cluster.kubelet import container_log, volumes
from simulator.cluster.kubelet.containers import Container
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.kubelet.host import Node
from simulator.cluster.kubelet.pods import Pod
from simulator.cluster.resources import CONFIG_MAPS, PODS, SECRETS, Resource
from simulator.cluster.store import Change, Object, Store

_log = logging.getLogger(__name__)


class Kubelet:
    """The node's agent; implements the API's `Runtime`."""

    def __init__(self, store: Store, node: Node, addresses: Range) -> None:
        self._store = store
        self._node = node
        self._addresses = addresses
        self._pods: dict[str, Pod] = {}

    async def run(self) -> None:
        """Follow the store until cancelled, then end all pods at once."""
        watch = self._store.watch(PODS, 0)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._node.table.run())
                group.create_task(self._refresh_volumes(CONFIG_MAPS))
                group.create_task(self._refresh_volumes(SECRETS))
                async for change in watch:
                    self._follow(change, group)
        finally:
            watch.close()

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

    def _follow(self, change: Change, group: asyncio.TaskGroup) -> None:
        obj = change.object
        uid = obj["metadata"]["uid"]
        known = self._pods.get(uid)
        if change.type == "DELETED":
            if known is not None:
                known.removed()
        elif known is not None:
            known.update(obj)
        elif obj["spec"].get("nodeName") == self._node.name and not _is_over(obj):
            pod = Pod(obj, self._store, self._node, self._addresses)
            self._pods[uid] = pod
            pod.update(obj)
            group.create_task(self._live(pod))

    async def _live(self, pod: Pod) -> None:
        try:
            await pod.run()
        except Exception:
            _log.exception("pod %s/%s", pod.pod["metadata"]["namespace"], pod.pod["metadata"]["name"])
        finally:
            self._pods.pop(pod.uid, None)

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

    def _container(self, pod: Object, name: str) -> Container:
        living = self._pods.get(pod["metadata"]["uid"])
        found = living.container(name) if living is not None else None
        if found is None:
            where = pod["metadata"]["name"]
            raise ApiError(
                400, "BadRequest", f'container "{name}" in pod "{where}" is waiting to start: ContainerCreating'
            )
        return found

    @staticmethod
    def _no_log(pod: Object, name: str, container: Container, *, previous: bool) -> ApiError:
        where = pod["metadata"]["name"]
        if previous:
            message = f'previous terminated container "{name}" in pod "{where}" not found'
        else:
            reason = (container.status()["state"].get("waiting") or {}).get("reason", "ContainerCreating")
            message = f'container "{name}" in pod "{where}" is waiting to start: {reason}'
        return ApiError(400, "BadRequest", message)


def _is_over(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
