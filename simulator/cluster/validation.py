"""Is a defaulted object one that Kubernetes would store? (pkg/apis/*/validation, the parts that clients meet.) Pure."""

import re
from collections.abc import Iterator, Mapping

from simulator.cluster import selectors
from simulator.cluster.errors import Cause
from simulator.cluster.pod_validation import pod_spec, pod_update
from simulator.cluster.schemas import Model, model_of, models
from simulator.cluster.store import Object

_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_SERVICE = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_CONFIG_KEY = re.compile(r"^[-._a-zA-Z0-9]+$")
_QUALIFIED = re.compile(r"^([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")
_LABEL_VALUE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")

_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_SERVICE_WORDS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def find_causes(kind: str, obj: Object, old: Object | None = None) -> list[Cause]:
    """Everything wrong with `obj`, or with changing `old` into it; empty if it may be stored."""
    missing = list(_required(model_of(kind), obj, ""))
    return missing or [*_metadata(kind, obj), *_of_kind(kind, obj), *_fixed(kind, obj, old)]


def _required(model: Model, value: Mapping[str, object], path: str) -> Iterator[Cause]:
    for key in model.required:
        if value.get(key) is None or value.get(key) == "":
            if model.fields[key].type in ("integer", "boolean"):
                continue  # Go reads 0 or false; the kind's own rules say whether that will do
            yield Cause(f"{path}{key}", "Required value", "FieldValueRequired")
    for key, item in value.items():
        known = model.fields.get(key)
        inner = models().get(known.type) if known else None
        if inner is None or key == "status":
            continue
        if isinstance(item, list):
            for index, entry in enumerate(item):
                yield from _required(inner, entry, f"{path}{key}[{index}].")
        elif isinstance(item, dict):
            yield from _required(inner, item, f"{path}{key}.")


def _metadata(kind: str, obj: Object) -> Iterator[Cause]:
    meta = obj["metadata"]
    name = meta.get("name") or ""
    if not name and not meta.get("generateName"):
        yield Cause("metadata.name", "Required value: name or generateName is required", "FieldValueRequired")
    pattern, words, longest = {
        "Namespace": (_LABEL, _LABEL_WORDS, 63),
        "Service": (_SERVICE, _SERVICE_WORDS, 63),
    }.get(kind, (_SUBDOMAIN, _SUBDOMAIN_WORDS, 253))
    if name and not pattern.match(name):
        yield Cause("metadata.name", f'Invalid value: "{name}": {words}')
    if len(name) > longest:
        yield Cause("metadata.name", f'Invalid value: "{name}": must be no more than {longest} characters')
    yield from labels(meta.get("labels"), "metadata.labels")
    for key in meta.get("annotations") or ():
        if not _QUALIFIED.match(key.lower()):
            yield Cause("metadata.annotations", f'Invalid value: "{key}": {_QUALIFIED_WORDS}')


_QUALIFIED_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def labels(have: Mapping[str, str] | None, path: str) -> Iterator[Cause]:
    """What is wrong with a set of labels."""
    for key, value in (have or {}).items():
        if not _QUALIFIED.match(key) or len(key.rpartition("/")[2]) > 63:
            yield Cause(path, f'Invalid value: "{key}": {_QUALIFIED_WORDS}')
        if len(value) > 63:
            yield Cause(path, f'Invalid value: "{value}": must be no more than 63 bytes')
        elif not _LABEL_VALUE.match(value):
            yield Cause(path, f'Invalid value: "{value}": {_LABEL_VALUE_WORDS}')


def _of_kind(kind: str, obj: Object) -> Iterator[Cause]:
    match kind:
        case "Pod":
            yield from pod_spec(obj["spec"], "spec")
        case "Deployment":
            yield from _workload(obj["spec"])
            yield from _strategy(obj["spec"])
        case "ReplicaSet":
            yield from _workload(obj["spec"])
        case "Service":
            yield from _service(obj["spec"])
        case "ConfigMap" | "Secret":
            for key in [*(obj.get("data") or ()), *(obj.get("binaryData") or ())]:
                if not _CONFIG_KEY.match(key):
                    yield Cause(
                        f"data[{key}]",
                        f'Invalid value: "{key}": a valid config key must consist of alphanumeric characters, '
                        "'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for "
                        "validation is '[-._a-zA-Z0-9]+')",
                    )


def _workload(spec: Object) -> Iterator[Cause]:
    if spec["replicas"] < 0:
        yield Cause("spec.replicas", f"Invalid value: {spec['replicas']}: must be greater than or equal to 0")
    selector = spec["selector"]
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield Cause("spec.selector", "Invalid value: {}: empty selector is invalid for deployment")
    have = spec["template"].get("metadata", {}).get("labels") or {}
    if not selectors.label_selector(selector)(have):
        shown = "{" + ", ".join(f'"{k}":"{v}"' for k, v in sorted(have.items())) + "}"
        yield Cause(
            "spec.template.metadata.labels",
            f"Invalid value: {shown}: `selector` does not match template `labels`",
        )
    yield from labels(have, "spec.template.metadata.labels")
    if (policy := spec["template"]["spec"]["restartPolicy"]) != "Always":
        yield Cause(
            "spec.template.spec.restartPolicy",
            f'Unsupported value: "{policy}": supported values: "Always"',
            "FieldValueNotSupported",
        )
    yield from pod_spec(spec["template"]["spec"], "spec.template.spec")


def _strategy(spec: Object) -> Iterator[Cause]:
    strategy = spec["strategy"]
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] not in ("Recreate", "RollingUpdate"):
        yield Cause(
            "spec.strategy.type",
            f'Unsupported value: "{strategy["type"]}": supported values: "Recreate", "RollingUpdate"',
            "FieldValueNotSupported",
        )
    elif strategy["type"] == "Recreate" and rolling is not None:
        yield Cause(
            "spec.strategy.rollingUpdate",
            "Forbidden: may not be specified when strategy `type` is 'Recreate'",
            "FieldValueForbidden",
        )
    elif rolling is not None:
        amounts = {}
        for key in ("maxUnavailable", "maxSurge"):
            text = str(rolling[key])
            if not re.fullmatch(r"[0-9]+%?", text) or (isinstance(rolling[key], str) and text[-1] != "%"):
                yield Cause(
                    f"spec.strategy.rollingUpdate.{key}",
                    f'Invalid value: "{text}": a valid percent string must be a numeric string followed by an '
                    "ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
                )
            else:
                amounts[key] = int(text.rstrip("%"))
        if amounts == {"maxUnavailable": 0, "maxSurge": 0}:
            yield Cause(
                "spec.strategy.rollingUpdate.maxUnavailable",
                f"Invalid value: {rolling['maxUnavailable']}: may not be 0 when `maxSurge` is 0",
            )
    if spec["progressDeadlineSeconds"] <= spec.get("minReadySeconds", 0):
        yield Cause(
            "spec.progressDeadlineSeconds",
            f"Invalid value: {spec['progressDeadlineSeconds']}: must be greater than minReadySeconds",
        )


def _service(spec: Object) -> Iterator[Cause]:
    for key, served in (("type", "ClusterIP"), ("sessionAffinity", "None")):
        if spec[key] != served:
            yield _unsupported(f"spec.{key}", spec[key], served)
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        yield Cause("spec.ports", "Required value", "FieldValueRequired")
    seen: set[str] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        if not port.get("name") and len(ports) > 1:
            yield Cause(f"{path}.name", "Required value", "FieldValueRequired")
        if port.get("name") in seen:
            yield Cause(f"{path}.name", f'Duplicate value: "{port["name"]}"', "FieldValueDuplicate")
        seen.add(port.get("name", ""))
        if port["protocol"] != "TCP":
            yield _unsupported(f"{path}.protocol", port["protocol"], "TCP")
        for key in ("port", "targetPort"):
            number = port.get(key, 0)
            if isinstance(number, int) and not 1 <= number <= 65535:
                yield Cause(f"{path}.{key}", f"Invalid value: {number}: must be between 1 and 65535, inclusive")


def _unsupported(path: str, value: str, *served: str) -> Cause:
    text = ", ".join(f'"{entry}"' for entry in served)
    return Cause(path, f'Unsupported value: "{value}": supported values: {text}', "FieldValueNotSupported")


def _fixed(kind: str, obj: Object, old: Object | None) -> Iterator[Cause]:
    """What may not change once it is stored."""
    if old is None:
        return
    if kind in ("Deployment", "ReplicaSet") and obj["spec"]["selector"] != old["spec"]["selector"]:
        yield Cause("spec.selector", f"Invalid value: {_go(obj['spec']['selector'])}: field is immutable")
    if kind == "Service" and (held := old["spec"].get("clusterIP")) != obj["spec"].get("clusterIP"):
        wanted = obj["spec"].get("clusterIP", "")
        yield Cause("spec.clusterIPs[0]", f'Invalid value: ["{wanted}"]: may not change once set ("{held}")')
    if kind == "Pod":
        yield from pod_update(obj["spec"], old["spec"])
    if kind == "Secret" and obj["type"] != old["type"]:
        yield Cause("type", f'Invalid value: "{obj["type"]}": field is immutable')
    if old.get("immutable"):
        for key in ("data", "binaryData", "immutable"):
            if obj.get(key) != old.get(key):
                yield Cause(key, "Forbidden: field is immutable when `immutable` is set", "FieldValueForbidden")


def _go(selector: Object) -> str:
    pairs = ",".join(f'"{k}":"{v}"' for k, v in sorted((selector.get("matchLabels") or {}).items()))
    return f'{{"matchLabels":{{{pairs}}}}}'
