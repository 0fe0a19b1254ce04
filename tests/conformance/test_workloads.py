"""StatefulSets, DaemonSets and Jobs through real kubectl."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import manifests
import pytest

pytestmark = pytest.mark.conformance

SLEEPER = ["python3", "-c", "print('up', flush=True); import time; time.sleep(1000)"]
WAIT = "--timeout=30s"


def manifest(kind: str, name: str, spec: dict[str, Any], command: list[str] = SLEEPER) -> str:
    """A workload of apps/v1 whose pods are labelled `app: <name>`."""
    pod = {"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "python:3", "command": command}]}
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    whole = {"selector": {"matchLabels": labels}, "template": template, **spec}
    return json.dumps({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": whole})


@pytest.fixture
def made(kubectl) -> Iterator[Callable[..., None]]:
    """Applies a manifest; what it made is deleted afterwards."""
    texts: list[str] = []

    def apply(text: str) -> None:
        texts.append(text)
        kubectl("apply", "-f", "-", stdin=text)

    yield apply
    for text in texts:
        kubectl("delete", "-f", "-", "--ignore-not-found", "--cascade=foreground", WAIT, stdin=text)


def names(kubectl, kind: str, label: str) -> list[str]:
    return kubectl("get", kind, "-l", label, "-o", "jsonpath={.items[*].metadata.name}").split()


def test_a_stateful_set_names_its_pods_in_order(kubectl, made) -> None:
    made(manifest("StatefulSet", "db", {"replicas": 2, "serviceName": "db"}))
    assert "roll out complete" in kubectl("rollout", "status", "sts/db", WAIT)
    assert re.search(r"NAME\s+READY\s+AGE\s*\ndb\s+2/2\s", kubectl("get", "sts", "db"))
    pod = json.loads(kubectl("get", "pod", "db-1", "-o", "json"))
    revision = kubectl("get", "sts", "db", "-o", "jsonpath={.status.updateRevision}")
    assert pod["metadata"]["labels"] == {
        "app": "db",
        "apps.kubernetes.io/pod-index": "1",
        "controller-revision-hash": revision,
        "statefulset.kubernetes.io/pod-name": "db-1",
    }
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("db-1", "db")
    events = kubectl("get", "events", "--field-selector=involvedObject.kind=StatefulSet,involvedObject.name=db")
    assert "create Pod db-0 in StatefulSet db successful" in events
    assert re.search(r"db-\w+\s+statefulset.apps/db\s+1\s", kubectl("get", "controllerrevisions"))
    kubectl("delete", "pod", "db-0")
    kubectl("rollout", "status", "sts/db", WAIT)
    assert names(kubectl, "pods", "app=db") == ["db-0", "db-1"]
    assert "Pods Status:" in kubectl("describe", "sts/db")


def test_a_stateful_set_is_rolled_out_in_part_then_whole_then_back(kubectl, made) -> None:
    rolling = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
    made(manifest("StatefulSet", "parts", {"replicas": 2, "serviceName": "", **rolling}))
    kubectl("rollout", "status", "sts/parts", WAIT)
    kubectl("set", "env", "sts/parts", "COLOUR=red")
    assert "partitioned roll out complete: 1 new pods" in kubectl("rollout", "status", "sts/parts", WAIT)

    def colours() -> list[str]:
        path = "jsonpath={range .items[*]}[{.spec.containers[0].env[0].value}]{end}"
        return re.findall(r"\[(.*?)\]", kubectl("get", "pods", "-l", "app=parts", "-o", path))

    assert colours() == ["", "red"]
    kubectl("patch", "sts/parts", "-p", '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}')
    kubectl("wait", "sts/parts", "--for=jsonpath={.status.updatedReplicas}=2", WAIT)
    kubectl("rollout", "status", "sts/parts", WAIT)
    assert colours() == ["red", "red"]
    assert re.findall(r"^\d+", kubectl("rollout", "history", "sts/parts"), re.MULTILINE) == ["1", "2"]
    kubectl("rollout", "undo", "sts/parts")
    kubectl("rollout", "status", "sts/parts", WAIT)
    assert colours() == ["", ""]
    assert re.findall(r"^\d+", kubectl("rollout", "history", "sts/parts"), re.MULTILINE) == ["2", "3"]
    kubectl("rollout", "restart", "sts/parts")
    kubectl("rollout", "status", "sts/parts", WAIT)
    kubectl("scale", "sts/parts", "--replicas=1", "--current-replicas=2")
    kubectl("wait", "pod/parts-1", "--for=delete", WAIT)


def test_what_may_not_change_in_a_stateful_set_is_refused(kubectl, made) -> None:
    made(manifest("StatefulSet", "fixed", {"replicas": 0, "serviceName": "a"}))
    refusal = kubectl("patch", "sts/fixed", "-p", '{"spec":{"serviceName":"b"}}', ok=False)
    assert (
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
        "are forbidden"
    ) in refusal


def job(name: str, program: str, **spec: Any) -> str:
    """A Job whose pods run a Python program."""
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "c", "image": "python:3", "command": ["python3", "-c", program]}],
    }
    whole = {"template": {"spec": pod}, **spec}
    return json.dumps({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": whole})


def test_a_job_runs_to_its_end(kubectl) -> None:
    kubectl("create", "job", "once", "--image=python:3", "--", "python3", "-c", "print('done')")
    kubectl("wait", "--for=condition=complete", "job/once", WAIT)
    assert kubectl("logs", "job/once") == "done\n"
    assert re.search(
        r"NAME\s+STATUS\s+COMPLETIONS\s+DURATION\s+AGE\s*\nonce\s+Complete\s+1/1\s", kubectl("get", "jobs")
    )
    assert "0 Active (0 Ready) / 1 Succeeded / 0 Failed" in kubectl("describe", "job/once")
    pod = json.loads(kubectl("get", "pods", "-l", "job-name=once", "-o", "json"))["items"][0]
    assert "finalizers" not in pod["metadata"]
    assert "Completed" in kubectl("events", "--for=job/once")
    assert "field is immutable" in kubectl("patch", "job/once", "-p", '{"spec":{"completions":2}}', ok=False)
    kubectl("delete", "job", "once", WAIT)
    kubectl("wait", "pods", "-l", "job-name=once", "--for=delete", WAIT)


def test_an_indexed_job_tells_each_pod_its_number(kubectl, made) -> None:
    program = "import os; print('index', os.environ['JOB_COMPLETION_INDEX'])"
    made(job("many", program, completionMode="Indexed", completions=4, parallelism=2))
    kubectl("wait", "--for=condition=complete", "job/many", WAIT)
    assert kubectl("get", "job", "many", "-o", "jsonpath={.status.completedIndexes}") == "0-3"
    label = "batch.kubernetes.io/job-completion-index=3"
    assert kubectl("logs", "-l", f"job-name=many,{label}") == "index 3\n"
    assert names(kubectl, "pods", f"job-name=many,{label}")[0].startswith("many-3-")


def test_a_job_that_fails_says_why(kubectl, made) -> None:
    made(job("broken", "raise SystemExit(3)", backoffLimit=0))
    kubectl("wait", "--for=condition=failed", "job/broken", WAIT)
    conditions = json.loads(kubectl("get", "job", "broken", "-o", "jsonpath={.status.conditions}"))
    assert [each["type"] for each in conditions] == ["FailureTarget", "Failed"]
    assert {each["reason"] for each in conditions} == {"BackoffLimitExceeded"}
    rule = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [3]}}
    made(job("fatal", "raise SystemExit(3)", podFailurePolicy={"rules": [rule]}))
    kubectl("wait", "--for=condition=failed", "job/fatal", WAIT)
    assert "failed with exit code 3 matching FailJob rule at index 0" in kubectl("describe", "job/fatal")


def test_a_job_is_suspended_resumed_stopped_by_its_deadline_and_forgotten(kubectl, made) -> None:
    sleeper = "import time; time.sleep(1000)"
    made(job("slow", sleeper, suspend=True, activeDeadlineSeconds=2, ttlSecondsAfterFinished=1))
    kubectl("wait", "--for=condition=suspended", "job/slow", WAIT)
    assert names(kubectl, "pods", "job-name=slow") == []
    assert re.search(r"slow\s+Suspended\s+0/1", kubectl("get", "job", "slow"))
    kubectl("patch", "job/slow", "-p", '{"spec":{"suspend":false}}')
    kubectl("wait", "--for=jsonpath={.status.active}=1", "job/slow", WAIT)
    kubectl("wait", "--for=condition=failed", "job/slow", WAIT)
    assert "DeadlineExceeded" in kubectl("events", "--for=job/slow")
    kubectl("wait", "--for=delete", "job/slow", WAIT)


def test_what_is_no_job_is_refused(kubectl) -> None:
    always = job("x", "").replace('"Never"', '"Always"')
    refusal = kubectl("create", "-f", "-", stdin=always, ok=False)
    assert 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"' in refusal
    assert kubectl("create", "job", "x", "--from=cronjob/y", ok=False)


def test_a_daemon_set_has_a_pod_on_each_node_that_takes_it(kubectl, made) -> None:
    made(manifest("DaemonSet", "agent", {}))
    assert "successfully rolled out" in kubectl("rollout", "status", "ds/agent", WAIT)
    status = json.loads(kubectl("get", "ds", "agent", "-o", "jsonpath={.status}"))
    assert 0 < status["desiredNumberScheduled"] == status["numberAvailable"] == status["updatedNumberScheduled"]
    columns = r"NAME\s+DESIRED\s+CURRENT\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+NODE SELECTOR\s+AGE\s"
    assert re.match(columns, kubectl("get", "ds", "agent"))
    pod = json.loads(kubectl("get", "pods", "-l", "app=agent", "-o", "json"))["items"][0]
    node = pod["spec"]["nodeName"]
    refusal = kubectl("drain", node, "--dry-run=server", "--pod-selector=app=agent", ok=False)
    assert "cannot delete DaemonSet-managed Pods" in refusal
    kubectl("drain", node, "--dry-run=server", "--pod-selector=app=agent", "--ignore-daemonsets")
    kubectl("patch", "ds/agent", "-p", '{"spec":{"template":{"spec":{"nodeSelector":{"no":"where"}}}}}')
    kubectl("wait", "ds/agent", "--for=jsonpath={.status.currentNumberScheduled}=0", WAIT)


def test_a_daemon_set_is_rolled_out_undone_and_restarted(kubectl, made) -> None:
    made(manifest("DaemonSet", "daemon", {"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}))
    kubectl("rollout", "status", "ds/daemon", WAIT)
    kubectl("set", "env", "ds/daemon", "COLOUR=red")
    kubectl("rollout", "status", "ds/daemon", WAIT)
    assert re.findall(r"^\d+", kubectl("rollout", "history", "ds/daemon"), re.MULTILINE) == ["1", "2"]
    assert "COLOUR" in kubectl("rollout", "history", "ds/daemon", "--revision=2")
    kubectl("rollout", "undo", "ds/daemon")
    kubectl("rollout", "status", "ds/daemon", WAIT)
    kubectl("rollout", "restart", "ds/daemon")
    kubectl("rollout", "status", "ds/daemon", WAIT)
    assert "Created pod: daemon-" in kubectl("events", "--for=ds/daemon")
    refusal = kubectl(
        "patch", "ds/daemon", "-p", '{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":1}}}}', ok=False
    )
    assert "maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero" in refusal


def claim(name: str, **spec: Any) -> dict[str, Any]:
    """A PersistentVolumeClaim of the default class."""
    whole = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": whole}


NOTES = """
import os, pathlib, time
file = pathlib.Path(os.environ.get('GAMEDAY_POD_ROOT', '/'), 'data/notes')
with file.open('a') as notes: notes.write(os.environ['HOSTNAME'] + ' was here. ')
print(file.read_text(), flush=True)
time.sleep(1000)
"""


def with_claims(name: str, **spec: Any) -> str:
    """A StatefulSet whose pods keep notes in volumes of their own."""
    whole = json.loads(manifest("StatefulSet", name, {"serviceName": "", **spec}, ["python3", "-c", NOTES]))
    container = whole["spec"]["template"]["spec"]["containers"][0]
    container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    whole["spec"]["volumeClaimTemplates"] = [claim("data")]
    return json.dumps(whole)


def test_a_stateful_set_s_data_survives_its_pods_and_goes_with_the_set_if_it_says_so(kubectl, made) -> None:
    policy = {"whenDeleted": "Delete", "whenScaled": "Delete"}
    made(with_claims("notes", replicas=2, persistentVolumeClaimRetentionPolicy=policy))
    kubectl("rollout", "status", "sts/notes", WAIT)
    table = kubectl("get", "pvc", "data-notes-1")
    assert re.match(r"NAME\s+STATUS\s+VOLUME\s+CAPACITY\s+ACCESS MODES\s+STORAGECLASS\s", table)
    assert re.search(r"data-notes-1\s+Bound\s+pvc-\S+\s+1Gi\s+RWO\s", table)
    assert "create Claim data-notes-0 Pod notes-0 in StatefulSet notes success" in kubectl("events", "--for=sts/notes")
    kubectl("delete", "pod", "notes-0", WAIT)
    kubectl("rollout", "status", "sts/notes", WAIT)
    assert kubectl("logs", "notes-0") == "notes-0 was here. notes-0 was here. \n"
    kubectl("scale", "sts/notes", "--replicas=1")
    kubectl("wait", "pvc/data-notes-1", "--for=delete", WAIT)
    kubectl("delete", "sts", "notes", WAIT)
    kubectl("wait", "pvc/data-notes-0", "--for=delete", WAIT)


def test_a_claim_waits_for_its_pod_is_kept_while_it_is_used_and_does_not_grow(kubectl, made) -> None:
    pod = manifests.pod(
        "reader",
        terminationGracePeriodSeconds=1,
        containers=[{"name": "c", "image": "python:3", "command": SLEEPER}],
        volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "own"}}],
    )
    kubectl("create", "-f", "-", stdin=json.dumps(pod))
    kubectl("wait", "pod/reader", "--for=jsonpath={.status.conditions[0].reason}=Unschedulable", WAIT)
    assert 'persistentvolumeclaim "own" not found' in kubectl("describe", "pod/reader")
    kubectl("create", "-f", "-", stdin=json.dumps(claim("own")))
    kubectl("wait", "pod/reader", "--for=condition=Ready", WAIT)
    grown = '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'
    refusal = kubectl("patch", "pvc/own", "-p", grown, ok=False)
    assert "the storageclass that provisions the pvc must support resize" in refusal
    modes = '{"spec":{"accessModes":["ReadWriteMany"]}}'
    refusal = kubectl("patch", "pvc/own", "-p", modes, ok=False)
    assert "spec is immutable after creation except resources.requests" in refusal
    kubectl("delete", "pvc", "own", "--wait=false")
    assert re.search(r"own\s+Terminating", kubectl("get", "pvc", "own"))
    kubectl("delete", "pod", "reader", WAIT)
    kubectl("wait", "pvc/own", "--for=delete", WAIT)


def test_a_retained_volume_outlives_its_claim_and_serves_the_next(kubectl, made) -> None:
    kubectl("create", "-f", "-", stdin=json.dumps(claim("first")))
    assert kubectl("get", "pvc", "first", "-o", "jsonpath={.spec.volumeName}") == ""
    user = with_claims("keeper", replicas=1)
    made(user)
    kubectl("rollout", "status", "sts/keeper", WAIT)
    volume = kubectl("get", "pvc", "data-keeper-0", "-o", "jsonpath={.spec.volumeName}")
    kubectl("patch", "pv", volume, "-p", '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}')
    kubectl("delete", "sts", "keeper", "--cascade=foreground", WAIT)
    kubectl("delete", "pvc", "data-keeper-0", WAIT)
    kubectl("wait", "pv", volume, "--for=jsonpath={.status.phase}=Released", WAIT)
    kubectl("patch", "pv", volume, "--type=json", "-p", '[{"op":"remove","path":"/spec/claimRef"}]')
    kubectl("wait", "pv", volume, "--for=jsonpath={.status.phase}=Available", WAIT)
    kubectl("apply", "-f", "-", stdin=user)
    kubectl("rollout", "status", "sts/keeper", WAIT)
    assert kubectl("get", "pvc", "data-keeper-0", "-o", "jsonpath={.spec.volumeName}") == volume
    assert kubectl("logs", "keeper-0").count("keeper-0 was here.") == 2
    kubectl("patch", "pv", volume, "-p", '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}')
    kubectl("delete", "sts", "keeper", "--cascade=foreground", WAIT)
    kubectl("delete", "pvc", "data-keeper-0", "first", WAIT)
    kubectl("wait", "pv", volume, "--for=delete", WAIT)
