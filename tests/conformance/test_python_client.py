"""The official Python client, whose models are strict about what they read."""

from collections.abc import Iterator

import pytest
from kubernetes import client, config, watch

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def connection(kubeconfig, namespace) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(kubeconfig)) as connected:
        yield connected


def test_every_kind_is_read_by_the_models_of_the_client(connection) -> None:
    core, apps, slices = (
        client.CoreV1Api(connection),
        client.AppsV1Api(connection),
        client.DiscoveryV1Api(connection),
    )
    for lister in (
        core.list_namespace,
        core.list_node,
        core.list_pod_for_all_namespaces,
        core.list_service_for_all_namespaces,
        core.list_endpoints_for_all_namespaces,
        core.list_config_map_for_all_namespaces,
        core.list_secret_for_all_namespaces,
        core.list_event_for_all_namespaces,
        apps.list_deployment_for_all_namespaces,
        apps.list_replica_set_for_all_namespaces,
        slices.list_endpoint_slice_for_all_namespaces,
    ):
        found = lister()
        assert found.items, lister.__name__
        assert found.items[0].metadata.resource_version


def test_a_config_map_is_created_patched_watched_and_deleted(connection, namespace) -> None:
    core = client.CoreV1Api(connection)
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    made = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="made"), data={"a": "1"})
    core.create_namespaced_config_map(namespace, made)
    core.patch_namespaced_config_map("made", namespace, {"data": {"b": "2"}})
    stored = core.read_namespaced_config_map("made", namespace)
    assert stored.data == {"a": "1", "b": "2"}
    stored.data = {"c": "3"}
    core.replace_namespaced_config_map("made", namespace, stored)
    assert core.delete_namespaced_config_map("made", namespace)["status"] == "Success"
    stream = watch.Watch().stream(
        core.list_namespaced_config_map, namespace, resource_version=version, timeout_seconds=1
    )
    seen = [event["type"] for event in stream if event["object"].metadata.name == "made"]
    assert seen == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]
    with pytest.raises(client.ApiException) as missing:
        core.read_namespaced_config_map("made", namespace)
    assert missing.value.status == 404


def test_a_deployment_is_scaled_and_its_pods_can_be_read(connection, namespace) -> None:
    apps, core = client.AppsV1Api(connection), client.CoreV1Api(connection)
    apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 2}})
    assert apps.read_namespaced_deployment_scale("web", namespace).spec.replicas == 2
    pods = core.list_namespaced_pod(namespace, label_selector="app=web").items
    assert "serving" in core.read_namespaced_pod_log(pods[0].metadata.name, namespace)
    dry = client.V1Pod(
        metadata=client.V1ObjectMeta(name="dry"),
        spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="i")]),
    )
    core.create_namespaced_pod(namespace, dry, dry_run="All")
    assert "dry" not in {pod.metadata.name for pod in core.list_namespaced_pod(namespace).items}
