"""A cluster for other projects' clients: the embedded one as a process, or the one that CONFORMANCE_KUBECONFIG names.

Tests are written against any cluster; `embedded` and `real` mark what makes sense on one side only. With
CONFORMANCE_EVERY_KUBECTL set, kubectl tests run once for each kubectl of the machine from 1.31 on, else for the one
that is installed with gameday.
"""

import json
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clusters import REAL, START_S, VENV_KUBECTL, embedded, kubectls


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what makes sense on the other side only."""
    marker, why = ("embedded", "the embedded cluster only") if REAL else ("real", "needs CONFORMANCE_KUBECONFIG")
    for item in items:
        if item.get_closest_marker(marker):
            item.add_marker(pytest.mark.skip(reason=why))


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
                                "command": ["python3", "-c", _SERVER, "$(POD_IP)"],
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
    """The cluster's kubeconfig. An embedded one ends with the session and leaves no process."""
    if REAL:
        yield Path(REAL)
        return
    state = tmp_path_factory.mktemp("cluster")
    with embedded(state) as path:
        yield path


def run_kubectl(program: Path, kubeconfig: Path, *arguments: str, namespace: str, stdin: str | None, ok: bool) -> str:
    """Standard output, or with `ok=False` standard error of a run that must fail."""
    command = [str(program), "--kubeconfig", str(kubeconfig), "-n", namespace, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=40, check=False)
    assert (done.returncode == 0) is ok, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if ok else done.stderr


@pytest.fixture(scope="module")
def namespace(request: pytest.FixtureRequest, kubeconfig: Path) -> Iterator[str]:
    """A namespace with the manifest in it, rolled out; gone afterwards."""
    name = f"{request.module.__name__.rpartition('.')[2].replace('_', '-')}-{uuid.uuid4().hex[:4]}"

    def call(*arguments: str, stdin: str | None = None) -> str:
        return run_kubectl(VENV_KUBECTL, kubeconfig, *arguments, namespace=name, stdin=stdin, ok=True)

    call("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
    call("apply", "-f", "-", stdin=json.dumps(MANIFEST))
    call("rollout", "status", "deployment/web", f"--timeout={START_S:g}s")
    yield name
    call("delete", "namespace", name, "--timeout=20s")


class Kubectl:
    """One kubectl program, bound to a cluster and a namespace."""

    def __init__(self, program: Path, kubeconfig: Path, namespace: str) -> None:
        self._program, self._kubeconfig, self.namespace = program, kubeconfig, namespace

    def command(self, *arguments: str) -> list[str]:
        """The whole command line, for whoever runs it otherwise."""
        return [str(self._program), "--kubeconfig", str(self._kubeconfig), "-n", self.namespace, *arguments]

    def __call__(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        return run_kubectl(self._program, self._kubeconfig, *arguments, namespace=self.namespace, stdin=stdin, ok=ok)

    def until(self, text: str, *arguments: str, then: Callable[[], object] = lambda: None) -> str:
        """Lines of a command that goes on (`get -w`, `logs -f`), up to `text`; `then` runs after the first line."""
        with subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, text=True) as process:
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


@pytest.fixture(params=kubectls(), ids=lambda program: program.name if program != VENV_KUBECTL else "own")
def kubectl(request: pytest.FixtureRequest, kubeconfig: Path, namespace: str) -> Kubectl:
    """Each kubectl, bound to the module's namespace."""
    return Kubectl(request.param, kubeconfig, namespace)
