"""The image `valkey/valkey:9`: a server on the pod's address with the container's words, and its client."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import until

from simulator.cluster.addresses import Subnet
from simulator.cluster.kubelet.images.valkey.client import ErrorReply, Status, told
from simulator.cluster.kubelet.images.valkey.server import PROGRAMS
from simulator.processes import die_with_parent

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.parts


@pytest.fixture
def address() -> Iterator[str]:
    """One that no other run on this machine has."""
    subnet = Subnet.choose()
    yield f"127.{subnet.number}.1.1"
    subnet.close()


@pytest.fixture
def start(tmp_path: Path, address: str) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts the image with a container's arguments; everything started is ended afterwards."""
    running = []
    env = {**os.environ, "GAMEDAY_POD_ROOT": str(tmp_path), "GAMEDAY_POD_IP": address}

    def begin(*arguments: str, **more: str) -> "subprocess.Popen[bytes]":
        module = [sys.executable, "-m", "simulator.cluster.kubelet.images.valkey.server"]
        process = subprocess.Popen([*module, *arguments], env={**env, **more}, preexec_fn=die_with_parent, cwd=tmp_path)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def cli(address: str) -> Cli:
    """The client on a pipe, and what it printed."""

    def call(*arguments: str, stdin: str = "", program: str = "valkey-cli") -> "subprocess.CompletedProcess[str]":
        command = [str(PROGRAMS / program), "-h", address, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20)

    return call


def _await(cli: Cli) -> None:
    until(lambda: cli("ping").stdout == "PONG\n")


@pytest.mark.parametrize("arguments", [["valkey-server", "--maxmemory", "64mb"], ["--maxmemory", "64mb"]])
def test_a_container_s_words_are_the_server_s_with_its_name_or_without(start, cli, arguments) -> None:
    start(*arguments)
    _await(cli)
    assert cli("config", "get", "maxmemory").stdout == "maxmemory\n67108864\n"


def test_a_mounted_file_configures_it_and_data_outlive_the_process(start, cli, tmp_path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "valkey.conf").write_text("appendonly yes\nmaxmemory-policy allkeys-lru\nprotected-mode yes\n")
    first = start("/etc/valkey.conf")
    _await(cli)
    assert cli("config", "get", "maxmemory-policy").stdout.endswith("allkeys-lru\n")
    assert cli("config", "get", "protected-mode").stdout.endswith("yes\n")
    assert cli("set", "kept", "yes").stdout == "OK\n"
    first.terminate()
    assert first.wait(20) == 0
    assert (tmp_path / "data" / "appendonlydir").is_dir()
    start("/etc/valkey.conf")
    _await(cli)
    assert cli("get", "kept").stdout == "yes\n"


def test_the_image_runs_other_programs_too(start) -> None:
    assert start("sh", "-c", "exit 3").wait(20) == 3
    assert start("no-such-program").wait(20) == 127


def test_the_client_prints_values_alone_on_a_pipe_and_with_types_on_demand(start, cli) -> None:
    start()
    _await(cli)
    cli("rpush", "list", "a", "b")
    assert cli("lrange", "list", "0", "-1").stdout == "a\nb\n"
    assert cli("--no-raw", "lrange", "list", "0", "-1").stdout == '1) "a"\n2) "b"\n'
    assert "used_memory_human:" in cli("--no-raw", "info", "memory").stdout
    assert cli("get", "nothing").stdout == "\n"


def test_an_error_reply_is_a_failure_only_when_asked_for(start, cli) -> None:
    start("--requirepass", "secret")
    until(lambda: "NOAUTH" in cli("ping").stdout)
    assert cli("ping").returncode == 0
    assert cli("-e", "ping").returncode == 1
    assert cli("-a", "secret", "--no-auth-warning", "ping").stdout == "PONG\n"


def test_keys_are_listed_lines_are_commands_and_the_last_word_may_come_by_a_pipe(start, cli, address) -> None:
    start()
    _await(cli)
    assert cli("-n", "2", "-x", "set", "note", stdin="two\nlines").stdout == "OK\n"
    assert cli("-u", f"valkey://{address}:6379/2", "get", "note").stdout == "two\nlines\n"
    lines = "".join(f"set key:{n} {n}\n" for n in range(30))
    assert cli(stdin=lines + "dbsize\n").stdout == "OK\n" * 30 + "30\n"
    assert sorted(cli("--scan", "--pattern", "key:1?").stdout.split()) == [f"key:{n}" for n in range(10, 20)]
    assert cli("flushall", "async", program="redis-cli").stdout == "OK\n"
    assert cli("dbsize").stdout == "0\n"


def test_a_server_that_is_not_there_is_named(cli, address) -> None:
    done = cli("ping")
    assert done.returncode == 1
    assert done.stderr == f"Could not connect to Valkey at {address}:6379: Connection refused\n"


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (None, "(nil)\n"),
        (7, "(integer) 7\n"),
        (Status(b"OK"), "OK\n"),
        (ErrorReply(b"OOM command not allowed"), "(error) OOM command not allowed\n"),
        (b'say "hi"\r\n\x00', '"say \\"hi\\"\\r\\n\\x00"\n'),
        ([], "(empty array)\n"),
        ([b"a", [1, 2]], '1) "a"\n2) 1) (integer) 1\n   2) (integer) 2\n'),
        ([1] * 10, "".join(f"{n:>2}) (integer) 1\n" for n in range(1, 11))),
    ],
)
def test_a_terminal_shows_replies_as_valkey_cli_does(reply, shown) -> None:
    assert told(reply) == shown
