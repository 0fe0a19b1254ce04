"""ResourceQuotas: `status` says what is allowed and what is used, counted anew when something goes or is over."""

from collections.abc import Iterable
from decimal import Decimal

from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.objects import quantities, states
from simulator.cluster.plugins.usage import is_in_scope, usage
from simulator.cluster.resources import ALL, EVENTS, RESOURCE_QUOTAS
from simulator.cluster.store import Change, Object, Store

_COUNTED = tuple(each for each in ALL if each.is_namespaced and each != EVENTS)


class ResourceQuotas:
    """Observe, decide, act."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        """Until cancelled."""
        sources = [(RESOURCE_QUOTAS, own_key), *((each, self._freed) for each in _COUNTED if each != RESOURCE_QUOTAS)]
        await drive(self._store, sources, self.reconcile, name="resourcequota-controller")

    def reconcile(self, key: Key) -> None:
        """Count for one quota."""
        quota = self._store.find(RESOURCE_QUOTAS, *key)
        if quota is None:
            return
        hard = quota["spec"].get("hard") or {}
        sums = {name: Decimal(0) for name in sorted(hard)}
        for resource in _COUNTED:
            for obj in self._store.list(resource, key[0]):
                if is_in_scope(quota["spec"], resource, obj):
                    for name, amount in usage(resource, obj).items():
                        if name in sums:
                            sums[name] += amount

        def write(draft: Object) -> None:
            draft["status"] = {"hard": dict(hard), "used": quantities.texts(sums, hard)}

        self._store.modify(RESOURCE_QUOTAS, *key, write)

    def _freed(self, change: Change) -> Iterable[Key]:
        before = change.previous
        is_over = before is not None and states.phase(change.object) != states.phase(before)
        if change.type != "DELETED" and not is_over:
            return []
        namespace = change.object["metadata"]["namespace"]
        return [(namespace, quota["metadata"]["name"]) for quota in self._store.list(RESOURCE_QUOTAS, namespace)]
