"""A container's environment: Service variables, envFrom, env with valueFrom, and `$(VAR)`. Pure.

Kubernetes documentation: "Define Dependent Environment Variables", "Expose Pod Information to Containers Through
Environment Variables", "Connecting Applications with Services" § Environment Variables.
"""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.cluster.kubelet import amounts
from simulator.cluster.store import Object

_REFERENCE = re.compile(r"\$\$|\$\(([^()\s]+)\)")
_SUBSCRIPT = re.compile(r"^metadata\.(labels|annotations)\['(.+)'\]$")
_NAME = re.compile(r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")

Find = Callable[[str, str], Object | None]
"""(`configmaps` or `secrets`, name) → the object in the pod's namespace, or None."""


class ConfigError(Exception):
    """The container cannot be made yet: kubelet's CreateContainerConfigError, and its message."""


API = "default", "kubernetes"
"""Namespace and name of the Service that every pod is told of, wherever it is and whatever it wants."""


def resolve(
    container: Object, pod: Object, services: Iterable[Object], find: Find, api: Object | None = None
) -> dict[str, str]:
    """All variables of a container. `ConfigError` when a required ConfigMap, Secret or key is missing.

    `services` are those of the pod's namespace, `api` is the one named `API`.
    """
    env = of_services([api] if api else []) | of_dns(pod)
    if pod["spec"].get("enableServiceLinks", True):
        env.update(of_services(services))
    for source in container.get("envFrom") or ():
        env.update(_from_source(source, find))
    for entry in container.get("env") or ():
        if "valueFrom" in entry:
            value = _from_reference(entry["valueFrom"], container, pod, find)
            if value is not None:
                env[entry["name"]] = value
        else:
            env[entry["name"]] = expand(entry.get("value") or "", env)
    return env


def expand(text: str, env: Mapping[str, str]) -> str:
    """`$(VAR)` by its value; an unknown one stays as it is; `$$` is a plain `$`."""

    def replace(match: re.Match[str]) -> str:
        if match[1] is None:
            return "$"
        return env.get(match[1], match[0])

    return _REFERENCE.sub(replace, text)


def of_services(services: Iterable[Object]) -> dict[str, str]:
    """`<SVC>_SERVICE_HOST` and its fellows for every Service with a ClusterIP."""
    env: dict[str, str] = {}
    for service in services:
        host = service["spec"].get("clusterIP")
        ports = service["spec"].get("ports") or []
        if not host or host == "None" or not ports:
            continue
        prefix = _upper(service["metadata"]["name"])
        env[f"{prefix}_SERVICE_HOST"] = host
        env[f"{prefix}_SERVICE_PORT"] = str(ports[0]["port"])
        first = ports[0].get("protocol", "TCP").lower()
        env[f"{prefix}_PORT"] = f"{first}://{host}:{ports[0]['port']}"
        for port in ports:
            if port.get("name"):
                env[f"{prefix}_SERVICE_PORT_{_upper(port['name'])}"] = str(port["port"])
            protocol = port.get("protocol", "TCP")
            link = f"{prefix}_PORT_{port['port']}_{protocol}"
            env[link] = f"{protocol.lower()}://{host}:{port['port']}"
            env[f"{link}_PROTO"] = protocol.lower()
            env[f"{link}_PORT"] = str(port["port"])
            env[f"{link}_ADDR"] = host
    return env


def of_dns(pod: Object) -> dict[str, str]:
    """A `dnsConfig`, as the C library takes it from the environment: its resolv.conf is the host's (resolv.conf(5))."""
    config, env = pod["spec"].get("dnsConfig") or {}, {}
    if config.get("searches"):
        domains = [f"{pod['metadata'].get('namespace', '')}.svc.cluster.local", "svc.cluster.local", "cluster.local"]
        before = domains if pod["spec"].get("dnsPolicy", "ClusterFirst").startswith("ClusterFirst") else []
        env["LOCALDOMAIN"] = " ".join([*before, *config["searches"]])
    if config.get("options"):
        options = [(each["name"], each.get("value")) for each in config["options"]]
        env["RES_OPTIONS"] = " ".join(name if value is None else f"{name}:{value}" for name, value in options)
    return env


def field(pod: Object, path: str) -> str:
    """A field of the downward API. `ConfigError` for one that it does not have."""
    meta, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    if match := _SUBSCRIPT.match(path):
        return str((meta.get(match[1]) or {}).get(match[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        entries = meta.get(path.partition(".")[2]) or {}
        return "\n".join(f'{key}="{value}"' for key, value in sorted(entries.items()))
    known = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta.get("namespace", ""),
        "metadata.uid": meta["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
        "status.hostIP": status.get("hostIP", ""),
        "status.hostIPs": status.get("hostIP", ""),
        "status.podIP": status.get("podIP", ""),
        "status.podIPs": status.get("podIP", ""),
    }
    if path not in known:
        raise ConfigError(f"unsupported fieldPath: {path}")
    return str(known[path])


def resource(reference: Mapping[str, Any], container: Object, pod: Object) -> str:
    """A limit or request of `container`, or of the one that the reference names, in units of its divisor."""
    named = reference.get("containerName")
    among = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]
    holder = next((entry for entry in among if entry["name"] == named), container) if named else container
    kind, _, what = reference["resource"].partition(".")
    amount = ((holder.get("resources") or {}).get(kind) or {}).get(what)
    return str(amounts.whole(amount, reference.get("divisor") or "1")) if amount is not None else "0"


def secret_bytes(secret: Object, key: str) -> bytes | None:
    """The decoded value of a Secret's key, or None."""
    value = (secret.get("data") or {}).get(key)
    return None if value is None else base64.b64decode(value)


def config_map_bytes(config_map: Object, key: str) -> bytes | None:
    """The value of a ConfigMap's key, from `data` or `binaryData`, or None."""
    if key in (config_map.get("data") or {}):
        return str(config_map["data"][key]).encode()
    value = (config_map.get("binaryData") or {}).get(key)
    return None if value is None else base64.b64decode(value)


def _from_source(source: Mapping[str, Any], find: Find) -> dict[str, str]:
    prefix, named = source.get("prefix") or "", _named(source, "Ref", find)
    if named is None or named.object is None:
        return {}
    values = {key: named.read(key) or b"" for key in named.object.get("data") or {}}
    return {prefix + key: value.decode(errors="replace") for key, value in values.items() if _NAME.match(prefix + key)}


def _from_reference(source: Mapping[str, Any], container: Object, pod: Object, find: Find) -> str | None:
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return resource(source["resourceFieldRef"], container, pod)
    named = _named(source, "KeyRef", find)
    if named is None:
        raise ConfigError("valueFrom names no source that this node knows")
    reference = named.reference
    value = named.read(reference["key"])
    if value is None and not reference.get("optional"):
        place = f"{named.kind} {pod['metadata'].get('namespace')}/{reference['name']}"
        raise ConfigError(f"couldn't find key {reference['key']} in {place}")
    return None if value is None else value.decode(errors="replace")


@dataclass(frozen=True)
class _Named:
    """A ConfigMap or Secret that a container refers to; no object where it is optional and not there."""

    kind: str
    reference: Mapping[str, Any]
    object: Object | None

    def read(self, key: str) -> bytes | None:
        if self.object is None:
            return None
        return (config_map_bytes if self.kind == "ConfigMap" else secret_bytes)(self.object, key)


def _named(source: Mapping[str, Any], suffix: str, find: Find) -> _Named | None:
    for kind, field_name in (("ConfigMap", "configMap"), ("Secret", "secret")):
        reference = source.get(f"{field_name}{suffix}")
        if reference is None:
            continue
        found = find(f"{kind.lower()}s", reference["name"])
        if found is None and not reference.get("optional"):
            raise ConfigError(f'{kind.lower()} "{reference["name"]}" not found')
        return _Named(kind, reference, found)
    return None


def _upper(name: str) -> str:
    return name.upper().replace("-", "_").replace(".", "_")
