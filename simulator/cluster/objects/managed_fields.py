"""Who owns which field: `metadata.managedFields`, kept through updates and applies. Pure.

The rules and words are those of k8s.io/apimachinery (util/managedfields) and sigs.k8s.io/structured-merge-diff (merge).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from simulator.cluster.errors import ApiError
from simulator.cluster.objects import fieldset, structured
from simulator.cluster.objects.fieldset import Fields
from simulator.cluster.objects.managed_entries import Managed, Owned, Owner, decode, encode
from simulator.cluster.objects.schemas import Model
from simulator.cluster.store import Object

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MOST_UPDATERS = 10
_ANCIENT = "ancient-changes"
_BEFORE_APPLY = "before-first-apply"
_OF_NOBODY: Fields = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        **{
            f"f:{key}": {}
            for key in (
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        },
    },
}


@dataclass(frozen=True)
class Writer:
    """Who writes, and through what. `ignored` are fields that this way of writing never sets."""

    manager: str
    api_version: str
    now: str  # RFC 3339, whole seconds
    subresource: str = ""
    ignored: tuple[tuple[str, ...], ...] = ()


@dataclass
class Conflicts(Exception):
    """Fields that others own and that an apply without force would change."""

    found: Mapping[Owner, Owned] = field(default_factory=dict)


def record_update(model: Model, live: Object, new: Object, entries: Any, writer: Writer) -> list[Object]:
    """The entries of `new` after an update from `live` ({}: a creation) by `writer`.

    An object that nobody's fields are known of stays so: tracking starts with its creation or the first apply.
    """
    managed = decode(entries)
    if not managed and live:
        return []
    _update(model, _bare(live), _bare(new), managed, writer)
    _cap(managed)
    return encode(managed)


def apply(
    model: Model, live: Object, config: Object, writer: Writer, *, is_forced: bool
) -> tuple[Object, list[Object]]:
    """`live` ({}: there is none) with `config` applied, and the entries afterwards; `ApiError` 409 on conflicts.

    Fields that the manager applied before and leaves out now go, unless somebody else owns them. What kubectl applied
    on the client's side and recorded in its annotation is no conflict for kubectl.
    """
    managed = decode(live.get("metadata", {}).get("managedFields"))
    if not managed and live:
        before = Writer(_BEFORE_APPLY, writer.api_version, writer.now)
        _update(model, {}, _bare(live), managed, before)
    bare = _bare(live)
    try:
        new, after = _apply(model, bare, config, managed, writer, is_forced)
    except Conflicts as conflicts:
        if writer.manager != "kubectl":
            raise _refusal(conflicts.found) from None
        allowed = _applied_by_client(model, bare)
        left = {
            who: Owned(rest, o.api_version, o.time)
            for who, o in conflicts.found.items()
            if (rest := fieldset.difference(o.fields, allowed))
        }
        if left:
            raise _refusal(left) from None
        new, after = _apply(model, bare, config, managed, writer, is_forced=True)
    if writer.manager == "kubectl" and new.get("metadata", {}).get("annotations", {}).get(LAST_APPLIED):
        new = _with_last_applied(new, config)
    return new, encode(after)


def _apply(
    model: Model, live: Object, config: Object, managed: Managed, writer: Writer, is_forced: bool
) -> tuple[Object, Managed]:
    me = Owner("Apply", writer.manager, "", writer.subresource)
    managed = {who: Owned(o.fields, o.api_version, o.time) for who, o in managed.items()}
    last = managed.get(me)
    owned = fieldset.without_branches(structured.fields_of(model, config), *writer.ignored)
    managed[me] = Owned(owned, writer.api_version, last.time if last else None)
    new = structured.merge(model, live, config)
    if last is not None and last.fields:
        new = _prune(model, new, managed, last.fields)
    _take(model, live, new, managed, me, writer, is_forced=is_forced)
    if new != live:
        managed[me].time = writer.now
    _strip(managed, me)
    return new, managed


def _prune(model: Model, merged: Object, managed: Managed, last: Fields) -> Object:
    """Take out what was applied last time and is no longer, and is nobody else's."""
    last = structured.with_parents(model, last)
    everything = structured.with_parents(model, structured.fields_of(model, merged))
    left = _all_fields(model, structured.without(model, merged, last))
    owned: Fields = {}
    for each in managed.values():
        owned = fieldset.union(owned, each.fields)
    kept = fieldset.union(left, structured.with_parents(model, owned))
    left = _all_fields(model, structured.without(model, merged, fieldset.difference(everything, kept)))
    gone = fieldset.intersection(fieldset.difference(everything, left), last)
    pruned: Object = structured.without(model, merged, gone)
    return pruned


def _all_fields(model: Model, obj: Object) -> Fields:
    return structured.with_parents(model, structured.fields_of(model, obj))


def _update(model: Model, live: Object, new: Object, managed: Managed, writer: Writer) -> None:
    me = Owner("Update", writer.manager or "unknown", writer.api_version, writer.subresource)
    taken = _take(model, live, new, managed, None, writer, is_forced=True)
    taken = fieldset.difference(taken, _OF_NOBODY)
    if taken:
        before = managed.get(me)
        fields = fieldset.union(taken, before.fields) if before else taken
        managed[me] = Owned(fields, writer.api_version, writer.now)


def _take(
    model: Model, live: Object, new: Object, managed: Managed, me: Owner | None, writer: Writer, *, is_forced: bool
) -> Fields:
    """Take what changes from everybody but `me`; returns what was set. `Conflicts` without force."""
    found = structured.differences(model, live, new)
    removed = fieldset.without_branches(found.removed, *writer.ignored)
    changed = fieldset.without_branches(fieldset.union(found.modified, found.added), *writer.ignored)
    conflicts: Managed = {}
    for who, owned in managed.items():
        if who != me and (both := fieldset.intersection(owned.fields, changed)):
            conflicts[who] = Owned(both, owned.api_version, owned.time)
    if conflicts and not is_forced:
        raise Conflicts(conflicts)
    for who, owned in list(managed.items()):
        if who == me:
            continue
        if who in conflicts:
            owned.fields = fieldset.difference(owned.fields, conflicts[who].fields)
        if removed:
            owned.fields = fieldset.difference(owned.fields, removed)
        if not owned.fields:
            del managed[who]
    return changed


def _strip(managed: Managed, me: Owner) -> None:
    managed[me].fields = fieldset.difference(managed[me].fields, _OF_NOBODY)
    if not managed[me].fields:
        del managed[me]


def _cap(managed: Managed) -> None:
    """No more than ten updaters: the oldest become one."""
    updaters = sorted(
        (who for who in managed if who.operation == "Update"), key=lambda who: (managed[who].time or "", who)
    )
    if len(updaters) <= _MOST_UPDATERS:
        return
    bucket = Owner("Update", _ANCIENT, updaters[0].api_version, "")
    merged = Owned({}, updaters[0].api_version)
    for who in updaters[: len(updaters) - _MOST_UPDATERS + 1]:
        owned = managed.pop(who)
        merged.fields, merged.time = fieldset.union(merged.fields, owned.fields), owned.time
    managed[bucket] = merged


def _applied_by_client(model: Model, live: Object) -> Fields:
    """What kubectl's annotation says it applied, as far as it is still so."""
    text = live.get("metadata", {}).get("annotations", {}).get(LAST_APPLIED)
    try:
        last = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(last, dict) or last.get("apiVersion") != live.get("apiVersion"):
        return {}
    found = structured.differences(model, last, live)
    fields = structured.fields_of(model, last)
    for changed in (found.modified, found.added, found.removed):
        fields = fieldset.difference(fields, changed)
    return fields


def _with_last_applied(new: Object, config: Object) -> Object:
    meta = config.get("metadata", {})
    annotations = {key: text for key, text in (meta.get("annotations") or {}).items() if key != LAST_APPLIED}
    plain = {
        **config,
        "metadata": {**meta, "annotations": annotations}
        if annotations
        else {key: value for key, value in meta.items() if key != "annotations"},
    }
    text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE).decode()
    held = {**new["metadata"]["annotations"], LAST_APPLIED: text}
    return {**new, "metadata": {**new["metadata"], "annotations": held}}


def _refusal(conflicts: Mapping[Owner, Owned]) -> ApiError:
    by_manager = {_shown(who, owned): list(fieldset.paths(owned.fields)) for who, owned in sorted(conflicts.items())}
    count = sum(len(paths) for paths in by_manager.values())
    if count == 1:
        [(who, [path])] = by_manager.items()
        text = f"Apply failed with 1 conflict: conflict with {who}: {path}"
    else:
        lines = [f"conflicts with {who}:\n" + "\n".join(f"- {p}" for p in paths) for who, paths in by_manager.items()]
        text = f"Apply failed with {count} conflicts: " + "\n".join(lines)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": path}
        for who, paths in by_manager.items()
        for path in paths
    ]
    return ApiError(409, "Conflict", text, {"causes": causes})


def _shown(who: Owner, owned: Owned) -> str:
    text = orjson.dumps(who.manager).decode()
    if who.subresource:
        text += f' with subresource "{who.subresource}"'
    if who.operation == "Update":
        text += f" using {owned.api_version}" + (f" at {owned.time}" if owned.time else "")
    return text


def _bare(obj: Object) -> Object:
    meta = obj.get("metadata")
    if not isinstance(meta, dict) or "managedFields" not in meta:
        return obj
    return {**obj, "metadata": {key: value for key, value in meta.items() if key != "managedFields"}}
