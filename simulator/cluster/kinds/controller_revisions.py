"""ControllerRevision: a StatefulSet's or DaemonSet's template as it once was. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, NONE, Column, at, of
from simulator.cluster.resources import CONTROLLER_REVISIONS
from simulator.cluster.store import Object


def _causes(obj: Object) -> Iterator[Cause]:
    if (revision := obj.get("revision") or 0) < 0:
        yield Cause("revision", f"Invalid value: {revision}: must be greater than or equal to 0")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if new.get("data") != old.get("data"):
        yield Cause("data", "Invalid value: field is immutable")


def _controller(obj: Object) -> str:
    owner = next((o for o in obj["metadata"].get("ownerReferences") or () if o.get("controller")), None)
    if owner is None:
        return NONE
    group = owner["apiVersion"].rpartition("/")[0]
    kind = owner["kind"].lower()
    return f"{kind}.{group}/{owner['name']}" if group else f"{kind}/{owner['name']}"


KIND = Kind(
    CONTROLLER_REVISIONS,
    columns=(
        NAME,
        Column("Controller", of(_controller)),
        Column("Revision", at("revision", absent=0), type="integer"),
        AGE,
    ),
    fill=lambda obj: obj.setdefault("revision", 0) and None,
    causes=_causes,
    fixed=_fixed,
)
