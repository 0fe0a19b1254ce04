"""Is a defaulted PodSpec one that Kubernetes would run, and may a pod's spec be changed so? Pure."""

import re
from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import container_fields, pod_dns, pod_placement, unserved
from simulator.cluster.objects import naming, quantities
from simulator.cluster.store import Object
from simulator.cluster.stored import copied

_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_CHOICES = {
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
}


def pod_spec(spec: Object, path: str) -> Iterator[Cause]:
    """Everything wrong with a PodSpec that stands at `path`."""
    if not spec.get("containers"):
        yield Cause(f"{path}.containers", "Required value", "FieldValueRequired")
    if spec.get("ephemeralContainers"):
        yield Cause(f"{path}.ephemeralContainers", "Forbidden: cannot be set on create", "FieldValueForbidden")
    for key, allowed in _CHOICES.items():
        if spec[key] not in allowed:
            yield naming.unsupported(f"{path}.{key}", spec[key], *allowed)
    yield from unserved.fields(spec, path)
    yield from pod_dns.dns(spec, path)
    if (grace := spec["terminationGracePeriodSeconds"]) < 0:
        yield Cause(
            f"{path}.terminationGracePeriodSeconds",
            f"Invalid value: {grace}: must be greater than or equal to 0",
        )
    yield from pod_placement.place(spec, path)
    yield from container_fields.volumes(spec, path)
    volumes, host_ports = {volume["name"] for volume in spec.get("volumes") or ()}, set[str]()
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline < 1 << 31:
        words = "must be between 1 and 2147483647, inclusive"
        yield Cause(f"{path}.activeDeadlineSeconds", f"Invalid value: {deadline}: {words}")
    seen: set[str] = set()
    for part in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(part) or ()):
            place = f"{path}.{part}[{index}]"
            if container["name"] in seen:
                yield Cause(f"{place}.name", f'Duplicate value: "{container["name"]}"', "FieldValueDuplicate")
            seen.add(container["name"])
            yield from _container(container, place, volumes, host_ports)
            if part == "initContainers" and container.get("restartPolicy") != "Always":
                for key in ("lifecycle", *_PROBES):
                    if key in container:
                        words = "Forbidden: may not be set for init containers without restartPolicy=Always"
                        yield Cause(f"{place}.{key}", words, "FieldValueForbidden")


def pod_update(new: Object, old: Object) -> Iterator[Cause]:
    """A pod's spec is fixed but for its images, deadline, tolerations and grace period."""

    def fixed_part(spec: Object) -> Object:
        spec = copied(spec)
        for container in [*spec.get("containers", ()), *spec.get("initContainers", ())]:
            container.pop("image", None)
        for key in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"):
            spec.pop(key, None)
        return spec

    gates = [gate["name"] for gate in old.get("schedulingGates") or ()]
    for index, gate in enumerate(new.get("schedulingGates") or ()):
        if gate["name"] not in gates:
            words = f"Forbidden: only deletion is allowed, but found new scheduling gate '{gate['name']}'"
            yield Cause(f"spec.schedulingGates[{index}].name", words, "FieldValueForbidden")
    if fixed_part(new) != fixed_part(old):
        yield Cause(
            "spec",
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
            "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
            "previously negative)",
            "FieldValueForbidden",
        )


def _container(container: Object, path: str, volumes: set[str], host_ports: set[str]) -> Iterator[Cause]:
    if not _LABEL.match(container["name"]) or len(container["name"]) > 63:
        yield Cause(
            f"{path}.name",
            f'Invalid value: "{container["name"]}": a lowercase RFC 1123 label must consist of lower case '
            "alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. "
            "'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        )
    image = container.get("image", "")
    if not image:
        yield Cause(f"{path}.image", "Required value", "FieldValueRequired")
    elif image != image.strip():
        words = "must not have leading or trailing whitespace"
        yield Cause(f"{path}.image", f"Invalid value: {naming.quoted(image)}: {words}")
    policies = ("Always", "IfNotPresent", "Never")
    if container["imagePullPolicy"] not in policies:
        yield naming.unsupported(f"{path}.imagePullPolicy", container["imagePullPolicy"], *policies)
    yield from container_fields.ports(container, path, host_ports)
    yield from container_fields.env(container, path)
    yield from container_fields.mounts(container, path, volumes)
    yield from _resources(container["resources"], f"{path}.resources")
    for name in _PROBES:
        if name in container:
            yield from _probe(container[name], f"{path}.{name}", is_readiness=name == "readinessProbe")


def _resources(resources: Object, path: str) -> Iterator[Cause]:
    amounts = {}
    for part in ("limits", "requests"):
        for key, text in (resources.get(part) or {}).items():
            try:
                amounts[part, key] = quantities.parse(text)
            except ValueError as error:
                yield Cause(f"{path}.{part}[{key}]", f'Invalid value: "{text}": {error}')
                continue
            if amounts[part, key] < 0:
                words = "must be greater than or equal to 0"
                yield Cause(f"{path}.{part}[{key}]", f'Invalid value: "{text}": {words}')
    for (part, key), amount in amounts.items():
        limit = amounts.get(("limits", key))
        if part == "requests" and limit is not None and amount > limit:
            text = resources["requests"][key]
            yield Cause(
                f"{path}.requests",
                f'Invalid value: "{text}": must be less than or equal to {key} limit of {resources["limits"][key]}',
            )


def _probe(probe: Object, path: str, *, is_readiness: bool) -> Iterator[Cause]:
    handlers = [name for name in _HANDLERS if name in probe]
    if not handlers:
        yield Cause(path, "Required value: must specify a handler type", "FieldValueRequired")
    for extra in handlers[1:]:
        yield Cause(
            f"{path}.{extra}",
            "Forbidden: may not specify more than 1 handler type",
            "FieldValueForbidden",
        )
    for handler in handlers:
        port = probe[handler].get("port")
        if isinstance(port, int):
            yield from container_fields.port_number(port, f"{path}.{handler}.port")
    if not is_readiness and probe["successThreshold"] != 1:
        yield Cause(f"{path}.successThreshold", f"Invalid value: {probe['successThreshold']}: must be 1")
    for key in ("timeoutSeconds", "periodSeconds", "failureThreshold", "initialDelaySeconds"):
        if probe.get(key, 0) < 0:
            yield Cause(f"{path}.{key}", f"Invalid value: {probe[key]}: must be greater than or equal to 0")
