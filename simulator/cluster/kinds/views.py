"""Kinds that are answered, not stored: reviews of what a user may do, and what pods and nodes use. Pure."""

from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import NAME, Column, at, of
from simulator.cluster.resources import NODE_METRICS, POD_METRICS, REVIEWS
from simulator.cluster.store import Object


def _total(name: str, obj: Object) -> str:
    texts = [container["usage"][name] for container in obj["containers"]]
    return texts[0] if len(texts) == 1 else ",".join(texts)


KINDS = (
    *(Kind(resource, columns=(NAME,)) for resource in REVIEWS),
    Kind(
        POD_METRICS,
        columns=(
            NAME,
            Column("cpu", of(lambda obj: _total("cpu", obj))),
            Column("memory", of(lambda obj: _total("memory", obj))),
            Column("window", at("window")),
        ),
    ),
    Kind(
        NODE_METRICS,
        columns=(
            NAME,
            Column("cpu", at("usage", "cpu")),
            Column("memory", at("usage", "memory")),
            Column("window", at("window")),
        ),
    ),
)
