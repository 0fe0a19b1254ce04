"""Metadata of all objects: what may stand there, and what may not change (apimachinery/pkg/api/validation). Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.cluster.errors import Cause
from simulator.cluster.objects import naming
from simulator.cluster.objects.naming import NameRule, quoted

MOST_ANNOTATION_BYTES = 256 * 1024
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def causes(meta: Mapping[str, Any], rule: NameRule) -> Iterator[Cause]:
    """Everything wrong with an object's metadata; `rule` is that of its kind for names."""
    if prefix := meta.get("generateName"):
        # Kubernetes looks at what a generated name would begin with: a dash may stand at its end.
        for cause in naming.of_name(re.sub(r"-$", "a", prefix), rule, "metadata.generateName"):
            text = cause.message.partition(": ")[2].partition(": ")[2]
            yield Cause(cause.field, f"Invalid value: {quoted(prefix)}: {text}")
    yield from naming.metadata(meta, rule)
    annotations = meta.get("annotations") or {}
    if sum(len(key.encode()) + len(text.encode()) for key, text in annotations.items()) > MOST_ANNOTATION_BYTES:
        words = f"Too long: may not be more than {MOST_ANNOTATION_BYTES} bytes"
        yield Cause("metadata.annotations", words, "FieldValueTooLong")
    yield from _owners(meta.get("ownerReferences") or ())
    yield from _finalizers(meta.get("finalizers") or ())


def changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Cause]:
    """What may not change in the metadata of an object."""
    if old.get("deletionTimestamp"):
        extra = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
        if extra:
            found = f"[]string{{{', '.join(quoted(name) for name in extra)}}}"
            words = f"no new finalizers can be added if the object is being deleted, found new finalizers {found}"
            yield Cause("metadata.finalizers", f"Forbidden: {words}", "FieldValueForbidden")


def _owners(references: Any) -> Iterator[Cause]:
    controller = ""
    for index, entry in enumerate(references):
        path = f"metadata.ownerReferences[{index}]"
        for key in ("apiVersion", "kind", "name", "uid"):
            if not entry.get(key):
                yield Cause(f"{path}.{key}", "Required value: must not be empty", "FieldValueRequired")
        if entry.get("apiVersion", "x").count("/") > 1 or entry.get("apiVersion", "x").endswith("/"):
            words = "must be <group>/<version> or <version>"
            yield Cause(f"{path}.apiVersion", f"Invalid value: {quoted(entry['apiVersion'])}: {words}")
        if entry.get("controller"):
            name = f"{entry.get('kind', '')}/{entry.get('name', '')}"
            if controller:
                words = 'Only one reference can have Controller set to true. Found "true" in references for'
                shown = json.dumps(references, separators=(",", ":"))
                yield Cause("metadata.ownerReferences", f"Invalid value: {shown}: {words} {controller} and {name}")
            controller = controller or name


def _finalizers(names: Any) -> Iterator[Cause]:
    for index, name in enumerate(names):
        bad = list(naming.label_key(name, "metadata.finalizers"))
        yield from bad
        if not bad and "/" not in name and name not in _STANDARD_FINALIZERS:
            words = "name is neither a standard finalizer name nor is it fully qualified"
            yield Cause(f"metadata.finalizers[{index}]", f"Invalid value: {quoted(name)}: {words}")
    if {"orphan", "foregroundDeletion"} <= set(names):
        words = "finalizer orphan and foregroundDeletion cannot be both set"
        yield Cause("metadata.finalizers", f"Invalid value: {json.dumps(list(names))}: {words}")
