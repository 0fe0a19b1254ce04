"""The whole embedded cluster as a process, shared by the session; a namespace of its own for each module."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.processes import MARK, sweep

START_S = 30.0
VENV_KUBECTL = Path(sys.executable).with_name("kubectl")
SYSTEM_KUBECTL = Path("/usr/bin/kubectl")

_SERVER = """
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print('asked for', self.path, flush=True)
        body = b'hello from pod'
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
print('serving', flush=True)
http.server.ThreadingHTTPServer((sys.argv[1], 8080), H).serve_forever()
"""

MANIFEST = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {
                        "terminationGracePeriodSeconds": 1,
                        "containers": [
                            {
                                "name": "api",
                                "image": "python:3",
                                "args": ["-c", _SERVER, "$(POD_IP)"],
                                "ports": [{"containerPort": 8080, "name": "http"}],
                                "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                                "readinessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 1},
                            }
                        ],
                    },
                },
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"colour": "blue"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"password": "x"}},
    ],
}


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running cluster's kubeconfig; the cluster ends with the session and leaves no process."""
    state = tmp_path_factory.mktemp("cluster")
    mark = f"conformance-{uuid.uuid4().hex}"
    log = state / "server.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator.cluster", "--state", str(state), "--clock", "60"],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, MARK: mark},
        )
        try:
            yield Path(json.loads(_first_line(process, log))["kubeconfig"])
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(15) == 0, log.read_text()
            finally:
                process.kill()
                sweep(mark)


def _first_line(process: "subprocess.Popen[bytes]", log: Path) -> bytes:
    assert process.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if waiting.select(START_S) else b""
    assert line, f"the cluster did not start:\n{log.read_text()}"
    return line


def run_kubectl(program: Path, kubeconfig: Path, *arguments: str, namespace: str, stdin: str | None, ok: bool) -> str:
    """Standard output, or with `ok=False` standard error of a run that must fail."""
    command = [str(program), "--kubeconfig", str(kubeconfig), "-n", namespace, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=40, check=False)
    assert (done.returncode == 0) is ok, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if ok else done.stderr


@pytest.fixture(scope="module")
def namespace(request: pytest.FixtureRequest, kubeconfig: Path) -> Iterator[str]:
    """A namespace with the manifest in it, rolled out; gone afterwards."""
    name = request.module.__name__.rpartition(".")[2].replace("_", "-")

    def call(*arguments: str, stdin: str | None = None) -> str:
        return run_kubectl(VENV_KUBECTL, kubeconfig, *arguments, namespace=name, stdin=stdin, ok=True)

    call("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
    call("apply", "-f", "-", stdin=json.dumps(MANIFEST))
    call("rollout", "status", "deployment/web", "--timeout=30s")
    yield name
    call("delete", "namespace", name, "--timeout=20s")


class Kubectl:
    """One kubectl program, bound to a cluster and a namespace."""

    def __init__(self, program: Path, kubeconfig: Path, namespace: str) -> None:
        self._program, self._kubeconfig, self._namespace = program, kubeconfig, namespace

    def __call__(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        return run_kubectl(self._program, self._kubeconfig, *arguments, namespace=self._namespace, stdin=stdin, ok=ok)

    def until(self, text: str, *arguments: str, then: Callable[[], object] = lambda: None) -> str:
        """Lines of a command that goes on (`get -w`, `logs -f`), up to `text`; `then` runs after the first line."""
        command = [str(self._program), "--kubeconfig", str(self._kubeconfig), "-n", self._namespace, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            clock = threading.Timer(START_S, process.kill)
            clock.start()
            try:
                assert process.stdout is not None
                seen = process.stdout.readline()
                then()
                while text not in seen:
                    line = process.stdout.readline()
                    assert line, f"{arguments} ended without {text!r}:\n{seen}"
                    seen += line
                return seen
            finally:
                clock.cancel()
                process.kill()


@pytest.fixture(params=[p for p in (VENV_KUBECTL, SYSTEM_KUBECTL) if p.exists()], ids=lambda program: program.parts[-3])
def kubectl(request: pytest.FixtureRequest, kubeconfig: Path, namespace: str) -> Kubectl:
    """Each kubectl of this machine, bound to the module's namespace."""
    return Kubectl(request.param, kubeconfig, namespace)
