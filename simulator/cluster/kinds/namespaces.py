"""Namespace. Pure."""

from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, Column, at
from simulator.cluster.resources import NAMESPACES
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    labels = obj["metadata"].setdefault("labels", {})
    labels.setdefault("kubernetes.io/metadata.name", obj["metadata"].get("name", ""))
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])


KIND = Kind(
    NAMESPACES,
    columns=(NAME, Column("Status", at("status", "phase")), AGE),
    fill=_fill,
    admitted=(("spec", "finalizers"),),
    first_status=lambda _spec: {"phase": "Active"},
    names=naming.LABEL,
    selectable=("status.phase",),
)
