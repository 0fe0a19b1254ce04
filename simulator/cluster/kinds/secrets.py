"""Secret. Pure."""

import base64
from collections.abc import Iterator

import orjson

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


_REQUIRED = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_ACCOUNT = "kubernetes.io/service-account.name"


def _causes(obj: Object) -> Iterator[Cause]:
    kind, data = obj["type"], obj.get("data") or {}
    yield from config_maps.keys(obj)
    for key in _REQUIRED.get(kind, ()):
        if key not in data:
            yield Cause(f"data[{key}]", "Required value", "FieldValueRequired")
        elif key.startswith(".docker") and not _is_json(data[key]):
            words = "invalid character '...' looking for beginning of value"
            yield Cause(f"data[{key}]", f'Invalid value: "<secret contents redacted>": {words}')
    if kind == "kubernetes.io/basic-auth" and not data.keys() & {"username", "password"}:
        for key in ("username", "password"):
            yield Cause(f"data[{key}]", "Required value", "FieldValueRequired")
    if kind == "kubernetes.io/service-account-token" and not (obj["metadata"].get("annotations") or {}).get(_ACCOUNT):
        yield Cause(f"metadata.annotations[{_ACCOUNT}]", "Required value", "FieldValueRequired")


def _is_json(text: str) -> bool:
    try:
        orjson.loads(base64.b64decode("".join(text.split())))
    except ValueError:
        return False
    return True


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if new["type"] != old["type"]:
        yield Cause("type", f'Invalid value: "{new["type"]}": field is immutable')
    yield from config_maps.immutable(new, old)


KIND = Kind(
    SECRETS,
    columns=(NAME, Column("Type", at("type")), Column("Data", of(config_maps.entries), type="integer"), AGE),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
    selectable=("type",),
)
