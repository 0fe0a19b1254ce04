"""What a client applies: whether it can be, and what is said of keys that stand in it twice. Pure."""

from typing import Any

from simulator.cluster import errors
from simulator.cluster.api.write_options import WriteOptions
from simulator.cluster.objects import typed_checks
from simulator.cluster.objects.parsing import Parsed
from simulator.cluster.objects.schemas import model_of
from simulator.cluster.resources import Resource


def check(resource: Resource, config: Any) -> None:
    """Is it something that can be applied to objects of this kind? `ApiError` 400."""
    if not isinstance(config, dict):
        what = {list: "array", str: "string", bool: "bool"}.get(type(config), "number")
        raise errors.bad_request(
            f"error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {what} "
            "into Go value of type map[string]interface {}"
        )
    version, kind = config.get("apiVersion") or "", config.get("kind") or ""
    if (version, kind) != (resource.api_version, resource.kind):
        group, _, short = str(version).rpartition("/")
        raise errors.bad_request(f"invalid object type: {group}/{short}, Kind={kind}")
    meta = config.get("metadata")
    if isinstance(meta, dict) and meta.get("managedFields") is not None:
        raise errors.bad_request("metadata.managedFields must be nil")
    if wrong := typed_checks.wrong_with(model_of(resource.kind), config):
        place = f"{meta.get('namespace', '')}/{meta.get('name', '')}" if isinstance(meta, dict) else "/"
        kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
        text = wrong[0] if len(wrong) == 1 else "errors:\n" + "\n".join(f"  {line}" for line in wrong)
        # The API server answers 500 here, for it takes a client's mistake for its own; the words are its.
        raise errors.ApiError(400, "", f"failed to create typed patch object ({place}; {kind}): {text}")


def duplicates(change: Parsed, options: WriteOptions) -> list[str]:
    """Warnings; `ApiError` 400 where the client wants to be strict."""
    keys = [key for twice in change.duplicates.values() for key in twice]
    lines = [*change.yaml_errors, *(f'  line 1: key "{key}" already set in map' for key in keys)]
    if not lines or options.validation == "Ignore":
        return []
    text = "yaml: unmarshal errors:\n" + "\n".join(lines)
    if options.validation == "Strict":
        raise errors.bad_request(f"error strict decoding patch: error converting YAML to JSON: {text}")
    return [f"error converting YAML to JSON: {text}"]
