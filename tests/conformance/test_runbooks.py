"""Every kubectl command line of the source documents, run as written in a namespace with that document's names."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from clusters import VENV_KUBECTL, embedded, kubectls

from simulator.cluster.kubelet.images.postgres import find_programs

pytestmark = [pytest.mark.conformance, pytest.mark.embedded]

HERE = Path(__file__).parent / "runbooks"
DOCUMENTS = yaml.safe_load((HERE / "commands.yaml").read_text())
LIMIT_S = 60.0
LOOKS = {"describe", "get", "logs", "top"}
"""Commands after which everything is as it was."""


@dataclass
class Desk:
    """Where an engineer sits: a folder, a kubeconfig with the document's namespace, a PATH with kubectl."""

    folder: Path
    env: dict[str, str]
    document: dict[str, Any]

    def run(self, line: str, *, is_terminal: bool = False, types: str = "", until: str = "") -> tuple[int, str]:
        """Exit status and all output of a shell line; with `until` it is interrupted once it has said that."""
        ours, theirs = pty.openpty() if is_terminal else os.pipe()
        if is_terminal:
            termios.tcsetwinsize(ours, (24, 80))
        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.env,
            stdin=theirs if is_terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            if types:
                os.write(ours, types.encode())
            said = self._output(ours, until)
            if until:
                os.killpg(process.pid, signal.SIGINT)
            return process.wait(LIMIT_S), said.replace("\r", "")
        finally:
            os.close(ours)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _output(self, source: int, until: str) -> str:
        said, end = "", time.monotonic() + LIMIT_S
        while not (until and re.search(until, said, re.MULTILINE)):
            assert select.select([source], [], [], max(0.0, end - time.monotonic()))[0], f"still waiting after:\n{said}"
            try:
                piece = os.read(source, 65536)
            except OSError:  # a terminal whose other side is closed
                break
            if not piece:
                break
            said += piece.decode(errors="replace")
        return said

    def filled(self, line: str) -> str:
        """The line with the document's placeholders filled in."""
        app = self.document["app"]
        pod = f"-o jsonpath='{{.items[0].metadata.name}}' --field-selector=status.phase=Running -l app={app}"
        known = {
            "<pod-name>": lambda: self.run(f"kubectl get pods {pod}")[1],
            "NODE_NAME": lambda: self.run("kubectl get nodes -o jsonpath='{.items[2].metadata.name}'")[1],
            "<node-name>": lambda: self.run("kubectl get nodes -o jsonpath='{.items[2].metadata.name}'")[1],
            "<new-base64-encoded-url>": lambda: "cG9zdGdyZXM6Ly94",
            "<script>": lambda: "heap.py",
            "<N>": lambda: "3",
            "--replicas=N": lambda: "--replicas=3",
        }
        for placeholder, value in known.items():
            if placeholder in line:
                line = line.replace(placeholder, value())
        return line

    def until_ok(self, line: str) -> None:
        """Wait for a line to work."""
        end = time.monotonic() + LIMIT_S
        while self.run(line)[0] != 0:
            assert time.monotonic() < end, self.run(line)
            time.sleep(0.2)

    def settle(self) -> None:
        """Until the rollout that a command began is over, as a person would wait."""
        status, said = self.run(f"kubectl rollout status deployment/{self.document['app']} --timeout={LIMIT_S:g}s")
        assert status == 0, said
        ending = "jsonpath='{.items[?(@.metadata.deletionTimestamp)].metadata.name}'"
        self.until_ok(f'test -z "$(kubectl get pods -o {ending})"')


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster with the images that the documents' systems run."""
    folder = tmp_path_factory.mktemp("documents")
    package = folder / "site" / "autoformalize"
    shutil.copytree(HERE / "autoformalize", package)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "lean").write_text("#!/bin/sh\necho 'Lean (version 4.0.0)'\n")
    (programs / "lean").chmod(0o755)
    images = {
        "documents/app:1": {
            "entrypoint": ["python3", str(HERE / "app.py")],
            "env": {"PYTHONPATH": str(folder / "site")},
            "path": [str(programs)],
        },
        "postgres:14": {"cmd": ["postgres"], "path": [str(find_programs())]},
    }
    (folder / "images.yaml").write_text(yaml.safe_dump({"images": images}))
    flags = ["--images", str(folder / "images.yaml"), "--nodes", "3", "--node-cpu", "64", "--node-memory", "256Gi"]
    with embedded(tmp_path_factory.mktemp("state"), *flags) as kubeconfig:
        yield kubeconfig


@pytest.fixture(params=DOCUMENTS, ids=lambda document: document["document"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


@pytest.fixture(params=kubectls(), ids=lambda program: program.name if program != VENV_KUBECTL else "own")
def desk(request: pytest.FixtureRequest, cluster: Path, document: dict[str, Any], tmp_path: Path) -> Iterator[Desk]:
    """A namespace with the document's names, its system rolled out in it; gone afterwards."""
    namespace = document["namespace"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kubectl").symlink_to(request.param)
    own = tmp_path / "kubeconfig"
    shutil.copy(cluster, own)
    for name in ("network-policy-lockdown.yaml", "system.yaml"):
        text = (HERE / name).read_text().replace("NAMESPACE", namespace).replace("APP", document["app"])
        (tmp_path / name).write_text(text)
    env = {
        "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(own),
        "KUBE_EDITOR": "sed -i s/true/false/",
        "TERM": "dumb",
    }
    here = Desk(tmp_path, env, document)
    for line in (f"kubectl config set-context --current --namespace={namespace}", "kubectl apply -f system.yaml"):
        assert here.run(line)[0] == 0, here.run(line)
    here.settle()
    status, said = here.run("kubectl rollout status deployment/postgres --timeout=60s")
    assert status == 0, said
    address = here.run("kubectl get service postgres -o jsonpath='{.spec.clusterIP}'")[1]
    env["DATABASE_URL"] = f"postgresql://postgres:secret@{address}/postgres"
    yield here
    here.run("kubectl uncordon $(kubectl get nodes -o name)")
    status, said = here.run(f"kubectl delete namespace {namespace} --timeout=60s")
    assert status == 0, said


def test_a_document_s_commands_run_as_written(desk: Desk) -> None:
    for command in desk.document["commands"]:
        line = desk.filled(command["run"])
        until = command["says"] if command.get("endless") else ""
        if "kubectl top" in line:
            desk.until_ok(line)  # pods that have just started have no metrics yet
        status, said = desk.run(line, is_terminal="-it" in line, types=command.get("types", ""), until=until)
        assert re.search(command["says"], said, re.MULTILINE), f"$ {line}\n{said}"
        if not until:
            expected = command.get("exit", 0)
            assert status in (expected if isinstance(expected, list) else [expected]), f"$ {line}\n{said}"
        if set(re.findall(r"kubectl (\w+)", line)) - LOOKS:
            desk.settle()
