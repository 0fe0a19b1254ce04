"""The kinds that this cluster serves, a module each: defaults, rules, columns. What is not here does not exist."""

from simulator.cluster.kinds import (
    config_maps,
    controller_revisions,
    daemon_sets,
    deployments,
    endpoint_slices,
    endpoints,
    events,
    jobs,
    leases,
    namespaces,
    network_policies,
    nodes,
    persistent_volume_claims,
    persistent_volumes,
    pods,
    replica_sets,
    resource_quotas,
    secrets,
    service_accounts,
    services,
    stateful_sets,
    storage_classes,
    views,
)
from simulator.cluster.kinds.kind import Kind

_MODULES = (
    config_maps,
    controller_revisions,
    daemon_sets,
    deployments,
    endpoint_slices,
    endpoints,
    events,
    jobs,
    leases,
    namespaces,
    network_policies,
    nodes,
    persistent_volume_claims,
    persistent_volumes,
    pods,
    replica_sets,
    resource_quotas,
    secrets,
    service_accounts,
    services,
    stateful_sets,
    storage_classes,
)
_KINDS: dict[str, Kind] = {kind.resource.kind: kind for kind in (*(module.KIND for module in _MODULES), *views.KINDS)}


def of(name: str) -> Kind:
    """What is known of a served kind such as `Deployment`."""
    return _KINDS[name]
