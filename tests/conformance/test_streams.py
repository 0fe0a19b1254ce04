"""kubectl's exec, attach, run, cp and port-forward, each on a real terminal where a person would have one."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import manifests
import pytest
from clusters import VENV_KUBECTL
from terminal import COLUMNS, ROWS, on_terminal
from waiting import until

from simulator.cluster.kubelet.sandbox import landlock

pytestmark = pytest.mark.conformance
WAIT_S = 20.0

TALKER = manifests.pod(
    "talker",
    terminationGracePeriodSeconds=1,
    volumes=[{"name": "settings", "configMap": {"name": "settings"}}],
    containers=[
        {
            "name": "main",
            "image": "busybox:1.36",
            "command": [
                "sh",
                "-c",
                "trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo line-$n; sleep 0.1; done",
            ],
            "env": [{"name": "WHO", "value": "main"}],
            "volumeMounts": [{"name": "settings", "mountPath": "/etc/app"}],
        },
        {
            "name": "listener",
            "image": "busybox",
            "command": ["sh"],
            "stdin": True,
            "tty": True,
            "env": [{"name": "WHO", "value": "listener"}],
        },
        {
            "name": "reader",
            "image": "busybox",
            "command": ["sh", "-c", "while read line; do echo heard $line; done; echo over; sleep 1000"],
            "stdin": True,
            "stdinOnce": True,
        },
    ],
)


@pytest.fixture(scope="module", autouse=True)
def talker(kubeconfig: Path, namespace: str) -> None:
    """A pod with a container that talks, one with a terminal, and one that reads."""
    command = [str(VENV_KUBECTL), "--kubeconfig", str(kubeconfig), "-n", namespace]
    subprocess.run([*command, "apply", "-f", "-"], input=json.dumps(TALKER).encode(), check=True, capture_output=True)
    ready = ["wait", "--for=condition=Ready", "pod/talker", f"--timeout={WAIT_S:g}s"]
    subprocess.run([*command, *ready], check=True, capture_output=True)


def run(kubectl, *arguments: str, stdin: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
    """As it is: exit code, output and errors."""
    command = kubectl.command(*arguments)
    return subprocess.run(command, input=stdin, capture_output=True, timeout=40, check=False)


def test_exec_has_the_container_s_environment_and_tells_its_outputs_and_its_exit_code_apart(kubectl) -> None:
    done = run(kubectl, "exec", "talker", "--", "sh", "-c", "echo $WHO; echo no >&2; exit 3")
    assert (done.returncode, done.stdout) == (3, b"main\n")
    assert b"no\n" in done.stderr
    assert b"command terminated with exit code 3" in done.stderr
    assert kubectl("exec", "talker", "-c", "listener", "--", "sh", "-c", "echo $WHO") == "listener\n"
    assert kubectl("exec", "deployment/web", "--", "sh", "-c", "echo $POD_IP").count(".") == 3


def test_exec_hands_standard_input_on_to_its_end(kubectl) -> None:
    data = os.urandom(2_000_000)
    done = run(kubectl, "exec", "-i", "talker", "-c", "main", "--", "cat", stdin=data)
    assert (done.returncode, done.stdout) == (0, data)


def test_exec_without_i_has_an_empty_standard_input(kubectl) -> None:
    assert run(kubectl, "exec", "talker", "-c", "main", "--", "cat", stdin=b"unheard").stdout == b""


def test_a_lot_of_output_arrives_whole_and_in_order(kubectl) -> None:
    script = "i=0; while [ $i -lt 200000 ]; do echo line $i; i=$((i+1)); done"
    done = run(kubectl, "exec", "talker", "-c", "main", "--", "sh", "-c", script)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"line {n}".encode() for n in range(200_000)]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("nope", 'exec: "nope": executable file not found in $PATH'),
        ("/nope", 'exec: "/nope": stat /nope: no such file or directory'),
        ("/etc/passwd", 'exec: "/etc/passwd": permission denied'),
    ],
)
def test_a_program_that_is_not_there_is_told_in_the_runtime_s_words(kubectl, program: str, words: str) -> None:
    done = run(kubectl, "exec", "talker", "-c", "main", "--", program)
    assert done.returncode == 1
    told = done.stderr.decode()
    assert "OCI runtime exec failed: exec failed: unable to start container process: " + words in told


def test_the_shell_s_own_codes_are_kept(kubectl) -> None:
    for script, code in (("nope", 127), ("/etc/passwd", 126), ("kill -9 $$", 137)):
        assert run(kubectl, "exec", "talker", "-c", "main", "--", "sh", "-c", script).returncode == code


def test_what_is_not_there_cannot_be_entered(kubectl) -> None:
    assert 'pods "nobody" not found' in kubectl("exec", "nobody", "--", "ls", ok=False)
    assert "container nobody is not valid for pod talker" in kubectl(
        "exec", "talker", "-c", "nobody", "--", "ls", ok=False
    )


def test_a_shell_on_a_terminal_has_its_size_and_ctrl_c_and_its_exit_code(kubectl) -> None:
    with on_terminal(kubectl.command("exec", "-it", "talker", "-c", "main", "--", "sh")) as terminal:
        terminal.expect("# ")
        terminal.type("stty size; echo $TERM\n")
        terminal.expect(f"{ROWS} {COLUMNS}")
        terminal.expect("xterm")
        terminal.resize(70, 20)
        terminal.type("until [ \"$(stty size)\" = '20 70' ]; do sleep 0.1; done; echo resized-$((1+1))\n")
        terminal.expect("resized-2")
        terminal.type("sh -c 'echo started-$((1+1)); exec sleep 1000'\n")
        terminal.expect("started-2")
        terminal.type("\x03")
        terminal.expect("^C")
        terminal.type("exit 5\n")
        code, shown = terminal.end()
    assert code == 5
    assert "command terminated with exit code 5" in shown


def test_run_it_gives_a_shell_and_takes_the_pod_away_again(kubectl) -> None:
    command = kubectl.command("run", "--rm", "-it", "debug", "--image=busybox", "--restart=Never", "--", "sh")
    with on_terminal(command) as terminal:
        terminal.expect("If you don't see a command prompt")
        terminal.type("echo seen-$((1+1))\n")
        terminal.expect("seen-2")
        terminal.type("exit 4\n")
        code, shown = terminal.end()
    assert 'pod "debug" deleted' in shown
    assert code == 4
    assert "not found" in kubectl("get", "pod", "debug", ok=False)


def test_run_i_hands_on_what_is_piped_in(kubectl) -> None:
    script = "read line; echo got $line; exit 3"
    arguments = ("run", "--rm", "-i", "once", "--image=busybox:stable", "--restart=Never", "--", "sh", "-c", script)
    done = run(kubectl, *arguments, stdin=b"hello\n")
    assert done.returncode == 3
    assert b"got hello\n" in done.stdout


def test_attach_joins_what_is_said_from_now_on(kubectl) -> None:
    until(lambda: int(_last(kubectl("logs", "talker", "-c", "main"))) > 10, WAIT_S, what="ten lines")
    first = kubectl.until("line-", "attach", "talker", "-c", "main").splitlines()[0]
    assert int(_last(first)) > 10


def test_attach_it_holds_a_container_s_own_terminal(kubectl) -> None:
    with on_terminal(kubectl.command("attach", "-it", "talker", "-c", "listener")) as terminal:
        terminal.expect("prompt")
        told = f"until stty size | grep -q '^{ROWS} .'; do sleep 0.1; done"  # the size follows the prompt
        terminal.type(f"{told}; stty size; echo $WHO-$((1+1))\n")
        terminal.expect(f"{ROWS} {COLUMNS}")
        terminal.expect("listener-2")
    assert "listener-2" in kubectl("logs", "talker", "-c", "listener")
    assert _restarts(kubectl, "listener") == 0


def test_attach_i_is_heard_and_ends_an_input_that_is_for_one_client(kubectl) -> None:
    log = ("logs", "talker", "-c", "reader")
    if "over" not in kubectl(*log):
        client = subprocess.Popen(
            kubectl.command("attach", "-i", "talker", "-c", "reader"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        client.stdin.write(b"one\ntwo\n")
        client.stdin.close()
        until(lambda: kubectl(*log).splitlines() == ["heard one", "heard two", "over"], WAIT_S, what="the end of input")
        client.kill()
        client.wait()


def _last(log: str) -> str:
    return log.rstrip("\n").rpartition("-")[2]


def _restarts(kubectl, container: str) -> int:
    path = f'{{.status.containerStatuses[?(@.name=="{container}")].restartCount}}'
    return int(kubectl("get", "pod", "talker", "-o", f"jsonpath={path}"))


def test_files_and_folders_are_copied_both_ways(kubectl, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    (tmp_path / "to" / "sub").mkdir(parents=True)
    (tmp_path / "to" / "sub" / "file").write_bytes(data)
    kubectl("cp", str(tmp_path / "to" / "sub" / "file"), "talker:/tmp/file", "-c", "main")
    kubectl("cp", "talker:/tmp/file", str(tmp_path / "file"), "-c", "main")
    assert (tmp_path / "file").read_bytes() == data
    folder = f"/tmp/folder-{time.monotonic_ns()}"
    kubectl("cp", str(tmp_path / "to"), f"talker:{folder}", "-c", "main")
    kubectl("cp", f"talker:{folder}", str(tmp_path / "from"), "-c", "main")
    assert (tmp_path / "from" / "sub" / "file").read_bytes() == data
    assert kubectl("exec", "talker", "-c", "main", "--", "ls", folder) == "sub\n"


def test_a_mounted_volume_is_seen_and_copied_as_a_folder(kubectl, tmp_path: Path) -> None:
    assert kubectl("exec", "talker", "-c", "main", "--", "cat", "/etc/app/colour") == "blue"
    kubectl("cp", "talker:/etc/app/colour", str(tmp_path / "colour"), "-c", "main")
    assert (tmp_path / "colour").read_text() == "blue"


@contextmanager
def forwarded(kubectl, *arguments: str) -> Iterator[tuple[list[int], Path]]:
    """`kubectl port-forward` with free local ports, as it said; and where it writes."""
    process = subprocess.Popen(
        kubectl.command("port-forward", *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        ports: list[int] = []
        for line in process.stdout:
            found = re.match(r"Forwarding from 127\.0\.0\.1:(\d+) -> ", line)
            if found:
                ports.append(int(found[1]))
            if len(ports) == len(arguments) - 1:
                break
        yield ports, process.stdout  # type: ignore[misc]
    finally:
        process.kill()
        process.wait()


def _get(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("target", ["svc/web", "deployment/web"])
def test_a_port_is_forwarded_for_many_connections_at_once(kubectl, target: str) -> None:
    port = "80" if target == "svc/web" else "8080"
    with forwarded(kubectl, target, f":{port}") as (ports, _):
        waiting = [socket.create_connection(("127.0.0.1", ports[0]), timeout=10) for _ in range(10)]
        assert [_get(ports[0]) for _ in range(10)] == [b"hello from pod"] * 10
        for connection in waiting:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        for connection in waiting:
            assert b"".join(iter(lambda c=connection: c.recv(65536), b"")).endswith(b"hello from pod")
            connection.close()


def test_a_port_where_nothing_listens_is_told_in_the_runtime_s_words(kubectl) -> None:
    with forwarded(kubectl, "deployment/web", ":8080", ":9999") as (ports, output):
        assert _get(ports[0]) == b"hello from pod"
        with socket.create_connection(("127.0.0.1", ports[1]), timeout=10) as connection:
            assert connection.recv(100) == b""
        told = ""
        while "connection refused" not in told:
            line = output.readline()  # type: ignore[attr-defined]
            assert line, told
            told += line
    assert "error forwarding port 9999 to pod" in told
    assert "connect: connection refused" in told


@pytest.mark.embedded
def test_debug_is_refused_since_there_are_no_ephemeral_containers(kubectl) -> None:
    told = kubectl("debug", "talker", "--image=busybox", ok=False)
    assert "could not find the requested resource" in told or "ephemeral containers are disabled" in told


@pytest.mark.embedded
def test_what_a_gone_client_ran_ends_where_it_would_on_a_real_node(kubectl) -> None:
    """Endless output has nobody to take it, a reader's input is over, and a terminal is hung up."""
    cases = ((), "yes"), (("-i",), "cat; exec sleep 0"), (("-it",), "sleep 1000")
    for flags, script in cases:
        label = f"gone-{time.monotonic_ns()}"
        command = kubectl.command("exec", *flags, "talker", "-c", "main", "--", "sh", "-c", f": {label}; {script}")
        if "-it" in flags:
            with on_terminal(command):
                until(lambda name=label: _running(name, besides="kubectl"), WAIT_S, what="it runs")
        else:
            client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            until(lambda name=label: _running(name, besides="kubectl"), WAIT_S, what="it runs")
            client.send_signal(signal.SIGKILL)
            client.communicate()
        until(lambda name=label: not _running(name, besides="kubectl"), WAIT_S, what=f"the end of: {script}")


@pytest.mark.embedded
def test_what_runs_in_a_container_ends_with_it(kubectl) -> None:
    kubectl("run", "short", "--image=busybox", "--restart=Never", "--", "sleep", "1000")
    kubectl("wait", "--for=condition=Ready", "pod/short", f"--timeout={WAIT_S:g}s")
    label = f"within-{time.monotonic_ns()}"
    script = f": {label}; trap '' TERM HUP; setsid sh -c ': {label}; sleep 1000' & while :; do sleep 1; done"
    client = subprocess.Popen(kubectl.command("exec", "short", "--", "sh", "-c", script), stderr=subprocess.PIPE)
    until(lambda: len(_running(label, besides="kubectl")) >= 2, WAIT_S, what="it runs")
    kubectl("delete", "pod", "short", "--grace-period=1")
    _, told = client.communicate(timeout=WAIT_S)
    assert client.returncode == 137, told
    until(lambda: not _running(label, besides="kubectl"), WAIT_S, what="nothing is left")


@pytest.mark.embedded
def test_memory_of_what_a_client_runs_is_the_container_s(kubectl) -> None:
    pod = manifests.pod(
        "small",
        restartPolicy="Never",
        containers=[
            {
                "name": "main",
                "image": "python:3",
                "command": ["sleep", "1000"],
                "resources": {"limits": {"memory": "64Mi"}},
            }
        ],
    )
    kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    kubectl("wait", "--for=condition=Ready", "pod/small", f"--timeout={WAIT_S:g}s")
    hog = "x = bytearray(128 << 20); import time; time.sleep(1000)"
    assert run(kubectl, "exec", "small", "--", "python3", "-c", hog).returncode == 137
    reason = "jsonpath={.status.containerStatuses[0].state.terminated.reason}"
    until(lambda: kubectl("get", "pod", "small", "-o", reason) == "OOMKilled", WAIT_S, what="OOMKilled")
    kubectl("delete", "pod", "small", "--now")


@pytest.mark.embedded
def test_a_daemon_that_a_client_started_leaves_no_zombie(kubectl, kubeconfig: Path) -> None:
    server = (kubeconfig.parent / "lock").read_text()
    kubectl("exec", "talker", "-c", "main", "--", "sh", "-c", "setsid sleep 0.3 > /dev/null 2>&1 &")

    def zombies() -> list[str]:
        stats = subprocess.run(["ps", "-o", "stat=", "--ppid", server], capture_output=True, text=True, check=False)
        return [line for line in stats.stdout.splitlines() if line.startswith("Z")]

    until(zombies, WAIT_S, what="it ended")
    until(lambda: not zombies(), WAIT_S, what="it is reaped")


def _running(label: str, *, besides: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if any(label in word for word in words) and besides not in words[0]:
                found.append(int(entry.name))
    return found


@pytest.mark.embedded
def test_streams_are_in_the_audit_log_as_they_begin(kubectl, kubeconfig: Path) -> None:
    kubectl("exec", "talker", "-c", "main", "--", "true")
    lines = [json.loads(line) for line in (kubeconfig.parent / "audit.jsonl").read_text().splitlines()]
    told = [line for line in lines if "/pods/talker/exec?" in line["path"] and "command=true" in line["path"]]
    assert told
    assert {(line["verb"], line["code"]) for line in told} == {("create", 101)}


@pytest.mark.embedded
@pytest.mark.skipif(landlock.version() < 6, reason="the kernel does not bound signals")
def test_no_signal_leaves_a_pod(kubectl) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        assert "not permitted" in kubectl("exec", "talker", "--", "sh", "-c", f"kill {stranger.pid}", ok=False)
        assert stranger.poll() is None
        stranger.kill()
