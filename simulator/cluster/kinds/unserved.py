"""Fields of a PodSpec that mean something on a cluster of containers and nothing here: refused, not ignored. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.store import Object

_OF_POD = ("resourceClaims", "setHostnameAsFQDN", "shareProcessNamespace")
_OF_CONTAINER = ("volumeDevices",)
_OF_MOUNT = ("subPathExpr", "mountPropagation")


def fields(spec: Object, path: str) -> Iterator[Cause]:
    """Those of a PodSpec at `path`."""
    yield from _among(spec, _OF_POD, path)
    for part in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(part) or ()):
            place = f"{path}.{part}[{index}]"
            yield from _among(container, _OF_CONTAINER, place)
            for number, mount in enumerate(container.get("volumeMounts") or ()):
                yield from _among(mount, _OF_MOUNT, f"{place}.volumeMounts[{number}]")
            for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                yield from _among(container.get(probe) or {}, ("grpc",), f"{place}.{probe}")


def _among(obj: Object, names: tuple[str, ...], path: str) -> Iterator[Cause]:
    for name in names:
        if obj.get(name):
            yield Cause(f"{path}.{name}", "Forbidden: not served by this cluster", "FieldValueForbidden")
