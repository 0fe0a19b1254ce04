"""From what a client sent to an object in our shape: types checked, unknown fields found and dropped. Pure.

The words are those of the API server's decoder, because kubectl shows them and scripts match them.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.cluster import errors
from simulator.cluster.objects import quantities
from simulator.cluster.objects.schemas import ZERO_IS_NOTHING, Field, Model, model_of, models
from simulator.cluster.store import Object

_GO_TYPES = {
    "string": "string",
    "integer": "int32",
    "number": "float64",
    "boolean": "bool",
    "time": "string",
    "bytes": "string",
}
_INT32, _INT64 = 1 << 31, 1 << 63
_WIDE = frozenset(
    [
        "activeDeadlineSeconds",
        "capacity",
        "defaultUser",
        "deletionGracePeriodSeconds",
        "expirationSeconds",
        "fsGroup",
        "generation",
        "gid",
        "gracePeriodSeconds",
        "observedGeneration",
        "revision",
        "runAsGroup",
        "runAsUser",
        "seconds",
        "sizeBytes",
        "supplementalGroups",
        "terminationGracePeriodSeconds",
        "tolerationSeconds",
        "uid",
        "user",
    ]
)
_MAY_BE_EMPTY = {"EndpointPort.name", "DiscoveryV1EndpointPort.name", "V1PodSpec.containers"}


@dataclass
class Decoded:
    """An object with known fields only, and what was wrong with the others: `unknown field "spec.replicsa"`."""

    object: Object
    problems: list[str] = field(default_factory=list)


def decode(kind: str, raw: Object, duplicates: Mapping[int, tuple[str, ...]] | None = None) -> Decoded:
    """Check `raw` against the schema of `kind`; `ApiError` 400 where a value has the wrong type.

    `duplicates` are keys that maps in `raw` had more than once, by the identity of the map.
    Nulls and empty optional values go, as Go's `omitempty` has it, so that stored objects have one spelling.
    """
    result = Decoded({})
    version = str(raw.get("apiVersion", "")).rpartition("/")[2]
    prefix = f'{kind} in version "{version}" cannot be handled as a {kind}: '
    decoder = _Decoder(prefix, result.problems, duplicates or {})
    result.object = decoder.model(model_of(kind), raw, "")
    return result


class _Decoder:
    def __init__(self, prefix: str, problems: list[str], duplicates: Mapping[int, tuple[str, ...]]) -> None:
        self._prefix = prefix
        self._problems = problems
        self._duplicates = duplicates

    def model(self, model: Model, value: Any, path: str) -> Object:
        if not isinstance(value, dict):
            raise self._wrong(value, path, _go_name(model.name))
        self._note_duplicates(value, path)
        result = {}
        for key, item in value.items():
            place = f"{path}.{key}" if path else str(key)
            known = model.fields.get(key)
            if known is None:
                self._problems.append(f'unknown field "{place}"')
            elif item is not None:
                decoded = self.field(known, item, place, model)
                if not _is_left_out(known, decoded, key, model):
                    result[key] = decoded
        return result

    def field(self, known: Field, value: Any, path: str, owner: Model) -> Any:
        if known.container == "list":
            if not isinstance(value, list):
                raise self._wrong(value, path, f"[]{_go_name(known.type)}", owner)
            return [self.single(known.type, item, f"{path}[{i}]", owner) for i, item in enumerate(value)]
        if known.container == "map":
            if not isinstance(value, dict):
                raise self._wrong(value, path, f"map[string]{_go_name(known.type)}", owner)
            self._note_duplicates(value, path)
            return {
                str(key): self.single(known.type, item, f"{path}.{key}", owner)
                for key, item in value.items()
                if item is not None
            }
        return self.single(known.type, value, path, owner)

    def single(self, kind: str, value: Any, path: str, owner: Model) -> Any:
        if kind in models():
            return self.model(models()[kind], value, path)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_whole = is_number and math.isfinite(value) and value == int(value)
        match kind:
            case "any":
                return value
            case "intstr":
                fits = isinstance(value, str) or (is_whole and abs(value) < _INT32)
                value = int(value) if is_whole else value
            case "quantity":
                fits = isinstance(value, str) or (is_number and math.isfinite(value))
                if fits:
                    return self._quantity(str(value))
            case "integer":
                kind = _size_of(path)
                fits = is_whole and (abs(value) < _INT32 or (kind == "int64" and abs(value) < _INT64))
                value = int(value) if fits else value
            case "number":
                fits = is_number
            case "boolean":
                fits = isinstance(value, bool)
            case "time":
                fits = isinstance(value, str)
                if fits:
                    self._check_time(value)
            case "bytes":
                fits = isinstance(value, str)
                if fits:
                    self._check_base64(value)
            case _:
                fits = isinstance(value, str)
        if not fits:
            raise self._wrong(value, path, _go_name(kind), owner)
        return value

    def _note_duplicates(self, value: Object, path: str) -> None:
        for key in self._duplicates.get(id(value), ()):
            self._problems.append(f'duplicate field "{path}.{key}"' if path else f'duplicate field "{key}"')

    def _quantity(self, text: str) -> str:
        try:
            return quantities.canonical(text)
        except ValueError as error:
            raise errors.bad_request(f"{self._prefix}{error}") from None

    def _wrong(self, value: Any, path: str, wanted: str, owner: Model | None = None) -> errors.ApiError:
        struct = f"{_go_name(owner.name)}." if owner else ""
        return errors.bad_request(
            f"{self._prefix}json: cannot unmarshal {_json_name(value)} into Go struct field {struct}{path} "
            f"of type {wanted}"
        )

    def _check_time(self, value: str) -> None:
        try:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            raise errors.bad_request(
                f'{self._prefix}parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}"'
            ) from None

    def _check_base64(self, value: str) -> None:
        try:
            base64.b64decode("".join(value.split()), validate=True)
        except binascii.Error:
            raise errors.bad_request(f"{self._prefix}illegal base64 data at input byte 0") from None


def _size_of(path: str) -> str:
    """int64 or int32, as k8s.io/api declares the field that a path ends in."""
    return "int64" if path.rpartition(".")[2].partition("[")[0] in _WIDE else "int32"


def _is_left_out(known: Field, value: Any, key: str, model: Model) -> bool:
    if key in model.required or f"{model.name}.{key}" in _MAY_BE_EMPTY:
        return False
    if known.container:
        return not value
    if known.type in ("boolean", "integer"):
        return not value and key in ZERO_IS_NOTHING
    return value == "" and known.type in ("string", "time")


def _go_name(kind: str) -> str:
    if kind in _GO_TYPES:
        return _GO_TYPES[kind]
    for prefix in ("CoreV1", "DiscoveryV1", "V1"):
        if kind.startswith(prefix):
            return kind.removeprefix(prefix)
    return {"intstr": "intstr.IntOrString", "quantity": "resource.Quantity"}.get(kind, kind)


def _json_name(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return f"number {value}" if math.isfinite(value) else "number"
        case list():
            return "array"
    return "object"
