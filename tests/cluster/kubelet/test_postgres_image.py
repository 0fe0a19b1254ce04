"""The image `postgres:18`: initialised once, quick to be ready, quick to end, nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import psycopg
import pytest

from simulator.cluster.addresses import Subnet
from simulator.processes import die_with_parent, find_marked, marked

pytestmark = pytest.mark.parts


@pytest.fixture
def start(tmp_path):
    """Starts the image on an address; everything started is ended afterwards."""
    running = []

    def begin(address, name="pod", *arguments, **env):
        root = tmp_path / name
        (root / "docker-entrypoint-initdb.d").mkdir(parents=True, exist_ok=True)
        settings = {"POSTGRES_PASSWORD": "secret", "POSTGRES_DB": "shop", "GAMEDAY_POD_ROOT": str(root)}
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator.cluster.kubelet.images.postgres", *arguments],
            env=marked(f"pg-{os.getpid()}-{name}", {**os.environ, **settings, "POD_IP": address, **env}),
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


@pytest.fixture
def addresses():
    """Addresses that no other run on this machine has."""
    subnet = Subnet.choose()
    yield [f"127.{subnet.number}.1.{number}" for number in (1, 2)]
    subnet.close()


def _url(address, database="shop"):
    return f"postgresql://postgres:secret@{address}/{database}"


def _await(condition, limit_s=20.0):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _accepts(address):
    with suppress(psycopg.OperationalError), psycopg.connect(_url(address), connect_timeout=2):
        return True
    return False


def _ask(address, question):
    with psycopg.connect(_url(address)) as connection:
        return connection.execute(question).fetchone()[0]


def test_scripts_run_once_in_order_and_data_outlive_the_process(start, addresses, tmp_path):
    scripts = tmp_path / "pod" / "docker-entrypoint-initdb.d"
    scripts.mkdir(parents=True)
    (scripts / "2-rows.sql").write_text("\\getenv word WORD\nINSERT INTO words VALUES (:'word');")
    (scripts / "1-table.sql").write_text("CREATE TABLE words (word text);")
    address = addresses[0]
    first = start(address, "pod", "postgres", "-c", "max_connections=17", WORD="hello")
    _await(lambda: _accepts(address))
    assert _ask(address, "SELECT word FROM words") == "hello"
    assert _ask(address, "SHOW max_connections") == "17"
    with psycopg.connect(_url(address)) as idle:
        idle.execute("INSERT INTO words VALUES ('again')")
        idle.commit()
        began = time.monotonic()
        first.send_signal(signal.SIGTERM)  # an idle session does not hold it up
        assert first.wait(10) == 0
        assert time.monotonic() - began < 5
    start(address)
    _await(lambda: _accepts(address))
    assert _ask(address, "SELECT count(*) FROM words") == 2


def test_servers_stand_side_by_side(start, addresses):
    for number, address in enumerate(addresses):
        start(address, f"pod-{number}")
    for address in addresses:
        _await(lambda address=address: _accepts(address))
    assert len({_ask(a, "SELECT system_identifier FROM pg_control_system()") for a in addresses}) == 2


def test_a_killed_parent_takes_the_server_along(start, addresses):
    address = addresses[0]
    process = start(address)
    _await(lambda: _accepts(address))
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) > 5
    process.kill()
    _await(lambda: not any(_lives(p) for p in family))
    assert not find_marked(f"pg-{os.getpid()}-pod")


def _lives(process):
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def test_without_a_password_it_says_so_and_ends(start, addresses):
    process = start(addresses[0], POSTGRES_PASSWORD="")
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert said.decode().strip() == "FATAL: the variable POSTGRES_PASSWORD is not set; the superuser needs a password"
