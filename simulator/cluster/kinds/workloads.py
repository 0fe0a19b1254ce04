"""What the kinds that make pods from a template share. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import container_fields
from simulator.cluster.kinds.pod_validation import pod_spec
from simulator.cluster.objects import naming, selectors
from simulator.cluster.printing.column import Column, Read, of, selector_text
from simulator.cluster.store import Object


def _of_containers(field: str) -> Read:
    return lambda obj, _now: ",".join(c.get(field, "") for c in obj["spec"]["template"]["spec"]["containers"])


CONTAINERS = (
    Column("Containers", _of_containers("name"), wide=True),
    Column("Images", _of_containers("image"), wide=True),
)
SELECTOR = Column("Selector", of(lambda obj: selector_text(obj["spec"].get("selector") or {})), wide=True)


def replicas(spec: Object) -> Iterator[Cause]:
    """What is wrong with the number of replicas."""
    yield from not_negative("spec.replicas", spec["replicas"])


def not_negative(path: str, value: int | None) -> Iterator[Cause]:
    """A number that may be absent, but not below 0."""
    if value is not None and value < 0:
        yield Cause(path, f"Invalid value: {value}: must be greater than or equal to 0")


def int_or_percent(path: str, value: int | str) -> Iterator[Cause]:
    """An IntOrString: a number from 0 on, or a percentage."""
    if isinstance(value, int):
        yield from not_negative(path, value)
    elif not re.fullmatch(r"[0-9]+%", value):
        yield Cause(
            path,
            f'Invalid value: "{value}": a valid percent string must be a numeric string followed by an ending '
            "'%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        )


def template(spec: Object, kind: str, *policies: str) -> Iterator[Cause]:
    """What is wrong with selector and template; `policies` are the restart policies that the kind takes."""
    selector = spec["selector"]
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield Cause("spec.selector", f"Invalid value: {{}}: empty selector is invalid for {kind}")
    have = spec["template"].get("metadata", {}).get("labels") or {}
    if not selectors.label_selector(selector)(have):
        yield Cause(
            "spec.template.metadata.labels",
            f"Invalid value: {go_map(have)}: `selector` does not match template `labels`",
        )
    yield from naming.labels(have, "spec.template.metadata.labels")
    if (policy := spec["template"]["spec"]["restartPolicy"]) not in policies:
        yield naming.unsupported("spec.template.spec.restartPolicy", policy, *policies)
    yield from pod_spec(spec["template"]["spec"], "spec.template.spec")


def warnings(obj: Object) -> Iterator[str]:
    """What a client is warned of in the template."""
    return container_fields.warnings(obj["spec"]["template"]["spec"], "spec.template.spec")


def fixed_selector(new: Object, old: Object) -> Iterator[Cause]:
    """A selector may not change."""
    if new["spec"]["selector"] != old["spec"]["selector"]:
        yield Cause("spec.selector", f"Invalid value: {_go_selector(new['spec']['selector'])}: field is immutable")


def go_map(have: Mapping[str, Any]) -> str:
    """A map as the API server prints it in its refusals."""
    return json.dumps(have, sort_keys=True, separators=(",", ":"))


def _go_selector(selector: Mapping[str, Any]) -> str:
    return go_map({key: selector[key] for key in ("matchLabels", "matchExpressions") if selector.get(key)})
