"""The three patch formats of the Kubernetes API: strategic merge, JSON merge (RFC 7386), JSON patch (RFC 6902). Pure.

Strategic merge knows from the schema how each list merges: by the key that names its entries, as a set, or
not at all. Its rules are those of k8s.io/apimachinery/pkg/util/strategicpatch.
"""

from typing import Any

from simulator.cluster import errors
from simulator.cluster.objects.schemas import Field, Model, model_of, models
from simulator.cluster.objects.stored_fields import as_json
from simulator.cluster.store import Object
from simulator.cluster.stored import copied

REJECTED = "the server rejected our request due to an error in our request"
"""All that an API server says of a JSON patch that does not apply."""
MOST_COPIED = 3 * 1024 * 1024
_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def strategic_merge(kind: str, document: Object, patch: Object) -> Object:
    """`document` of a served kind with a strategic merge patch applied; both stay as they are."""
    return _merge_map(copied(document), copied(patch), model_of(kind))


def json_merge(document: Any, patch: Any) -> Any:
    """RFC 7386: null deletes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return copied(patch)
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = json_merge(result.get(key), value)
    return result


def json_patch(document: Any, operations: Any) -> Any:
    """RFC 6902; `ApiError` 422 where an operation does not apply, 400 where it is none."""
    if not isinstance(operations, list):
        raise errors.bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    result = copied(document)
    bytes_copied = 0
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise errors.bad_request("a JSON patch operation needs 'op' and 'path'")
        try:
            if operation.get("op") == "copy":
                bytes_copied += len(as_json(_look_up(result, _pointer(operation["from"]))))
                if bytes_copied > MOST_COPIED:
                    raise ValueError(f"the accumulated size of copies exceeds {MOST_COPIED} bytes")
            result = _apply(result, operation)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            raise errors.ApiError(422, "Invalid", REJECTED) from error
    return result


def _apply(document: Any, operation: Object) -> Any:
    steps = _pointer(operation["path"])
    match operation.get("op"):
        case "add":
            return _put(document, steps, copied(operation["value"]), is_insert=True)
        case "replace":
            _look_up(document, steps)
            return _put(document, steps, copied(operation["value"]), is_insert=False)
        case "remove":
            return _take(document, steps)
        case "move":
            value = _look_up(document, _pointer(operation["from"]))
            return _put(_take(document, _pointer(operation["from"])), steps, value, is_insert=True)
        case "copy":
            value = copied(_look_up(document, _pointer(operation["from"])))
            return _put(document, steps, value, is_insert=True)
        case "test":
            if _look_up(document, steps, or_none=True) != operation.get("value"):
                raise ValueError(f"testing value {operation['path']} failed: test failed")
            return document
    raise ValueError(f"Unexpected kind: {operation.get('op')}")


def _pointer(path: str) -> list[str]:
    if path and not path.startswith("/"):
        raise ValueError(f"{path!r} is not a JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _index(step: str, length: int) -> int:
    if not step.isdecimal() or int(step) > length:
        raise ValueError(f"Unable to access invalid index: {step}")
    return int(step)


def _look_up(document: Any, steps: list[str], *, or_none: bool = False) -> Any:
    for step in steps:
        if isinstance(document, list):
            document = document[_index(step, len(document) - 1)]
        elif isinstance(document, dict) and (or_none or step in document):
            document = document.get(step)
        else:
            raise ValueError(f"path does not exist: {step}")
    return document


def _put(document: Any, steps: list[str], value: Any, *, is_insert: bool) -> Any:
    if not steps:
        return value
    target, last = _look_up(document, steps[:-1]), steps[-1]
    if isinstance(target, list):
        at = len(target) if last == "-" else _index(last, len(target))
        target[at : at + (0 if is_insert else 1)] = [value]
    elif isinstance(target, dict):
        target[last] = value
    else:
        raise ValueError(f"path does not exist: {last}")
    return document


def _take(document: Any, steps: list[str]) -> Any:
    if not steps:
        raise ValueError("the whole document cannot be removed")
    target, last = _look_up(document, steps[:-1]), steps[-1]
    if isinstance(target, list):
        del target[_index(last, len(target) - 1)]
    else:
        del target[last]
    return document


def _merge_map(document: Object, patch: Object, model: Model | None) -> Object:
    directive = patch.pop(_DIRECTIVE, None)
    if directive == "replace":
        plain: Object = _plain(patch)
        return plain
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise errors.bad_request(f"unknown patch type found: {directive}")
    if (kept := patch.pop(_RETAIN, None)) is not None:
        document = {key: value for key, value in document.items() if key in kept}
    orders = {key.removeprefix(_ORDER): patch.pop(key) for key in list(patch) if key.startswith(_ORDER)}
    for key in [key for key in patch if key.startswith(_DELETE_FROM)]:
        name, gone = key.removeprefix(_DELETE_FROM), patch.pop(key)
        if name in document:
            document[name] = [value for value in document[name] if value not in gone]
    for key, value in patch.items():
        field = model.fields.get(key) if model else None
        old = document.get(key)
        if value is None:
            document.pop(key, None)
        elif isinstance(value, dict) and isinstance(old, dict):
            document[key] = _merge_map(old, value, _inner(field))
        elif isinstance(value, list) and isinstance(old, list) and field and field.merge_key is not None:
            document[key] = _merge_list(old, value, field)
        else:
            document[key] = _plain(value)
    for key, order in orders.items():
        field = model.fields.get(key) if model else None
        if field and field.merge_key is not None and isinstance(document.get(key), list):
            document[key] = _reorder(document[key], order, field.merge_key)
    return document


def _inner(field: Field | None) -> Model | None:
    if field is None or field.container == "map":
        return None
    return models().get(field.type)


def _merge_list(old: list[Any], patch: list[Any], field: Field) -> list[Any]:
    key, model = field.merge_key, _inner(field)
    if not key:
        return old + [value for value in dict.fromkeys(patch) if value not in old]
    if any(isinstance(entry, dict) and entry.get(_DIRECTIVE) == "replace" for entry in patch):
        return [_plain(e) for e in patch if not (isinstance(e, dict) and e.get(_DIRECTIVE) == "replace")]
    result = list(old)
    for entry in patch:
        if not isinstance(entry, dict) or key not in entry:
            raise errors.bad_request(f"map: {entry!r} does not contain declared merge key: {key}")
        at = next((i for i, have in enumerate(result) if have.get(key) == entry[key]), None)
        if entry.get(_DIRECTIVE) == "delete":
            result = [have for have in result if have.get(key) != entry[key]]
        elif at is None:
            result.append(_plain(entry))
        else:
            result[at] = _merge_map(result[at], entry, model)
    return result


def _reorder(items: list[Any], order: list[Any], key: str) -> list[Any]:
    """Put the entries that `order` names in that order; the others keep their place before those they preceded."""

    def name(entry: Any) -> Any:
        return entry.get(key) if key and isinstance(entry, dict) else entry

    wanted = [name(entry) for entry in order]
    place = {repr(name(item)): index for index, item in enumerate(items)}
    named = sorted((i for i in items if name(i) in wanted), key=lambda item: wanted.index(name(item)))
    others = [item for item in items if name(item) not in wanted]
    result = []
    while named and others:
        is_before = place[repr(name(others[0]))] < place[repr(name(named[0]))]
        result.append((others if is_before else named).pop(0))
    return result + named + others


def _plain(value: Any) -> Any:
    """A value of a patch that meets nothing to merge with: without directives and nulls."""
    if isinstance(value, list):
        return [
            _plain(entry)
            for entry in value
            if not (isinstance(entry, dict) and entry.get(_DIRECTIVE) in ("delete", "replace"))
        ]
    if not isinstance(value, dict):
        return value
    return {
        key: _plain(item)
        for key, item in value.items()
        if item is not None and key not in (_DIRECTIVE, _RETAIN) and not key.startswith((_DELETE_FROM, _ORDER))
    }
