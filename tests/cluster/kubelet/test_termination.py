"""The message that a container leaves."""

from pathlib import Path

from simulator.cluster.kubelet import termination

LOG = "2026-01-01T00:00:00.000000000Z stderr F it broke\n"


def test_what_was_written_to_the_path_is_the_message(tmp_path: Path) -> None:
    container = {"terminationMessagePath": "/dev/termination-log"}
    termination.clear(container, tmp_path)
    assert termination.message(container, tmp_path, tmp_path / "log", 1) == ""
    (tmp_path / "dev" / "termination-log").write_text("the disk is full" * 1000)
    assert termination.message(container, tmp_path, tmp_path / "log", 0).startswith("the disk is full")
    assert len(termination.message(container, tmp_path, tmp_path / "log", 0)) == termination.LONGEST
    termination.clear(container, tmp_path)
    assert termination.message(container, tmp_path, tmp_path / "log", 0) == ""


def test_the_log_speaks_for_a_container_that_asked_for_it_and_failed(tmp_path: Path) -> None:
    (tmp_path / "0.log").write_text(LOG)
    container = {"terminationMessagePolicy": "FallbackToLogsOnError"}
    assert termination.message(container, tmp_path, tmp_path / "0.log", 1) == "it broke"
    assert termination.message(container, tmp_path, tmp_path / "0.log", 0) == ""
    assert termination.message({}, tmp_path, tmp_path / "0.log", 1) == ""


def test_no_link_leads_out_of_the_pod(tmp_path: Path) -> None:
    secret = tmp_path / "kubeconfig"
    secret.write_text("token")
    root = tmp_path / "root"
    (root / "dev").mkdir(parents=True)
    (root / "dev" / "termination-log").symlink_to(secret)
    (root / "out").symlink_to(tmp_path)
    assert termination.message({}, root, root / "log", 1) == ""
    assert termination.message({"terminationMessagePath": "/out/kubeconfig"}, root, root / "log", 1) == ""
    assert termination.message({"terminationMessagePath": "/../kubeconfig"}, root, root / "log", 1) == ""
