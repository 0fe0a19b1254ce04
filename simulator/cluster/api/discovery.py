"""What is served, as clients discover it: aggregated lists (v2, v2beta1) and the legacy documents. Pure."""

from collections.abc import Collection

from simulator.cluster.resources import SERVED, Resource
from simulator.cluster.store import Object

_READ = ["get"]
_CONNECT = ["create", "get"]
_SUBRESOURCE_VERBS = {
    "log": _READ,
    "eviction": ["create"],
    "attach": _CONNECT,
    "exec": _CONNECT,
    "portforward": _CONNECT,
}
_WRITE_VERBS = ["get", "patch", "update"]
_SUBRESOURCE_KINDS = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "attach": ("", "v1", "PodAttachOptions"),
    "exec": ("", "v1", "PodExecOptions"),
    "portforward": ("", "v1", "PodPortForwardOptions"),
}


def groups(absent: Collection[str] = ()) -> dict[str, str]:
    """Served groups and their version, the core group ("") first. `policy` is there for pods/eviction.

    `absent` are groups that this machine cannot serve.
    """
    known = dict.fromkeys([""], "v1") | {r.group: r.version for r in SERVED} | {"policy": "v1"}
    return {group: version for group, version in known.items() if group not in absent}


def core_versions(server: str) -> Object:
    """`/api`."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server}],
    }


def group_list(absent: Collection[str] = ()) -> Object:
    """`/apis`."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(g) for g in groups(absent) if g]}


def group(name: str) -> Object | None:
    """`/apis/<group>`."""
    if not name or name not in groups():
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name)}


def resource_list(group_name: str, version: str) -> Object | None:
    """`/api/v1` or `/apis/<group>/<version>`."""
    if groups().get(group_name) != version:
        return None
    entries: list[Object] = []
    for resource in _of_group(group_name):
        entries.append(
            {
                "name": resource.plural,
                "singularName": resource.singular,
                "namespaced": resource.is_namespaced,
                "kind": resource.kind,
                "verbs": list(resource.verbs),
                **({"shortNames": list(resource.short_names)} if resource.short_names else {}),
                **({"categories": list(resource.categories)} if resource.categories else {}),
            }
        )
        for name in resource.subresources:
            group_of, version_of, kind = _kind_of(resource, name)
            entries.append(
                {
                    "name": f"{resource.plural}/{name}",
                    "singularName": "",
                    "namespaced": resource.is_namespaced,
                    "kind": kind,
                    "verbs": _SUBRESOURCE_VERBS.get(name, _WRITE_VERBS),
                    **({"group": group_of, "version": version_of} if group_of != resource.group else {}),
                }
            )
    title = f"{group_name}/{version}" if group_name else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": title, "resources": entries}


def aggregated(*, is_core: bool, version: str, absent: Collection[str] = ()) -> Object:
    """`/api` or `/apis` as an APIGroupDiscoveryList; `version` is v2 or v2beta1."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": [_aggregated_group(g) for g in groups(absent) if (g == "") is is_core],
    }


def _aggregated_group(name: str) -> Object:
    return {
        "metadata": {"name": name, "creationTimestamp": None} if name else {"creationTimestamp": None},
        "versions": [
            {
                "version": groups()[name],
                "freshness": "Current",
                "resources": [_aggregated_resource(resource) for resource in _of_group(name)],
            }
        ],
    }


def _aggregated_resource(resource: Resource) -> Object:
    subresources = []
    for name in resource.subresources:
        group_of, version, kind = _kind_of(resource, name)
        subresources.append(
            {
                "subresource": name,
                "responseKind": {"group": group_of, "version": version, "kind": kind},
                "verbs": _SUBRESOURCE_VERBS.get(name, _WRITE_VERBS),
            }
        )
    return {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.is_namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
        **({"shortNames": list(resource.short_names)} if resource.short_names else {}),
        **({"categories": list(resource.categories)} if resource.categories else {}),
        **({"subresources": subresources} if subresources else {}),
    }


def _kind_of(resource: Resource, subresource: str) -> tuple[str, str, str]:
    return _SUBRESOURCE_KINDS.get(subresource, (resource.group, resource.version, resource.kind))


def _of_group(name: str) -> list[Resource]:
    return [resource for resource in SERVED if resource.group == name]


def _group(name: str) -> Object:
    version = {"groupVersion": f"{name}/{groups()[name]}", "version": groups()[name]}
    return {"name": name, "versions": [version], "preferredVersion": version}
