"""Absolute paths in a command that a client runs in a container."""

import subprocess
from pathlib import Path

import pytest

from simulator.cluster.kubelet.streams import pod_paths


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for folder in ("etc/app", "tmp", "work"):
        (root / folder).mkdir(parents=True)
    (tmp_path / "volume").mkdir()
    (root / "data").symlink_to(tmp_path / "volume")
    (root / "etc/app/run.sh").touch()
    return root


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["cat", "/etc/app/run.sh"], ["cat", "etc/app/run.sh"]),
        (["/etc/app/run.sh", "x"], ["etc/app/run.sh", "x"]),
        (["cat", "/etc/passwd"], ["cat", "/etc/passwd"]),
        (["ls", "/"], ["ls", "/"]),
        (["cat", "/etc/app/../../etc/app/run.sh"], ["cat", "etc/app/run.sh"]),
        (["cat", "/../../etc/app"], ["cat", "etc/app"]),
        (["sh", "-c", "cat /etc/app/run.sh"], ["sh", "-c", "cat /etc/app/run.sh"]),
        (["test", "-d", "/tmp"], ["test", "-d", "tmp"]),
        (["tar", "cf", "-", "/tmp/x"], ["tar", "cf", "-", "tmp/x"]),
        (["tar", "cf", "-", "/etc/passwd"], ["tar", "cf", "-", "/etc/passwd"]),
        (["tar", "cf", "-", "/data"], ["tar", "cf", "-", "data", "--dereference"]),
        (["tar", "-xmf", "-", "-C", "/tmp"], ["tar", "-xmf", "-", "-C", "tmp"]),
        (["tar", "-xmf", "-", "-C", "/nowhere/at/all"], ["tar", "-xmf", "-", "-C", "nowhere/at/all"]),
    ],
)
def test_a_word_is_looked_for_in_the_pod_and_then_in_the_image(root: Path, command: list[str], told: list[str]) -> None:
    assert pod_paths.inside(command, root, root) == told


def test_it_is_told_from_the_working_folder(root: Path) -> None:
    assert pod_paths.inside(["cat", "/etc/app/run.sh"], root, root / "work") == ["cat", "../etc/app/run.sh"]


def test_what_is_copied_to_a_folder_of_the_image_goes_to_the_pod(root: Path) -> None:
    told = pod_paths.inside(["tar", "-xmf", "-", "-C", "/usr/lib"], root, root)
    assert told[3:] == ["usr/lib", "tar", "-xmf", "-", "-C", "usr/lib"]
    subprocess.run([*told[:4], "true"], cwd=root, check=True)
    assert (root / "usr/lib").is_dir()
