"""PostgreSQL as manifests found in the wild have it: data in a volume, a probe by pg_isready, psql by exec and run."""

import json

import pytest

pytestmark = [pytest.mark.conformance, pytest.mark.embedded]


def _stateful_set() -> str:
    env = {"POSTGRES_PASSWORD": "secret", "PGDATA": "/var/lib/postgresql/data/pgdata"}
    container = {
        "name": "postgres",
        "image": "postgres:18",
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "readinessProbe": {"exec": {"command": ["pg_isready", "-U", "postgres"]}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/postgresql/data"}],
    }
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    labels = {"app": "pg"}
    spec = {
        "serviceName": "pg",
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
    }
    service = {"clusterIP": "None", "selector": labels, "ports": [{"port": 5432}]}
    items = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "pg"}, "spec": service},
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "pg"}, "spec": spec},
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def test_its_data_outlive_its_pod_and_who_is_in_it_needs_no_password(kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=_stateful_set())
    kubectl("rollout", "status", "sts/pg", "--timeout=30s")
    ask = ("exec", "pg-0", "--", "psql", "-U", "postgres", "-tA", "-c")
    kubectl(*ask, "CREATE TABLE kept AS SELECT 42 AS answer")
    kubectl("delete", "pod", "pg-0", "--timeout=30s")
    kubectl("rollout", "status", "sts/pg", "--timeout=30s")
    assert kubectl(*ask, "SELECT answer FROM kept") == "42\n"
    client = ("run", "client", "--rm", "-i", "--restart=Never", "--image=postgres:18")
    there = ("--", "psql", "-h", "pg", "-U", "postgres", "-tA", "-c", "SELECT answer FROM kept")
    assert "42" in kubectl(*client, "--env=PGPASSWORD=secret", *there)
    assert "password" in kubectl(*client, *there, ok=False)
    kubectl("delete", "sts/pg", "svc/pg", "pvc/data-pg-0", "--timeout=30s")
