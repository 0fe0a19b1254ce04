"""Job (pkg/apis/batch): defaults, the selector that is made for it, rules, columns. Pure."""

from collections.abc import Iterator
from datetime import datetime

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import job_policies, pod_template, workloads
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.kinds.pod_validation import pod_spec
from simulator.cluster.objects import naming, selectors
from simulator.cluster.printing.column import AGE, NAME, Column, of
from simulator.cluster.printing.durations import human
from simulator.cluster.resources import JOBS
from simulator.cluster.store import Object

CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
JOB_NAME = "batch.kubernetes.io/job-name"
_FIXED = ("selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")
_STATES = ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet")


def is_indexed(spec: Object) -> bool:
    """Whether each completion has a number of its own."""
    return spec.get("completionMode") == "Indexed"


def _fill(obj: Object) -> None:
    meta, spec = obj["metadata"], obj.setdefault("spec", {})
    spec.pop("scheduling", None)  # behind a gate that is off: dropped, as by an API server
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    job_policies.fill(spec)
    template = spec.setdefault("template", {})
    pod_template.fill(template.setdefault("spec", {}))
    if "creationTimestamp" not in meta and not spec.get("manualSelector"):
        _generate(meta, spec, template)
    own = (template.get("metadata") or {}).get("labels")
    if own and not meta.get("labels"):
        meta["labels"] = dict(own)


def _generate(meta: Object, spec: Object, template: Object) -> None:
    """Selector and labels, by the uid that no other Job has."""
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    uid, name = meta.get("uid", ""), meta.get("name", "")
    labels.update({CONTROLLER_UID: uid, JOB_NAME: name, "controller-uid": uid, "job-name": name})
    spec.setdefault("selector", {"matchLabels": {CONTROLLER_UID: uid}})


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    for key in ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"):
        yield from workloads.not_negative(f"spec.{key}", spec.get(key))
    if spec.get("backoffLimitPerIndex") is not None or spec.get("maxFailedIndexes") is not None:
        path = "spec.backoffLimitPerIndex"
        yield Cause(path, "Forbidden: limits per index are not served by this cluster", "FieldValueForbidden")
    if (mode := spec["completionMode"]) not in ("Indexed", "NonIndexed"):
        yield naming.unsupported("spec.completionMode", mode, "Indexed", "NonIndexed")
    elif is_indexed(spec) and spec.get("completions") is None:
        yield Cause("spec.completions", "Required value: when completion mode is Indexed", "FieldValueRequired")
    if (policy := spec["podReplacementPolicy"]) not in ("Failed", "TerminatingOrFailed"):
        yield naming.unsupported("spec.podReplacementPolicy", policy, "Failed", "TerminatingOrFailed")
    yield from _selector(obj)
    yield from _template(spec)
    yield from job_policies.causes(spec)


def _selector(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    if not spec.get("selector"):
        yield Cause("spec.selector", "Required value", "FieldValueRequired")
        return
    fits = selectors.label_selector(spec["selector"])
    if not spec.get("manualSelector") and not fits(
        {CONTROLLER_UID: obj["metadata"].get("uid", ""), JOB_NAME: obj["metadata"].get("name", "")}
    ):
        text = workloads.go_map(spec["selector"])
        yield Cause("spec.selector", f"Invalid value: {text}: `selector` not auto-generated")
    if not fits(labels):
        text = workloads.go_map(labels)
        path = "spec.template.metadata.labels"
        yield Cause(path, f"Invalid value: {text}: `selector` does not match template `labels`")


def _template(spec: Object) -> Iterator[Cause]:
    policy = spec["template"]["spec"]["restartPolicy"]
    path = "spec.template.spec.restartPolicy"
    if policy == "Always":
        yield Cause(path, 'Required value: valid values: "OnFailure", "Never"', "FieldValueRequired")
    elif policy not in ("OnFailure", "Never"):
        yield naming.unsupported(path, policy, "OnFailure", "Never")
    if policy != "Never" and spec.get("podFailurePolicy"):
        words = f'Invalid value: "{policy}": only "Never" is supported when podFailurePolicy is specified'
        yield Cause(path, words)
    yield from pod_spec(spec["template"]["spec"], "spec.template.spec")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    after, before = new["spec"], old["spec"]
    for key in _FIXED:
        if after.get(key) != before.get(key):
            yield Cause(f"spec.{key}", f"Invalid value: {workloads.go_map(after.get(key))}: field is immutable")
    is_elastic = is_indexed(before) and after.get("completions") == after.get("parallelism")
    if after.get("completions") != before.get("completions") and not is_elastic:
        yield Cause("spec.completions", f"Invalid value: {after.get('completions')}: field is immutable")
    is_waiting = before.get("suspend") and not (old.get("status") or {}).get("startTime")
    if after["template"] != before["template"] and not is_waiting:
        text = workloads.go_map(after["template"])
        yield Cause("spec.template", f"Invalid value: {text}: field is immutable")


def _state(obj: Object) -> str:
    held = {c["type"] for c in (obj.get("status") or {}).get("conditions") or () if c["status"] == "True"}
    if obj["metadata"].get("deletionTimestamp") and not held & {"Complete", "Failed"}:
        return "Terminating"
    return next((word for word in _STATES if word in held), "Running")


def _completions(obj: Object) -> str:
    spec, done = obj["spec"], (obj.get("status") or {}).get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    return f"{done}/1 of {spec['parallelism']}" if spec.get("parallelism", 1) > 1 else f"{done}/1"


def _duration(obj: Object, now: datetime) -> str:
    status = obj.get("status") or {}
    if not status.get("startTime"):
        return ""
    end = datetime.fromisoformat(status["completionTime"]) if status.get("completionTime") else now
    return human((end - datetime.fromisoformat(status["startTime"])).total_seconds())


KIND = Kind(
    JOBS,
    columns=(
        NAME,
        Column("Status", of(_state)),
        Column("Completions", of(_completions)),
        Column("Duration", _duration),
        AGE,
        *workloads.CONTAINERS,
        workloads.SELECTOR,
    ),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
    warnings=workloads.warnings,
    first_status=lambda _spec: {},
    selectable=("status.successful",),
    admitted=(("spec", "selector"),),
)
