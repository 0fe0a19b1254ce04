"""A cache and an object store as manifests in the wild have them, on the cluster's own images for them."""

import json

import pytest

pytestmark = [pytest.mark.conformance, pytest.mark.embedded]


def _deployment(name: str, image: str, port: int, **container: object) -> str:
    labels = {"app": name}
    probe = {"tcpSocket": {"port": port}, "periodSeconds": 1, "failureThreshold": 20}
    spec = {"name": name, "image": image, "ports": [{"containerPort": port}], "readinessProbe": probe, **container}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [spec]}}
    service = {"selector": labels, "ports": [{"port": port}]}
    deployment = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    items = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": service},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": deployment},
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def test_a_cache_is_limited_by_its_arguments_and_asked_in_its_pod_and_from_another(kubectl) -> None:
    limit = ["valkey-server", "--maxmemory", "64mb"]
    kubectl("apply", "-f", "-", stdin=_deployment("cache", "valkey/valkey:9", 6379, args=limit))
    kubectl("rollout", "status", "deploy/cache", "--timeout=30s")
    inside = ("exec", "deploy/cache", "--")
    assert kubectl(*inside, "valkey-cli", "config", "get", "maxmemory").split() == ["maxmemory", "67108864"]
    assert "maxmemory_human:64.00M" in kubectl(*inside, "redis-cli", "info", "memory")
    client = ("run", "client", "--rm", "-i", "--restart=Never", "--image=valkey/valkey:9", "--")
    assert "PONG" in kubectl(*client, "valkey-cli", "-h", "cache", "ping")
    kubectl("delete", "deploy/cache", "svc/cache", "--timeout=30s")


def test_a_cache_that_is_started_by_command_binds_its_pod_s_address(kubectl) -> None:
    command = ["sh", "-c", "exec valkey-server --maxmemory-policy allkeys-lru"]
    kubectl("apply", "-f", "-", stdin=_deployment("shell-cache", "valkey/valkey:9", 6379, command=command))
    kubectl("rollout", "status", "deploy/shell-cache", "--timeout=30s")
    ask = ("exec", "deploy/shell-cache", "--", "valkey-cli", "config", "get", "maxmemory-policy")
    assert "allkeys-lru" in kubectl(*ask)
    kubectl("delete", "deploy/shell-cache", "svc/shell-cache", "--timeout=30s")


_KEEP = """
import boto3, sys
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1",
                  aws_access_key_id="key", aws_secret_access_key="secret")
s3.create_bucket(Bucket="datasets")
s3.put_object(Bucket="datasets", Key="a", Body=b"rows")
print(s3.get_object(Bucket="datasets", Key="a")["Body"].read().decode())
"""


def test_an_object_store_keeps_objects_for_whoever_reaches_its_service(kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=_deployment("store", "motoserver/moto:5", 5000))
    kubectl("rollout", "status", "deploy/store", "--timeout=60s")
    client = ("run", "client", "--rm", "-i", "--restart=Never", "--image=python:3", "--", "python3", "-c")
    assert "rows" in kubectl(*client, _KEEP, "http://store:5000")
    kubectl("delete", "deploy/store", "svc/store", "--timeout=30s")
