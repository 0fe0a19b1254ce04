"""The same commands on the embedded cluster and on a real one: output differs in names, addresses and times only."""

import difflib
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from clusters import REAL, START_S, VENV_KUBECTL, embedded
from conformance.normalised import normalised

COMMANDS = yaml.safe_load(Path(__file__).with_name("same_output.yaml").read_text())


@dataclass(frozen=True)
class Side:
    """One of the two clusters."""

    kubeconfig: Path
    nodes: tuple[str, ...] = ()

    def says(self, command: str, stdin: str = "") -> str:
        """Exit status and output of a kubectl command line, normalised."""
        line = f"{VENV_KUBECTL} --kubeconfig {self.kubeconfig} -n same {command}"
        done = subprocess.run(
            line, shell=True, input=stdin, capture_output=True, text=True, timeout=2 * START_S, check=False
        )
        return f"exit {done.returncode}\n" + normalised(done.stdout + done.stderr, *self.nodes)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """The embedded cluster and the real one, with the manifest of the table in each."""
    with embedded(tmp_path_factory.mktemp("same")) as kubeconfig:
        both = [Side(kubeconfig), Side(Path(REAL))]
        named = tuple(Side(side.kubeconfig, _nodes(side)) for side in both)
        for side in named:
            side.says("create namespace same")
            said = side.says(
                "apply -f -", json.dumps({"kind": "List", "apiVersion": "v1", "items": COMMANDS["manifest"]})
            )
            assert said.startswith("exit 0"), said
            for wait in COMMANDS["waits"]:
                assert side.says(f"{wait} --timeout={START_S:g}s").startswith("exit 0"), wait
        yield named[0], named[1]
        for side in named:
            side.says("delete namespace same --wait=false")


def _nodes(side: Side) -> tuple[str, ...]:
    return tuple(re.findall(r"node/(\S+)", side.says("get nodes -o name")))


@pytest.mark.conformance
@pytest.mark.real
@pytest.mark.parametrize("command", COMMANDS["commands"])
def test_both_say_the_same(sides, command) -> None:
    ours, theirs = (side.says(command) for side in sides)
    difference = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "real", "embedded", lineterm="")
    assert ours == theirs, "\n".join(difference)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("web-6d4cf56db6-x2x4l   1/1   Running   0   3m5s", "web-7b9f8c5d4c-bbbbb  1/1  Running  0  12s"),
        ("IP:  10.244.0.7", "IP: 127.13.1.4"),
        ("Start Time: Sat, 28 Nov 2026 16:31:16 +0000", "Start Time: Sun, 29 Nov 2026 06:01:06 +0000"),
        ("created at 2026-11-28T16:31:16Z", "created at 2027-01-01T00:00:00Z"),
        ("Back-off (x3 over 20s)", "Back-off (x12 over 3m)"),
    ],
)
def test_what_two_clusters_cannot_share_is_taken_out(one, other) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("web   1/1   Running", "web   0/1   Running"),
        ("ReplicaSet/web", "StatefulSet/web"),
        ("memory: 1Gi", "memory: 2Gi"),
    ],
)
def test_what_they_must_share_stays(one, other) -> None:
    assert normalised(one) != normalised(other)
