"""What refuses to run as root runs as nobody, and still reaches what only root may enter."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cluster.kubelet.images.unprivileged import as_unprivileged

LOOK = """
import os, sys
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(os.geteuid(), os.access(sys.argv[1], os.X_OK), open(sys.argv[1]).read() == "x", int(status["CapEff"], 16))
"""
DAC_OVERRIDE = 1 << 1


@pytest.mark.skipif(os.geteuid() != 0, reason="without root it runs as we do")
def test_under_root_it_reaches_a_folder_that_only_root_may_enter_and_can_do_no_more(tmp_path: Path) -> None:
    """By opening files and by access(2) alike: PostgreSQL looks for its programs by the latter."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    program = private / "program"
    program.write_text("x")
    program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(program)],
        preexec_fn=as_unprivileged(signal.SIGKILL),
        capture_output=True,
        text=True,
        check=True,
    )
    euid, may_execute, can_read, capabilities = done.stdout.split()
    assert int(euid) != 0
    assert (may_execute, can_read) == ("True", "True")
    assert int(capabilities) == DAC_OVERRIDE
