"""`serve` as a program and as a person start it: real processes, from their first line to their clean end."""

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.parts
ROLES = {"facilitator", "responder", "observer", "ingest"}
SERVE = [sys.executable, "-m", "scoring", "serve", "--listen", "127.0.0.1:0"]


@dataclass
class Started:
    """A service by a program that reads its line, one by a program that ends it at once, and one by a person."""

    folder: Path
    read: "subprocess.Popen[str]"
    hasty: "subprocess.Popen[str]"
    person: "subprocess.Popen[bytes]"
    terminal: int


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """All at once, as each takes a second to start."""
    folder = tmp_path_factory.mktemp("served")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GAMEDAY_")}
    env = {**clean, "GAMEDAY_INGEST_TOKEN": "given-token"}
    for name in ("read", "hasty", "person"):
        (folder / name).mkdir()

    def start(name: str, *arguments: str) -> "subprocess.Popen[str]":
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([*SERVE, *arguments], cwd=folder / name, env=env, text=True, **pipes)

    ours, theirs = pty.openpty()
    person = subprocess.Popen(SERVE, cwd=folder / "person", env=clean, preexec_fn=lambda: os.login_tty(theirs))
    os.close(theirs)
    all_ = Started(folder, start("read", "--database", "drills.db"), start("hasty", "--no-sign-in"), person, ours)
    yield all_
    for process in (all_.read, all_.hasty, all_.person):
        process.kill()
        process.communicate()
    os.close(ours)


def test_a_signal_in_the_very_first_moment_ends_it_too_and_no_secret_was_shown(started: Started) -> None:
    assert started.hasty.stdout is not None
    told = json.loads(started.hasty.stdout.readline())
    started.hasty.send_signal(signal.SIGINT)
    assert started.hasty.wait(timeout=10) == 0
    assert told.keys() == {"url"}


def test_a_program_reads_one_line_and_a_signal_ends_it_cleanly(started: Started) -> None:
    process, folder = started.read, started.folder / "read"
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["tokens"].keys() == ROLES - {"ingest"}
    with httpx.Client(base_url=told["url"], trust_env=False) as client:
        for token in ("given-token", *told["tokens"].values()):
            assert client.get("/api/v1/drills", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert client.get("/api/v1/drills").status_code == 401
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
    assert sorted(path.name for path in folder.iterdir()) == ["drills.db", "signing-key.pem"]
    with sqlite3.connect(folder / "drills.db") as database:
        assert database.execute("SELECT count(*) FROM drill").fetchone() == (0,)
    database.close()


def test_a_person_signs_in_by_a_link_that_works_once_and_ends_it_with_ctrl_c(started: Started) -> None:
    said = b""
    while b"gameday tokens new" not in said:
        said += os.read(started.terminal, 4096)
    link = next(word for word in said.decode().split() if "/sign-in?code=" in word)
    assert [httpx.get(link, trust_env=False).status_code for _ in range(2)] == [200, 401]
    assert (started.folder / "person" / ".gameday" / "scoring.db").is_file()
    os.write(started.terminal, b"\x03")
    assert started.person.wait(timeout=10) == 0
    assert b"Traceback" not in os.read(started.terminal, 4096)


def test_what_keeps_it_from_starting_is_one_line_and_exit_2(folder: Path, scoring: Run) -> None:
    (folder / "folder.db").mkdir()
    Path("garbage.db").write_bytes(b"this is no database at all" * 100)
    for arguments, said in (
        (["--listen", "0.0.0.0:0"], "--allow-remote"),
        (["--listen", "nowhere"], "give HOST:PORT"),
        (["--database", "folder.db"], "cannot be written"),
        (["--database", "garbage.db"], "no SQLite database"),
        (["--database", "mysql://x/y"], "is none that scoring knows"),
        (["--notify", "nowhere.yaml"], "nowhere.yaml"),
    ):
        status, out, err = scoring("serve", "--listen", "127.0.0.1:0", *arguments)
        assert (status, out, err.count("\n")) == (2, "", 1), err
        assert said in err


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_key_that_others_may_read_is_not_used(mode: int, folder: Path, scoring: Run) -> None:
    key = folder / "signing-key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    key.chmod(mode)
    status, _, err = scoring("serve", "--listen", "127.0.0.1:0", "--database", "x.db")
    assert (status, "chmod 600" in err) == (2, True)
