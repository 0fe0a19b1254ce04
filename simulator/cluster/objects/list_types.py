"""Which parts of an object are owned and merged as one, and by what the entries of a list are told apart.

`list_types.json` holds what k8s.io/api says of its structs (`listType`, `listMapKey`, `structType`, `mapType`); it is
made by `python -m simulator.cluster.objects.list_types FILE` from the schema that client-go carries for apply
configurations (applyconfigurations/internal/internal.go) and kept beside this module. Names are those of `schemas`.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("list_types.json")


@dataclass(frozen=True)
class ListType:
    """How a list merges. `keys` name its entries, each with the default of a key that is left out (None: none).

    Without keys the list is a set of plain values.
    """

    keys: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Structure:
    """Everything that is not here is the ordinary case: maps and structs merge by field, lists are atomic."""

    lists: Mapping[str, ListType]
    atomic: frozenset[str]


@cache
def structure() -> Structure:
    """Lists by `V1PodSpec.containers`; what is atomic as `V1LabelSelector` or `V1ServiceSpec.selector`."""
    raw = json.loads(FILE.read_text(encoding="utf-8"))
    lists = {place: ListType(tuple((key, default) for key, default in keys)) for place, keys in raw["lists"].items()}
    return Structure(lists, frozenset(raw["atomic"]))


def derive(source: str, names: Iterable[str]) -> dict[str, Any]:
    """What `list_types.json` holds, for the models called `names`, from the Go source of the parser."""
    text = source[source.index("typed.YAMLObject(`") + len("typed.YAMLObject(`") : source.rindex("`)")]
    types = {entry["name"]: entry for entry in yaml.load(text, yaml.CSafeLoader)["types"]}
    lists: dict[str, list[Any]] = {}
    atomic = []
    for name in sorted(names):
        fields = _find(types, name)
        if fields is None:
            continue
        if fields.get("elementRelationship") == "atomic":
            atomic.append(name)
        for field in fields.get("fields") or ():
            place, kind = f"{name}.{field['name']}", field["type"]
            items = kind.get("list") or {}
            if items.get("elementRelationship") == "associative":
                inner = types.get(items["elementType"].get("namedType", ""), {}).get("map", {}).get("fields") or ()
                defaults = {entry["name"]: entry.get("default") for entry in inner}
                lists[place] = [[key, defaults.get(key) or None] for key in items.get("keys") or ()]
            if "map" in kind and kind["map"].get("elementRelationship") == "atomic":
                atomic.append(place)
            if kind.get("elementRelationship") == "atomic":
                atomic.append(place)
    return {"lists": lists, "atomic": atomic}


_GROUPS = ("core", "apps", "batch", "discovery", "networking", "policy", "coordination", "storage")


def _find(types: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    groups: tuple[str, ...] = _GROUPS
    for prefix, only in (("CoreV1", ("core",)), ("DiscoveryV1", ("discovery",)), ("V1", _GROUPS)):
        if name.startswith(prefix):
            groups, name = only, name.removeprefix(prefix)
            break
    candidates = [f"io.k8s.api.{group}.v1.{name}" for group in groups]
    for full in [*candidates, f"io.k8s.apimachinery.pkg.apis.meta.v1.{name}"]:
        if full in types:
            found: dict[str, Any] = types[full].get("map") or {}
            return found
    return None


if __name__ == "__main__":
    from simulator.cluster.objects.schemas import models

    made = derive(Path(sys.argv[1]).read_text(encoding="utf-8"), models())
    rows = ",\n".join(f"{json.dumps(place)}: {json.dumps(keys)}" for place, keys in made["lists"].items())
    sys.stdout.write(f'{{"lists": {{\n{rows}}},\n"atomic": {json.dumps(made["atomic"], indent=0)}}}\n')
