"""Real kubectl, unmodified, against the embedded cluster."""

import json
import re
from pathlib import Path

import manifests
import pytest

pytestmark = pytest.mark.conformance

_TWO_LINES = "print('one'); print('two')"


def _pods(kubectl, *extra: str) -> list[str]:
    return kubectl("get", "pods", "-l", "app=web", "-o", "name", *extra).split()


def _wait_rolled_out(kubectl) -> None:
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")


def test_version_and_api_resources(kubectl) -> None:
    assert "Server Version: v1.36" in kubectl("version")
    assert re.search(r"deployments\s+deploy\s+apps/v1\s+true\s+Deployment", kubectl("api-resources"))


def test_get_in_every_form(kubectl, namespace) -> None:
    lines = kubectl("get", "pods").splitlines()
    assert lines[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert all(line.split()[1:3] == ["1/1", "Running"] for line in lines[1:])
    assert "NOMINATED NODE" in kubectl("get", "pods", "-o", "wide")
    assert json.loads(kubectl("get", "deployment", "web", "-o", "json"))["spec"]["replicas"] == 2
    assert "kind: Deployment" in kubectl("get", "deploy/web", "-o", "yaml")
    assert len(_pods(kubectl)) == 2
    assert kubectl("get", "svc", "web", "-o", "jsonpath={.spec.ports[0].port}") == "80"
    assert kubectl("get", "cm", "settings", "-o", "custom-columns=C:.data.colour").split() == ["C", "blue"]
    assert namespace in kubectl("get", "pods", "-A")
    assert len(kubectl("get", "pods", "--sort-by=.metadata.name", "-o", "name").split()) == 2
    assert _pods(kubectl, "--field-selector", "status.phase!=Running") == []
    for kind in ("all", "nodes", "namespaces", "events", "endpoints", "endpointslices", "secrets", "rs"):
        assert kubectl("get", kind)


@pytest.mark.parametrize(
    ("what", "part"),
    [
        ("deployment/web", r"StrategyType:\s+RollingUpdate"),
        ("pods", r"Readiness:\s+http-get"),
        ("replicasets", r"Controlled By:\s+Deployment/web"),
        ("service/web", r"Endpoints:\s+127\."),
        ("node", r"Non-terminated Pods"),
        ("configmap/settings", r"colour:"),
        ("secret/key", r"password:\s+1 bytes"),
        ("namespace", r"Status:\s+Active"),
        ("endpoints/web", r"Subsets:"),
    ],
)
def test_describe(kubectl, what, part) -> None:
    assert re.search(part, kubectl("describe", what))


def test_logs_of_pods_selectors_and_workloads(kubectl) -> None:
    pod = _pods(kubectl)[0]
    assert kubectl("logs", pod).startswith("serving\n")
    assert kubectl("logs", "deployment/web", "--tail=1")
    assert len(kubectl("logs", "-l", "app=web", "--prefix", "--tail=1").splitlines()) == 2
    assert re.match(r"\d{4}-\d\d-\d\dT.*Z serving", kubectl("logs", pod, "--timestamps", "--since=10m"))
    assert "previous terminated container" in kubectl("logs", pod, "--previous", ok=False)


def test_a_followed_log_ends_with_its_pod(kubectl) -> None:
    job = manifests.pod(
        "once",
        restartPolicy="Never",
        containers=[{"name": "c", "image": "python:3", "command": ["python3", "-c", _TWO_LINES]}],
    )
    kubectl("create", "-f", "-", stdin=json.dumps(job))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/once", "--timeout=20s")
    assert kubectl("logs", "-f", "once") == "one\ntwo\n"
    kubectl("delete", "pod", "once")


def test_a_followed_log_shows_what_comes(kubectl) -> None:
    assert "asked for /" in kubectl.until("asked for /", "logs", "-f", "deployment/web")


def test_a_watch_shows_each_change_as_a_row(kubectl) -> None:
    def change() -> None:
        kubectl("patch", "cm/settings", "-p", '{"data":{"more":"x"}}')
        kubectl("patch", "cm/settings", "-p", '{"data":{"more":null}}')
        kubectl("create", "configmap", "last", "--from-literal=a=b")

    seen = kubectl.until("last", "get", "cm", "-w", "--output-watch-events", then=change)
    kubectl("delete", "cm/last")
    assert [line.split()[2] for line in seen.splitlines() if "MODIFIED" in line] == ["2", "1"]


def test_a_node_is_cordoned_drained_and_uncordoned(kubectl) -> None:
    node = kubectl("get", "nodes", "-o", "name").strip()
    kubectl("cordon", node)
    assert "SchedulingDisabled" in kubectl("get", node)
    kubectl("uncordon", node)
    assert "SchedulingDisabled" not in kubectl("get", node)
    assert "(server dry run)" in kubectl("drain", node, "--dry-run=server", "--force", "--ignore-daemonsets")
    kubectl("uncordon", node)


def test_scale_up_and_back(kubectl) -> None:
    kubectl("scale", "deployment/web", "--replicas=3")
    _wait_rolled_out(kubectl)
    assert len(_pods(kubectl)) == 3
    kubectl("scale", "deployment/web", "--current-replicas=3", "--replicas=2")
    kubectl("wait", "--for=jsonpath={.status.replicas}=2", "deployment/web", "--timeout=20s")


def test_a_rollout_is_made_watched_listed_and_undone(kubectl) -> None:
    kubectl("set", "env", "deployment/web", "COLOUR=red")
    _wait_rolled_out(kubectl)
    kubectl("set", "resources", "deployment/web", "--limits=memory=256Mi")
    _wait_rolled_out(kubectl)
    history = kubectl("rollout", "history", "deployment/web")
    assert len(re.findall(r"^\d+ ", history, re.MULTILINE)) >= 3
    kubectl("rollout", "undo", "deployment/web")
    _wait_rolled_out(kubectl)
    container = json.loads(kubectl("get", "deploy", "web", "-o", "json"))["spec"]["template"]["spec"]["containers"][0]
    assert container["env"][-1] == {"name": "COLOUR", "value": "red"}
    assert container["resources"] == {}
    kubectl("set", "env", "deployment/web", "COLOUR-")
    _wait_rolled_out(kubectl)
    kubectl("rollout", "pause", "deployment/web")
    kubectl("rollout", "resume", "deployment/web")
    kubectl("rollout", "restart", "deployment/web")
    _wait_rolled_out(kubectl)


def test_a_bad_image_shows_in_the_status_column(kubectl) -> None:
    kubectl("set", "image", "deployment/web", "api=nobody/nothing:9")
    assert "0/1" in kubectl.until("ImagePull", "get", "pods", "-w")
    kubectl("rollout", "undo", "deployment/web")
    _wait_rolled_out(kubectl)


def test_labels_annotations_patches_and_replacement(kubectl) -> None:
    kubectl("label", "cm/settings", "a=b")
    assert "overwrite is false" in kubectl("label", "cm/settings", "a=c", ok=False)
    kubectl("annotate", "--overwrite", "cm/settings", "note=x")
    kubectl("patch", "cm/settings", "-p", '{"data":{"one":"1"}}')
    kubectl("patch", "cm/settings", "--type=merge", "-p", '{"data":{"two":"2"}}')
    kubectl("patch", "cm/settings", "--type=json", "-p", '[{"op":"remove","path":"/data/one"}]')
    stored = json.loads(kubectl("get", "cm", "settings", "-o", "json"))
    assert stored["data"] == {"colour": "blue", "two": "2"}
    old = {**stored, "metadata": {**stored["metadata"], "resourceVersion": "1"}}
    assert "has been modified" in kubectl("replace", "-f", "-", stdin=json.dumps(old), ok=False)
    del stored["data"]["two"], stored["metadata"]["resourceVersion"], stored["metadata"]["labels"]
    kubectl("replace", "-f", "-", stdin=json.dumps(stored))


def test_apply_creates_changes_prunes_fields_and_notices_typos(kubectl, tmp_path: Path) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": "1", "b": "2"}}
    assert "created" in kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    assert "unchanged" in kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    del manifest["data"]["b"]
    assert "configured" in kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    assert json.loads(kubectl("get", "cm", "applied", "-o", "json"))["data"] == {"a": "1"}
    typo = {**manifest, "daat": {}}
    refusal = kubectl("apply", "-f", "-", stdin=json.dumps(typo), ok=False)
    assert 'unknown field "daat"' in refusal
    (tmp_path / "cm.yaml").write_text(json.dumps({**manifest, "metadata": {"name": "from-kustomize"}}))
    (tmp_path / "kustomization.yaml").write_text("resources: [cm.yaml]\nnameSuffix: -k\n")
    assert "from-kustomize-k created" in kubectl("apply", "-k", str(tmp_path))
    kubectl("delete", "-k", str(tmp_path))
    kubectl("delete", "cm", "applied")


def test_edit_changes_what_the_editor_saved(kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBE_EDITOR", "sed -i s/blue/green/")
    kubectl("edit", "cm/settings")
    assert kubectl("get", "cm", "settings", "-o", "jsonpath={.data.colour}") == "green"
    kubectl("patch", "cm/settings", "-p", '{"data":{"colour":"blue"}}')


def test_generators_create_objects(kubectl) -> None:
    kubectl("create", "configmap", "made", "--from-literal=a=b")
    kubectl("create", "secret", "generic", "made", "--from-literal=p=q")
    kubectl("create", "deployment", "made", "--image=nobody/nothing:9", "--replicas=0", "--port=80")
    kubectl("create", "namespace", "made")
    made = json.loads(kubectl("get", "deployment", "made", "-o", "json"))
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "nobody/nothing:9"
    assert made["spec"]["replicas"] == 0
    assert kubectl("get", "cm", "made", "-o", "jsonpath={.data.a}") == "b"
    assert kubectl("get", "secret", "made", "-o", "jsonpath={.data.p}") == "cQ=="
    kubectl("delete", "deployment/made", "cm/made", "secret/made", "namespace/made", "--timeout=20s")


def test_deleting_waits_and_the_deployment_heals(kubectl) -> None:
    before = set(_pods(kubectl))
    victim = min(before)
    assert "deleted" in kubectl("delete", victim)
    kubectl("wait", "--for=delete", victim, "--timeout=20s")
    _wait_rolled_out(kubectl)
    kubectl("delete", "pods", "-l", "app=web", "--force", "--grace-period=0")
    _wait_rolled_out(kubectl)
    kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=20s")
    assert not before & set(_pods(kubectl))
    assert "Killing" in kubectl("get", "events", "--sort-by=.lastTimestamp") + kubectl("events")


def test_owned_objects_go_with_their_owner_or_stay_as_orphans(kubectl) -> None:
    for cascade in ("orphan", "foreground", "background"):
        kubectl("create", "deployment", "owner", "--image=nobody/nothing:9")
        kubectl("wait", "rs", "-l", "app=owner", "--for=create", "--timeout=10s")
        kubectl("delete", "deployment", "owner", f"--cascade={cascade}", "--timeout=10s")
        left = kubectl("get", "rs", "-l", "app=owner", "-o", "name")
        if cascade == "orphan":
            assert left
            kubectl("delete", "rs", "-l", "app=owner", "--timeout=10s")
        kubectl("wait", "rs,pods", "-l", "app=owner", "--for=delete", "--timeout=20s")


def test_what_does_not_exist_is_said_in_kubectl_s_words(kubectl) -> None:
    assert 'deployments.apps "nope" not found' in kubectl("get", "deploy", "nope", ok=False)
    assert "doesn't have a resource type" in kubectl("get", "cronjobs", ok=False)
    assert "timed out" in kubectl("wait", "--for=delete", "deployment/web", "--timeout=1s", ok=False)


def test_explain_knows_the_fields(kubectl) -> None:
    assert "maxUnavailable" in kubectl("explain", "deployment.spec.strategy.rollingUpdate")
