"""Secret. Pure."""

import base64
from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import config_maps
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, Column, at, of
from simulator.cluster.resources import SECRETS
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    obj.setdefault("type", "Opaque")
    for key, text in obj.pop("stringData", {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if new["type"] != old["type"]:
        yield Cause("type", f'Invalid value: "{new["type"]}": field is immutable')
    yield from config_maps.immutable(new, old)


KIND = Kind(
    SECRETS,
    columns=(NAME, Column("Type", at("type")), Column("Data", of(config_maps.entries), type="integer"), AGE),
    fill=_fill,
    causes=config_maps.keys,
    fixed=_fixed,
    selectable=("type",),
)
