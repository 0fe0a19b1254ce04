"""The plug-in ResourceQuota: what would exceed a quota of its namespace is refused, what is let in is counted.

`status.used` is raised here, in the same instant; a controller counts anew when something goes.
"""

from collections.abc import Mapping
from decimal import Decimal

from simulator.cluster import errors
from simulator.cluster.objects import quantities
from simulator.cluster.plugins.usage import Usage, is_in_scope, unsaid, usage
from simulator.cluster.resources import EVENTS, PODS, RESOURCE_QUOTAS, Resource
from simulator.cluster.store import Object, Store, asked_name


class ResourceQuotaPlugin:
    """Looks quotas up in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def admit(self, resource: Resource, obj: Object) -> None:
        """`ApiError` 403, in the API server's words, where a quota is exceeded."""
        if not resource.is_namespaced or resource in (EVENTS, RESOURCE_QUOTAS):
            return
        quotas = list(self._store.list(RESOURCE_QUOTAS, obj["metadata"].get("namespace", "")))
        concerned = [each for each in quotas if is_in_scope(each["spec"], resource, obj)]
        asked = usage(resource, obj) if concerned else {}
        for quota in concerned:
            if resource == PODS and (why := unsaid(obj["spec"], quota["spec"].get("hard") or {})):
                name = quota["metadata"]["name"]
                raise errors.forbidden(resource.plural, asked_name(obj), f"failed quota: {name}: {why}")
            if (why := exceeded(quota, asked)) is not None:
                raise errors.forbidden(resource.plural, asked_name(obj), why, resource.group)
        for quota in concerned:
            self._count(quota, asked)

    def _count(self, quota: Object, asked: Usage) -> None:
        def write(draft: Object) -> None:
            used = _used(draft)
            sums = {name: amount + asked.get(name, Decimal(0)) for name, amount in used.items()}
            draft["status"]["used"] = quantities.texts(sums, draft["status"]["hard"])

        if quota.get("status", {}).get("hard"):
            meta = quota["metadata"]
            self._store.modify(RESOURCE_QUOTAS, meta["namespace"], meta["name"], write)


def exceeded(quota: Object, asked: Mapping[str, Decimal]) -> str | None:
    """Pure: what is too much, in words; None if all fits."""
    hard_texts = quota["spec"].get("hard") or {}
    hard = {name: quantities.parse(text) for name, text in hard_texts.items()}
    used = {name: _used(quota).get(name, Decimal(0)) for name in hard}
    over = sorted(name for name in hard if asked.get(name) and used[name] + asked[name] > hard[name])
    if not over:
        return None
    columns = [
        ",".join(f"{name}={text}" for name, text in quantities.texts({n: part[n] for n in over}, hard_texts).items())
        for part in (asked, used, hard)
    ]
    name = quota["metadata"]["name"]
    return f"exceeded quota: {name}, requested: {columns[0]}, used: {columns[1]}, limited: {columns[2]}"


def _used(quota: Object) -> Usage:
    texts = (quota.get("status") or {}).get("used") or {}
    return {name: quantities.parse(text) for name, text in texts.items()}
