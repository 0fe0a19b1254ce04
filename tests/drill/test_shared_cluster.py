"""A cluster that others use, too: one drill at a time, and nothing of it stays, whoever was killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from clusters import embedded
from playing import wait_until

from simulator.drill import halts, unfinished
from simulator.drill.belongings import DRILL, HALT, Snapshot
from simulator.drill.claim import LEASE
from simulator.drill.kube import Kube
from simulator.errors import NotPossible
from simulator.processes import find_marked, kill_marked

pytestmark = pytest.mark.cluster

GAMEDAY = [sys.executable, "-m", "simulator.cli"]
NS = "llm-research"
APP = """
{apiVersion: v1, kind: Namespace, metadata: {name: llm-research}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: llm-research}, data: {MODE: normal}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: llm-research}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: busybox, command: [sleep, infinity], env: [{name: MODE, value: normal}]}]
"""
EXPERIMENT = """
version: 1.0.0
title: A setting and a file of the user's
description: A fault in the cluster, and one outside of it that only the roll-back takes back
steady-state-hypothesis:
  title: None of both is there
  probes:
    - {{name: no-file, type: probe, tolerance: true, provider: {{type: python, module: beside, func: is_well}}}}
    - name: no-setting
      type: probe
      tolerance: true
      provider:
        type: python
        module: simulator.faults.deployments
        func: environment_is
        arguments: {{name: web, container: main, variable: BROKEN, value: null, ns: llm-research}}
method:
  - {{name: break-file, type: action, provider: {{type: process, path: touch, arguments: {file}}}}}
  - name: break-setting
    type: action
    provider:
      type: python
      module: simulator.faults.deployments
      func: set_environment
      arguments: {{name: web, container: main, values: {{BROKEN: "1"}}, ns: llm-research}}
rollbacks:
  - {{name: mend-file, type: action, provider: {{type: process, path: rm, arguments: "-f {file}"}}}}
  - name: mend-setting
    type: action
    provider:
      type: python
      module: simulator.faults.deployments
      func: set_environment
      arguments: {{name: web, container: main, values: {{BROKEN: null}}, ns: llm-research}}
"""


@dataclass
class Shared:
    """The cluster, and drills that were begun on it from folders of their own."""

    kubeconfig: Path
    folder: Path
    started: list["Small"] = field(default_factory=list)

    @property
    def kube(self) -> Kube:
        return Kube(self.kubeconfig, "gameday", NS)

    @property
    def file(self) -> Path:
        """What the fault leaves outside of the cluster."""
        return self.folder / "broken"

    def gameday(self, *arguments: str) -> tuple[int, str]:
        """From another folder than any drill was begun in."""
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        argv = [*GAMEDAY, *arguments, "--kubeconfig", str(self.kubeconfig), "--context", "gameday"]
        done = subprocess.run(
            argv, cwd=elsewhere, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200, check=False
        )
        return done.returncode, done.stdout

    def is_broken(self) -> bool:
        web = self.kube.snapshot()["Deployment"]["web"]
        names = [each["name"] for each in web["spec"]["template"]["spec"]["containers"][0]["env"]]
        return "BROKEN" in names or self.file.exists()

    def held(self) -> Snapshot:
        """What the namespace holds, without the notes of tools: a Deployment that was rolled out has another number."""
        snapshot = self.kube.snapshot()
        for objects in snapshot.values():
            for each in objects.values():
                each["metadata"].pop("annotations", None)
        return snapshot

    def is_free(self) -> bool:
        return unfinished.read(self.kube) is None and self.kube.read(LEASE, DRILL) is None

    def let_an_hour_pass(self) -> None:
        """For the Lease; waiting for it to run out takes as long as it says."""
        lease = self.kube.read(LEASE, DRILL)
        assert lease is not None
        lease["spec"]["renewTime"] = "2026-01-01T00:00:00.000000Z"
        self.kube.replace(LEASE, lease)

    def begin(self) -> "Small":
        small = Small(self, self.folder / f"begun-{len(self.started)}")
        self.started.append(small)
        return small


class Small:
    """One small drill in a process of its own."""

    def __init__(self, shared: Shared, folder: Path) -> None:
        folder.mkdir()
        experiment = folder / "experiment.yaml"
        experiment.write_text(EXPERIMENT.format(file=shared.file))
        (folder / "beside.py").write_text(
            f"import pathlib\n\n\ndef is_well():\n    return not pathlib.Path({str(shared.file)!r}).exists()\n"
        )
        self.folder = folder
        self.log = folder / "log"
        program = Path(__file__).with_name("small_drill.py")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(program), str(shared.kubeconfig), str(experiment)],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, did: str) -> None:
        wait_until(lambda: f'"{did}"' in self.log.read_text(), 120, self.log.read_text)

    @property
    def mark(self) -> str:
        return f"run-{next(self.folder.glob('small-*')).name}"

    def kill_runner(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_all(self) -> None:
        """Runner, watchdog and whatever else there is, at the same instant, as a container ends."""
        pids = [self.process.pid, *find_marked(self.mark), *find_marked(f"{self.mark}-watchdog")]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill_all()
        for mark in (self.mark, f"{self.mark}-watchdog"):
            kill_marked(mark)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with embedded(tmp_path_factory.mktemp("cluster")) as kubeconfig:
        kubectl = [str(Path(sys.executable).with_name("kubectl")), "--kubeconfig", str(kubeconfig), "apply", "-f", "-"]
        subprocess.run(kubectl, input=APP, text=True, timeout=30, check=True)
        yield kubeconfig


@pytest.fixture
def shared(cluster: Path, tmp_path: Path) -> Iterator[Shared]:
    shared = Shared(cluster, tmp_path)
    wait_until(lambda: not shared.kube.unready(), 30, shared.kube.unready)
    yield shared
    for small in shared.started:
        small.close()
    unfinished.remove(shared.kube)
    shared.kube.delete(LEASE, DRILL)
    halts.lift_cluster(shared.kube)


def test_a_runner_alone_that_is_killed_is_cleaned_up_after_by_its_watchdog(shared: Shared) -> None:
    small = shared.begin()
    small.wait_for("injected")
    assert shared.is_broken()
    small.kill_runner()
    wait_until(shared.is_free, 60, shared.is_free)
    assert not shared.is_broken(), "the roll-back ran, for the file is gone, too"
    wait_until(lambda: not find_marked(small.mark) + find_marked(f"{small.mark}-watchdog"), 30)


@pytest.mark.parametrize("moment", range(3))
def test_a_drill_killed_with_its_watchdog_at_any_moment_is_named_and_recovered(shared: Shared, moment: int) -> None:
    before = shared.held()
    small = shared.begin()
    small.wait_for("written")
    seconds = moment + random.random()
    time.sleep(seconds)  # the moment itself is what is drawn
    small.kill_all()
    if moment:
        shared.let_an_hour_pass()

    status, said = shared.gameday("run", "crash-loop-bad-config")
    assert status == 3, said
    assert "was not taken back; 'gameday recover --kubeconfig" in said, f"killed after {seconds:.2f} s"
    assert "(small), begun by" in said
    assert f"--kubeconfig {shared.kubeconfig} --context gameday --namespace {NS}" in said

    (small.folder / "experiment.yaml").unlink()  # another machine does not have it
    status, said = shared.gameday("recover")
    assert status == 0, said
    assert "is taken back" in said
    assert not shared.is_broken(), f"killed after {seconds:.2f} s: {said}"
    assert shared.held() == before
    assert shared.is_free()
    status, said = shared.gameday("recover")
    assert (status, "nothing to recover" in said) == (0, True)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(shared: Shared) -> None:
    small = shared.begin()
    small.wait_for("injected")
    status, said = shared.gameday("recover", "--dry-run")
    assert status == 3, "a living drill is not recovered"
    assert "another drill is in progress" in said
    small.kill_all()
    shared.let_an_hour_pass()
    status, said = shared.gameday("recover", "--dry-run")
    assert "would restore Deployment web" in said
    assert "would run the roll-backs of tests/small" in said
    assert shared.is_broken()
    assert "'gameday recover' does that" in shared.gameday("status")[1]


def test_a_living_drill_is_neither_joined_nor_recovered(shared: Shared) -> None:
    small = shared.begin()
    small.wait_for("injected")
    for command in (["run", "crash-loop-bad-config"], ["recover"], ["recover", "--forget"]):
        status, said = shared.gameday(*command)
        assert status == 3, said
        assert "another drill is in progress in namespace llm-research, by " in said
    assert small.process.poll() is None
    assert shared.is_broken()


def test_what_cannot_be_taken_back_stays_written_down_until_somebody_forgets_it(shared: Shared) -> None:
    small = shared.begin()
    small.wait_for("injected")
    small.kill_all()
    shared.let_an_hour_pass()
    shared.file.unlink()
    shared.file.mkdir()  # rm -f refuses a folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulator.drill.recover.STEADY_LIMIT_S", 1.0)
        status, said = recover_in_this_process(shared)
    assert status == 3, said
    assert "roll-back mend-file" in said
    assert "not all was taken back: tests/small: no-file: False" in said
    assert unfinished.read(shared.kube) is not None
    status, said = shared.gameday("recover", "--forget")
    assert (status, "forgotten" in said) == (0, True)
    assert shared.is_free()


def recover_in_this_process(shared: Shared) -> tuple[int, str]:
    import asyncio

    from simulator.drill.recover import Place, recover

    told: list[str] = []
    try:
        asyncio.run(recover(Place(shared.kube, "gameday", shared.folder), told.append))
    except NotPossible as error:
        return error.exit_status, "\n".join([*told, str(error)])
    return 0, "\n".join(told)


def test_a_halt_of_a_cluster_blocks_every_run_there_until_it_is_lifted(shared: Shared) -> None:
    status, said = shared.gameday("halt", "--reason", "a hotfix goes out")
    assert status == 0, said
    assert "drills in namespace llm-research are halted" in said
    status, said = shared.gameday("run", "crash-loop-bad-config")
    assert status == 3
    assert "halted by" in said
    assert ": a hotfix goes out; 'gameday halt --lift' with the cluster's --kubeconfig and --context" in said
    assert "a hotfix goes out" in shared.gameday("status")[1]
    snapshot = shared.kube.snapshot()
    assert HALT not in snapshot["ConfigMap"]
    shared.kube.restore(snapshot)
    status, said = shared.gameday("halt", "--lift")
    assert (status, "a hotfix goes out" in said) == (0, True), "restoring a namespace lifts no halt"
    assert shared.gameday("halt", "--lift") == (0, "drills in namespace llm-research were not halted\n")


def test_a_config_map_by_kubectl_is_a_halt(shared: Shared) -> None:
    kubectl = [str(Path(sys.executable).with_name("kubectl")), "--kubeconfig", str(shared.kubeconfig)]
    subprocess.run([*kubectl, "create", "configmap", "gameday-halt", "-n", NS], timeout=30, check=True)
    with pytest.raises(halts.Halted, match=r"halted by somebody since 20.*: no reason was given"):
        halts.check_cluster(shared.kube)


def test_a_namespace_that_is_not_there_cannot_be_halted(shared: Shared) -> None:
    status, said = shared.gameday("halt", "--namespace", "nowhere")
    assert (status, "there is no namespace nowhere" in said) == (3, True)


def test_the_note_of_a_large_namespace_comes_in_pieces(shared: Shared) -> None:
    noise = random.Random(1).randbytes(1_600_000).hex()
    note = small_note({"ConfigMap": {"big": {"data": {"noise": noise}}}})
    unfinished.write(shared.kube, note)
    assert unfinished.read(shared.kube) == note
    names = [name for name in json.loads(all_secrets(shared)) if name.startswith(DRILL)]
    assert len(names) == 3
    with pytest.raises(NotPossible, match="holds the record of a drill that was not taken back"):
        unfinished.write(shared.kube, note)
    unfinished.remove(shared.kube, "another")
    assert unfinished.read(shared.kube) == note
    unfinished.remove(shared.kube, note.drill)
    assert not [name for name in json.loads(all_secrets(shared)) if name.startswith(DRILL)]


def all_secrets(shared: Shared) -> str:
    kubectl = [str(Path(sys.executable).with_name("kubectl")), "--kubeconfig", str(shared.kubeconfig)]
    done = subprocess.run(
        [*kubectl, "get", "secrets", "-n", NS, "-o", "jsonpath={.items[*].metadata.name}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.dumps(done.stdout.split())


def small_note(belongings: dict[str, dict[str, dict[str, object]]]) -> unfinished.Unfinished:
    return unfinished.Unfinished(
        drill="d-1",
        title="small",
        by="somebody",
        host="nowhere",
        mark="run-d",
        started_at="2026-01-01T00:00:00Z",
        clock=60.0,
        experiments=(),
        endpoints=(),
        variables={},
        database="/nowhere/scoring.db",
        belongings=belongings,
    )
