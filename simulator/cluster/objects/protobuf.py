"""Bodies in Kubernetes' protobuf: what kubectl's generators (`create configmap ...`) send and nothing else does. Pure.

The field numbers are those of k8s.io/api and k8s.io/apimachinery; `field_numbers.json` is made from their
`generated.proto` files by `python -m simulator.cluster.objects.protobuf API_FOLDER APIMACHINERY_FOLDER`.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from simulator.cluster.objects.parsing import parse_json
from simulator.cluster.store import Object, timestamp

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
FILE = Path(__file__).with_name("field_numbers.json")
_ENVELOPE = "Unknown"
ROOTS = (
    "Pod",
    "Service",
    "Namespace",
    "Node",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "ResourceQuota",
    "Deployment",
    "Job",
    "Eviction",
    "SelfSubjectAccessReview",
    "SelfSubjectRulesReview",
    "SelfSubjectReview",
    "DeleteOptions",
)

_MAGIC = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_ROOT_PACKAGES = (
    "k8s.io.api.core.v1",
    "k8s.io.api.apps.v1",
    "k8s.io.api.policy.v1",
    "k8s.io.api.batch.v1",
    "k8s.io.api.authorization.v1",
    "k8s.io.api.authentication.v1",
    "k8s.io.apimachinery.pkg.apis.meta.v1",
    "k8s.io.apimachinery.pkg.runtime",
)
_NUMBERS = ("bool", "int32", "int64")


@dataclass(frozen=True)
class _Field:
    name: str
    type: str
    label: str  # "one", "list", "map", or "inline": a Go struct embedded without a name of its own in JSON


def decode(body: bytes) -> Object:
    """The object in a `runtime.Unknown`; `ValueError` if the bytes are not that, or hold a kind not known here."""
    if not body.startswith(_MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = _message(_ENVELOPE, body[len(_MAGIC) :])
    about = envelope.get("typeMeta", {})
    version, kind = about.get("apiVersion", ""), about.get("kind", "")
    raw = base64.b64decode(envelope.get("raw", ""))
    if envelope.get("contentType") == "application/json":
        decoded = parse_json(raw).value
        if not isinstance(decoded, dict):
            raise ValueError("json: cannot unmarshal the value into an object")
        return decoded
    if kind not in ROOTS:
        raise ValueError(f'no kind "{kind}" is registered for version "{version}" in protobuf')
    return {"apiVersion": version, "kind": kind, **_message(kind, raw)}


def _message(kind: str, data: bytes) -> Object:
    known = _messages()[kind]
    result: Object = {}
    for number, raw in _fields(data):
        field = known.get(number)
        if field is None:
            continue
        if isinstance(raw, int) is not (field.type in _NUMBERS and field.label != "map"):
            raise ValueError(f"proto: wrong wireType for field {field.name}")
        if field.label == "map":
            pair = dict(_fields(raw))
            key, value = pair.get(1, b""), pair.get(2, b"")
            if isinstance(key, int) or isinstance(value, int):
                raise ValueError(f"proto: wrong wireType for field {field.name}")
            result.setdefault(field.name, {})[key.decode()] = _value(field.type, value)
        elif field.label == "list":
            result.setdefault(field.name, []).append(_value(field.type, raw))
        elif field.label == "inline":
            result.update(_message(field.type, raw))
        else:
            result[field.name] = _value(field.type, raw)
    return result


def _value(kind: str, raw: Any) -> Any:
    match kind:
        case "string":
            return raw.decode()
        case "bytes":
            return base64.b64encode(raw).decode()
        case "bool":
            return bool(raw)
        case "int32" | "int64":
            return raw - (1 << 64) if raw >> 63 else raw
        case "Time" | "MicroTime":
            return _time(_message("Time", raw).get("seconds"))
        case "Quantity":
            return _message("Quantity", raw).get("string", "0")
        case "IntOrString":
            either = _message("IntOrString", raw)
            return either.get("strVal", "") if either.get("type") else either.get("intVal", 0)
    return _message(kind, raw)


def _time(seconds: int | None) -> str | None:
    try:
        return timestamp(datetime.fromtimestamp(seconds, UTC)) if seconds else None
    except (OverflowError, OSError):
        raise ValueError(f"no such time: {seconds}") from None


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and raw values of a message: an int or bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"proto: illegal wireType {wire}")
        if at + length > len(data):
            raise ValueError("unexpected EOF")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("unexpected EOF")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


@cache
def _messages() -> Mapping[str, Mapping[int, _Field]]:
    raw = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        kind: {int(number): _Field(*text.split(" ")) for number, text in fields.items()} for kind, fields in raw.items()
    }


def derive(sources: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """`field_numbers.json` from the texts of `generated.proto` files by package."""
    parsed = {package: dict(_parse(text)) for package, text in sources.items()}
    found: dict[str, dict[str, str]] = {}
    waiting = [(package, kind) for package in _ROOT_PACKAGES for kind in (*ROOTS, _ENVELOPE) if kind in parsed[package]]
    while waiting:
        package, kind = waiting.pop(0)
        if kind in found:
            continue
        found[kind] = {}
        for label, wanted, name, number in parsed[package][kind]:
            other, _, short = wanted.removeprefix(".").rpartition(".")
            found[kind][number] = f"{name} {short} {'inline' if (kind, name) in _EMBEDDED else label}"
            if short in parsed[other or package]:
                waiting.append((other or package, short))
    return dict(sorted(found.items()))


# Go structs that are embedded with `json:",inline"`; the .proto files do not say so.
_EMBEDDED = {
    ("Volume", "volumeSource"),
    ("Probe", "handler"),
    ("EphemeralContainer", "ephemeralContainerCommon"),
    *(
        (kind, "localObjectReference")
        for kind in (
            "ConfigMapKeySelector",
            "ConfigMapEnvSource",
            "ConfigMapProjection",
            "ConfigMapVolumeSource",
            "SecretKeySelector",
            "SecretEnvSource",
            "SecretProjection",
        )
    ),
}


def _parse(text: str) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    plain = re.sub(r"//[^\n]*", "", text)
    for match in re.finditer(r"message (\w+) \{(.*?)\n\}", plain, re.DOTALL):
        entries = []
        for line in re.findall(r"[^;{}]+;", match[2]):
            mapping = re.search(r"map<string, ([\w.]+)> (\w+) = (\d+)", line)
            single = re.search(r"(optional|repeated) ([\w.]+) (\w+) = (\d+)", line)
            if mapping:
                entries.append(("map", *mapping.groups()))
            elif single:
                entries.append(("list" if single[1] == "repeated" else "one", *single.groups()[1:]))
        yield match[1], entries  # type: ignore[misc]


def _read(api: Path, machinery: Path) -> dict[str, str]:
    places = {
        f"k8s.io.api.{g}.v1": api / g / "v1"
        for g in ("core", "apps", "policy", "batch", "authorization", "authentication")
    }
    places |= {
        f"k8s.io.apimachinery.pkg.{part.replace('/', '.')}": machinery / "pkg" / part
        for part in ("apis/meta/v1", "api/resource", "util/intstr", "runtime")
    }
    return {package: (folder / "generated.proto").read_text(encoding="utf-8") for package, folder in places.items()}


if __name__ == "__main__":
    numbers = derive(_read(Path(sys.argv[1]), Path(sys.argv[2])))
    lines = ",\n".join(f"{json.dumps(kind)}: {json.dumps(fields)}" for kind, fields in numbers.items())
    sys.stdout.write("{\n" + lines + "\n}\n")
