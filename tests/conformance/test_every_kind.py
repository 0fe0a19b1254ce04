"""Each kind that is served: listed, shown in every form, described, explained, read by the client's strict models."""

import json
import re
import time
from pathlib import Path

import pytest
import yaml
from clusters import START_S, VENV_KUBECTL
from conformance.conftest import run_kubectl
from kubernetes import client

from simulator.cluster.objects.schemas import ROOTS

pytestmark = pytest.mark.conformance

OBJECTS = yaml.safe_load(Path(__file__).with_name("one_of_each.yaml").read_text())
NAMES = (
    "configmaps",
    "endpoints",
    "events",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "resourcequotas",
    "secrets",
    "serviceaccounts",
    "services",
    "controllerrevisions.apps",
    "daemonsets.apps",
    "deployments.apps",
    "replicasets.apps",
    "statefulsets.apps",
    "jobs.batch",
    "leases.coordination.k8s.io",
    "endpointslices.discovery.k8s.io",
    "events.events.k8s.io",
    "networkpolicies.networking.k8s.io",
    "storageclasses.storage.k8s.io",
    "nodes.metrics.k8s.io",
    "pods.metrics.k8s.io",
)
MODELS = {**ROOTS, "events.k8s.io/v1 Event": "EventsV1Event"}


@pytest.fixture(scope="module")
def each(namespace, kubeconfig) -> None:
    """One object of each kind, in the module's namespace."""
    items = json.dumps({"apiVersion": "v1", "kind": "List", "items": OBJECTS})
    run_kubectl(VENV_KUBECTL, kubeconfig, "apply", "-f", "-", namespace=namespace, stdin=items, ok=True)


@pytest.mark.embedded
def test_what_is_served_is_what_is_tested_here(kubectl) -> None:
    assert set(kubectl("api-resources", "--verbs=list", "-o", "name").split()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_is_listed_shown_described_and_explained(kubectl, each, name) -> None:
    everywhere = ("-A",) if name.startswith("leases") else ()
    end = time.monotonic() + START_S
    while "No resources found" in kubectl("get", name, *everywhere) or not kubectl(
        "get", name, *everywhere, "-o", "name"
    ):
        assert time.monotonic() < end, f"no {name} yet"
        time.sleep(0.2)
    assert re.match(r"(NAMESPACE|NAME|LAST SEEN) ", kubectl("get", name, *everywhere, "-o", "wide"))
    assert "kind: " in kubectl("get", name, *everywhere, "-o", "yaml")
    assert kubectl("get", name, *everywhere, "-o", "custom-columns=NAME:.metadata.name", "--sort-by=.metadata.name")
    assert re.search(r"^Name: +\S", kubectl("describe", name, *everywhere), re.MULTILINE)
    assert "FIELDS:" in kubectl("explain", name.split(".")[0] if "metrics" not in name else "pods")


@pytest.mark.parametrize("name", [name for name in NAMES if "metrics" not in name])
def test_the_models_of_the_python_client_read_each_object(kubectl, each, name) -> None:
    for item in json.loads(kubectl("get", name, "-A", "-o", "json"))["items"]:
        model = MODELS.get(f"{item['apiVersion']} {item['kind']}") or MODELS[item["kind"]]
        assert getattr(client, model).model_validate(item).metadata.name
