"""The official Python client, whose models are strict about what they read."""

import time
from collections.abc import Iterator

import pytest
from kubernetes import client, config, watch
from kubernetes.stream import portforward, stream

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


@pytest.fixture(scope="module")
def streams(kubeconfig) -> Iterator[client.CoreV1Api]:
    """A client of its own: `stream` and `portforward` change the one that they are given."""
    with config.new_client_from_config(str(kubeconfig)) as connected:
        yield client.CoreV1Api(connected)


@pytest.fixture
def pod(streams, namespace) -> str:
    found = streams.list_namespaced_pod(namespace, label_selector="app=web").items
    return next(pod.metadata.name for pod in found if pod.metadata.deletion_timestamp is None)


def test_a_command_is_executed_at_once_and_as_a_conversation(streams, namespace, pod) -> None:
    execute, shell = streams.connect_get_namespaced_pod_exec, ["sh", "-c", "echo out; echo err >&2"]
    told = stream(execute, pod, namespace, command=shell, stdin=False, stdout=True, stderr=True, tty=False)
    assert sorted(told.split()) == ["err", "out"]
    talk = stream(
        execute, pod, namespace, command=["sh"], stdin=True, stdout=True, stderr=True, tty=False, _preload_content=False
    )
    talk.write_stdin("echo héllo; echo two\n")
    assert [talk.readline_stdout(timeout=10), talk.readline_stdout(timeout=10)] == ["héllo", "two"]
    talk.write_stdin("exit 6\n")
    talk.run_forever(timeout=10)
    assert talk.returncode == 6
    with pytest.raises(client.ApiException, match="404"):
        stream(execute, "nobody", namespace, command=shell, stdout=True)


def test_what_is_written_to_and_ended_is_read_to_its_end(streams, namespace, pod) -> None:
    talk = stream(
        streams.connect_post_namespaced_pod_exec,
        *(pod, namespace),
        command=["cat"],
        stdin=True,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
        binary=True,
    )
    talk.write_stdin(b"\x00\xff" * 1000)
    talk.close_channel(0)
    talk.run_forever(timeout=10)
    assert talk.read_stdout() == b"\x00\xff" * 1000
    assert talk.returncode == 0


def test_ports_are_forwarded_over_plain_channels(streams, namespace, pod) -> None:
    forwarding = portforward(streams.connect_get_namespaced_pod_portforward, pod, namespace, ports="8080,9999")
    connection = forwarding.socket(8080)
    connection.setblocking(True)
    connection.settimeout(10)
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    answer = b""
    while b"hello from pod" not in answer:
        piece = connection.recv(65536)
        assert piece, answer
        answer += piece
    assert forwarding.error(8080) is None
    deadline = time.monotonic() + 10
    while not (told := forwarding.error(9999)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "connect: connection refused" in told
    forwarding.close()
