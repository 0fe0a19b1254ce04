"""ResourceQuota. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming, quantities
from simulator.cluster.printing.column import AGE, NAME, Column, of
from simulator.cluster.resources import RESOURCE_QUOTAS
from simulator.cluster.store import Object

_SCOPES = ("BestEffort", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating")
_STANDARD = {
    *("cpu", "memory", "ephemeral-storage", "pods", "services", "secrets", "configmaps", "resourcequotas"),
    *("persistentvolumeclaims", "replicationcontrollers", "services.nodeports", "services.loadbalancers"),
}
_PREFIXES = ("requests.", "limits.", "count/")


def _fill(obj: Object) -> None:
    obj.setdefault("spec", {})


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    for name, text in (spec.get("hard") or {}).items():
        path = f"spec.hard[{name}]"
        if name not in _STANDARD and not name.startswith(_PREFIXES) and "/" not in name:
            yield Cause(path, f'Invalid value: "{name}": must be a standard resource type or fully qualified')
            yield Cause(path, f'Invalid value: "{name}": must be a standard resource for quota')
        try:
            if quantities.parse(text) < 0:
                yield Cause(path, f'Invalid value: "{text}": must be greater than or equal to 0')
        except ValueError as error:
            yield Cause(path, f'Invalid value: "{text}": {error}')
    scopes = spec.get("scopes") or []
    if any(scope not in _SCOPES for scope in scopes):
        shown = "[" + ",".join(f'"{scope}"' for scope in scopes) + "]"
        yield Cause("spec.scopes", f"Invalid value: {shown}: unsupported scope")
    for index, entry in enumerate((spec.get("scopeSelector") or {}).get("matchExpressions") or ()):
        if entry["operator"] not in ("In", "NotIn", "Exists", "DoesNotExist"):
            path = f"spec.scopeSelector.matchExpressions[{index}].operator"
            yield naming.unsupported(path, entry["operator"], "DoesNotExist", "Exists", "In", "NotIn")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if new["spec"].get("scopes") != old["spec"].get("scopes"):
        yield Cause("spec.scopes", f"Invalid value: {new['spec'].get('scopes')}: field is immutable")


def _shares(obj: Object, *, of_limits: bool) -> str:
    status = obj.get("status") or {}
    used, hard = status.get("used") or {}, status.get("hard") or {}
    names = [name for name in sorted(hard) if name.startswith("limits.") is of_limits]
    return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in names)


KIND = Kind(
    RESOURCE_QUOTAS,
    columns=(
        NAME,
        Column("Request", of(lambda obj: _shares(obj, of_limits=False))),
        Column("Limit", of(lambda obj: _shares(obj, of_limits=True))),
        AGE,
    ),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
    first_status=lambda _spec: {},
)
