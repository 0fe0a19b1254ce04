"""Ports, variables, mounts and volumes of containers: what Kubernetes refuses and what it warns of. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from simulator.cluster.errors import Cause
from simulator.cluster.objects import naming
from simulator.cluster.objects.naming import quoted
from simulator.cluster.store import Object

_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_KEYED_FIELD = re.compile(r"metadata\.(labels|annotations)\['.+'\]")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_REQUIRED = {"secret": "secretName", "configMap": "name", "hostPath": "path", "persistentVolumeClaim": "claimName"}


def ports(container: Object, path: str, taken: set[str]) -> Iterator[Cause]:
    """Everything wrong with a container's ports; `taken` are the host ports of containers before it."""
    names: set[str] = set()
    for index, port in enumerate(container.get("ports") or ()):
        place = f"{path}.ports[{index}]"
        if name := port.get("name"):
            yield from port_name(name, f"{place}.name")
            if name in names:
                yield Cause(f"{place}.name", f"Duplicate value: {quoted(name)}", "FieldValueDuplicate")
            names.add(name)
        if not port.get("containerPort"):
            yield Cause(f"{place}.containerPort", "Required value", "FieldValueRequired")
        else:
            yield from port_number(port["containerPort"], f"{place}.containerPort")
        if host := port.get("hostPort"):
            yield from port_number(host, f"{place}.hostPort")
            text = f"{port['protocol']}/{port.get('hostIP', '')}/{host}"
            if text in taken:
                yield Cause(f"{place}.hostPort", f"Duplicate value: {quoted(text)}", "FieldValueDuplicate")
            taken.add(text)
        if port["protocol"] not in ("TCP", "UDP", "SCTP"):
            yield naming.unsupported(f"{place}.protocol", port["protocol"], "SCTP", "TCP", "UDP")


def port_name(name: str, path: str) -> Iterator[Cause]:
    """Is it a name that a port may have (an IANA service name)?"""
    problems = {
        "must be no more than 15 bytes": len(name) > 15,
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)": not re.fullmatch("[-a-z0-9]+", name),
        "must contain at least one letter (a-z)": not re.search("[a-z]", name),
        "must not contain consecutive hyphens": "--" in name,
        "must not begin or end with a hyphen": name[0] == "-" or name[-1] == "-",
    }
    for problem, is_so in problems.items():
        if is_so:
            yield Cause(path, f"Invalid value: {quoted(name)}: {problem}")


def port_number(number: int, path: str) -> Iterator[Cause]:
    """Is it a number that a port may have?"""
    if not 1 <= number <= 65535:
        yield Cause(path, f"Invalid value: {number}: must be between 1 and 65535, inclusive")


def env(container: Object, path: str) -> Iterator[Cause]:
    """Everything wrong with a container's variables."""
    for index, variable in enumerate(container.get("env") or ()):
        place = f"{path}.env[{index}]"
        if not _ENV_NAME.fullmatch(variable["name"]):
            words = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            yield Cause(f"{place}.name", f"Invalid value: {quoted(variable['name'])}: {words}")
        if "valueFrom" in variable:
            yield from _source(variable, f"{place}.valueFrom")


def _source(variable: Object, path: str) -> Iterator[Cause]:
    source = variable["valueFrom"]
    named = [key for key in _SOURCES if key in source]
    if not named:
        words = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        yield Cause(path, f'Invalid value: "": {words}')
    elif variable.get("value"):
        yield Cause(path, 'Invalid value: "": may not be specified when `value` is not empty')
    elif len(named) > 1:
        yield Cause(path, 'Invalid value: "": may not have more than one field specified at a time')
    for key in ("configMapKeyRef", "secretKeyRef"):
        if key in source and not source[key].get("name"):
            yield Cause(f"{path}.{key}.name", "Required value", "FieldValueRequired")
    field = source.get("fieldRef", {}).get("fieldPath")
    if field is None or field in _FIELDS or _KEYED_FIELD.fullmatch(field):
        return
    if re.match(r"(metadata|spec|status)\.", field) and field in ("spec.restartPolicy", "status.phase"):
        yield naming.unsupported(f"{path}.fieldRef.fieldPath", field, *_FIELDS)
    else:
        words = f"error converting fieldPath: field label not supported: {field}"
        yield Cause(f"{path}.fieldRef.fieldPath", f"Invalid value: {quoted(field)}: {words}")


def mounts(container: Object, path: str, volumes: set[str]) -> Iterator[Cause]:
    """Everything wrong with a container's mounts; `volumes` are those of the pod."""
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        place = f"{path}.volumeMounts[{index}]"
        if mount["name"] not in volumes:
            yield Cause(f"{place}.name", f"Not found: {quoted(mount['name'])}", "FieldValueNotFound")
        if mount["mountPath"] in seen:
            yield Cause(f"{place}.mountPath", f"Invalid value: {quoted(mount['mountPath'])}: must be unique")
        seen.add(mount["mountPath"])
        for key in ("subPath", "subPathExpr"):
            inner = mount.get(key, "")
            if inner.startswith("/"):
                yield Cause(f"{place}.{key}", f"Invalid value: {quoted(inner)}: must be a relative path")
            if ".." in inner.split("/"):
                yield Cause(f"{place}.{key}", f"Invalid value: {quoted(inner)}: must not contain '..'")


def volumes(spec: Object, path: str) -> Iterator[Cause]:
    """Everything wrong with a pod's volumes, but for what they are made of."""
    seen: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or ()):
        place = f"{path}.volumes[{index}]"
        yield from naming.of_name(volume["name"], naming.LABEL, f"{place}.name")
        if volume["name"] in seen:
            yield Cause(f"{place}.name", f"Duplicate value: {quoted(volume['name'])}", "FieldValueDuplicate")
        seen.add(volume["name"])
        for extra in sorted(volume.keys() - {"name"})[1:]:
            words = "Forbidden: may not specify more than 1 volume type"
            yield Cause(f"{place}.{extra}", words, "FieldValueForbidden")
        for source, key in _REQUIRED.items():
            if source in volume and not volume[source].get(key):
                yield Cause(f"{place}.{source}.{key}", "Required value", "FieldValueRequired")


def warnings(spec: Object, path: str) -> Iterator[str]:
    """What the API server warns of in a PodSpec (pkg/api/pod/warnings.go)."""
    held: dict[tuple[Any, ...], str] = {}
    for part in ("initContainers", "containers"):
        for at, container in enumerate(spec.get(part) or ()):
            place = f"{path}.{part}[{at}]"
            for index, port in enumerate(container.get("ports") or ()):
                here = f"{place}.ports[{index}]"
                key = (port.get("containerPort"), port["protocol"], port.get("hostPort"), port.get("hostIP"))
                if key in held:
                    yield f"{here}: duplicate port definition with {held[key]}"
                held.setdefault(key, here)
            before: dict[str, Object] = {}
            for index, variable in enumerate(container.get("env") or ()):
                name = variable["name"]
                if name in before and f"$({name})" not in variable.get("value", ""):
                    words = f"hides previous definition of {quoted(name)}, which may be dropped when using apply"
                    yield f"{place}.env[{index}]: {words}"
                before[name] = variable
