"""Service. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import container_fields
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, NONE, Column, at, labels_text, of
from simulator.cluster.resources import SERVICES
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))


def _carry(new: Object, old: Object) -> None:
    """A client that replaces a Service may leave out the address that the cluster chose."""
    for key in ("clusterIP", "clusterIPs"):
        if key in old["spec"]:
            new["spec"].setdefault(key, old["spec"][key])


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    for key, served in (("type", "ClusterIP"), ("sessionAffinity", "None")):
        if spec[key] != served:
            yield naming.unsupported(f"spec.{key}", spec[key], served)
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        yield Cause("spec.ports", "Required value", "FieldValueRequired")
    for key in ("externalIPs", "externalName", "loadBalancerIP", "loadBalancerClass"):
        if spec.get(key):  # nothing here would answer there
            words = "Forbidden: may only be used by Services that this cluster does not serve"
            yield Cause(f"spec.{key}", words, "FieldValueForbidden")
    yield from naming.labels(spec.get("selector"), "spec.selector")
    seen: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        if not port.get("name") and len(ports) > 1:
            yield Cause(f"{path}.name", "Required value", "FieldValueRequired")
        elif name := port.get("name"):
            yield from naming.of_name(name, naming.LABEL, f"{path}.name")
            if name in seen:
                yield Cause(f"{path}.name", f'Duplicate value: "{name}"', "FieldValueDuplicate")
            seen.add(name)
        if port.get("nodePort"):
            words = "Forbidden: may not be used when `type` is 'ClusterIP'"
            yield Cause(f"{path}.nodePort", words, "FieldValueForbidden")
        if isinstance(target := port.get("targetPort"), str):
            yield from container_fields.port_name(target or "-", f"{path}.targetPort")
        pair = (port["protocol"], port.get("port", 0))
        if pair in numbers:
            shown = f'{{"protocol":"{pair[0]}","port":{pair[1]},"targetPort":0}}'
            yield Cause(path, f"Duplicate value: {shown}", "FieldValueDuplicate")
        numbers.add(pair)
        if port["protocol"] != "TCP":
            yield naming.unsupported(f"{path}.protocol", port["protocol"], "TCP")
        for key in ("port", "targetPort"):
            number = port.get(key, 0)
            if isinstance(number, int) and not 1 <= number <= 65535:
                yield Cause(f"{path}.{key}", f"Invalid value: {number}: must be between 1 and 65535, inclusive")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if old["spec"].get("clusterIP") != new["spec"].get("clusterIP"):
        wanted = new["spec"].get("clusterIP", "")
        yield Cause("spec.clusterIPs[0]", f'Invalid value: ["{wanted}"]: may not change once set')


def _ports(obj: Object) -> str:
    return ",".join(f"{p['port']}/{p['protocol']}" for p in obj["spec"].get("ports") or ()) or NONE


KIND = Kind(
    SERVICES,
    columns=(
        NAME,
        Column("Type", at("spec", "type")),
        Column("Cluster-IP", at("spec", "clusterIP")),
        Column("External-IP", of(lambda obj: ",".join(obj["spec"].get("externalIPs") or ()) or NONE)),
        Column("Port(s)", of(_ports)),
        AGE,
        Column("Selector", of(lambda obj: labels_text(obj["spec"].get("selector"))), wide=True),
    ),
    fill=_fill,
    carry=_carry,
    causes=_causes,
    fixed=_fixed,
    admitted=(("spec", "clusterIP"), ("spec", "clusterIPs"), ("spec", "ipFamilies"), ("spec", "ipFamilyPolicy")),
    first_status=lambda _spec: {"loadBalancer": {}},
    names=naming.SERVICE,
    selectable=("spec.clusterIP", "spec.type"),
)
