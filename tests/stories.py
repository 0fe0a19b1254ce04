"""A whole embedded cluster as a process, and its API as a client sees it."""

import base64
import json
import os
import ssl
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from simulator.processes import MARK


@dataclass
class Cluster:
    """A running cluster and a client of its API."""

    process: "subprocess.Popen[str]"
    subnet: str
    http: httpx.Client
    mark: str
    authority: str
    """The certificate authority's certificate, as PEM."""

    def get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def patch(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        answer = self.http.patch(path, content=json.dumps(body), headers=headers)
        assert answer.status_code == 200, answer.text

    def namespace(self) -> str:
        name = f"story-{uuid.uuid4().hex[:6]}"
        self.create("/api/v1/namespaces", {"metadata": {"name": name}})
        return name


def start(state: Path, *flags: str) -> Cluster:
    return connected(*launched(state, *flags))


def launched(
    state: Path, *flags: str, prepare: Callable[[], None] | None = None
) -> tuple["subprocess.Popen[str]", str]:
    """The process, which may not answer yet, and its mark; `prepare` is a `preexec_fn`."""
    mark = f"test-{uuid.uuid4().hex}"
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator.cluster", "--state", str(state), *flags],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        preexec_fn=prepare,
        text=True,
    )
    return process, mark


def connected(process: "subprocess.Popen[str]", mark: str) -> Cluster:
    """A client of it, once it answers."""
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    config = yaml.safe_load(Path(line["kubeconfig"]).read_text())
    authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
    token = config["users"][0]["user"]["token"]
    client = httpx.Client(
        base_url=line["server"],
        verify=ssl.create_default_context(cadata=authority),
        headers={"Authorization": f"Bearer {token}"},
    )
    return Cluster(process, line["subnet"], client, mark, authority)


def stop(cluster: Cluster) -> None:
    cluster.http.close()
    cluster.process.terminate()
    assert cluster.process.wait(60) == 0
    assert cluster.process.stdout is not None
    cluster.process.stdout.close()


def one_pod(program: str, **container: Any) -> dict[str, Any]:
    own = {"name": "main", "image": "python:3", "command": ["python", "-c", program], **container}
    return {"metadata": {"name": "pod"}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [own]}}


def container_status(cluster: Cluster, namespace: str) -> dict[str, Any]:
    statuses = cluster.get(f"/api/v1/namespaces/{namespace}/pods/pod")["status"].get("containerStatuses") or [{}]
    return dict(statuses[0])
