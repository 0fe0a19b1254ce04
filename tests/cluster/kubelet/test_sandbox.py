"""A pod's sandbox on this machine's kernel: whose address connections carry, where they go, what is seen."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stories import connected, container_status, launched, one_pod, stop
from waiting import until

from simulator.cluster.kubelet.sandbox import capabilities, landlock, trial
from simulator.cluster.kubelet.sandbox.black_hole import BlackHole
from simulator.cluster.kubelet.sandbox.confinement import Confinement
from simulator.cluster.kubelet.sandbox.gate import Fate, Flow, Gate, straight
from simulator.cluster.kubelet.sandbox.sandbox import Sandbox
from simulator.cluster.kubelet.sandbox.seccomp import Filter

pytestmark = pytest.mark.skipif(trial.why_not() is not None, reason="the kernel lets no pod be gated")

POD, PEER, SERVICE = "127.8.1.1", "127.8.1.2", "127.8.128.1"
FATES = {81: Fate.DROPPED, 82: Fate.REFUSED}

Run = Callable[..., str]


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((PEER, 0)) as listening:
        listening.settimeout(10)
        yield listening


@pytest.fixture
def run(server: socket.socket, tmp_path: Path) -> Iterator[Run]:
    """Runs a program in a pod's sandbox to its end: what it printed. `SERVICE` stands for the server's address."""
    place = server.getsockname()
    own = tmp_path / "pods" / "own"
    for name in ("root", "volumes", "logs"):
        (own / name).mkdir(parents=True)
    (tmp_path / "kubeconfig").write_text("token")

    def route(flow: Flow) -> tuple[str, int] | Fate:
        assert flow.source == POD
        if flow.address == SERVICE:
            return FATES.get(flow.port, place)
        return flow.address, flow.port

    hole = BlackHole("127.8.0.1")
    gate = Gate(route, hole)
    gate.start()
    sandbox = Sandbox(Confinement(gate, Filter(), tmp_path, capabilities.excess()), POD)
    sandbox.open(readable=[own / "root", own / "volumes"], writable=[own / "root"])

    def start(*argv: str) -> str:
        env = {**os.environ, "PORT": str(place[1]), "STATE": str(tmp_path)}
        with sandbox.entered() as prepare:
            process = subprocess.Popen(argv, preexec_fn=prepare, stdout=subprocess.PIPE, text=True, env=env)
        out, _ = process.communicate(timeout=20)
        return out.strip()

    try:
        yield start
    finally:
        sandbox.close()
        gate.close()
        hole.close()


def python(run: Run, program: str) -> str:
    head = "import errno, json, os, select, signal, socket, sys, threading, time; port = int(os.environ['PORT'])\n"
    return run(sys.executable, "-c", head + textwrap.dedent(program))


CONNECT = f"socket.create_connection(('{PEER}', port)).sendall(b'hello')"


@pytest.mark.parametrize(
    "program",
    [
        CONNECT,
        f"s = socket.socket(); s.connect(('{PEER}', port)); s.sendall(b'hello')",
        f"s = socket.socket(socket.AF_INET6); s.connect(('::ffff:{PEER}', port)); s.sendall(b'hello')",
        f"t = threading.Thread(target=lambda: {CONNECT}); t.start(); t.join()",
        f"os.fork() or os.fork() or {CONNECT}; time.sleep(0.3)",
        f'os.setsid(); os.fork() or os.execv(sys.executable, [sys.executable, \'-c\', """import os, socket; '
        f'port = int(os.environ[\'PORT\']); {CONNECT}"""]); os.wait()',
    ],
    ids=["with a timeout", "blocking", "by IPv6", "from a thread", "a grandchild", "a daemon of another program"],
)
def test_a_server_sees_the_pods_own_address(run: Run, server: socket.socket, program: str) -> None:
    python(run, program)
    peer, (address, _) = server.accept()
    peer.settimeout(10)
    assert (address, peer.recv(9)) == (POD, b"hello")
    peer.close()


def test_curl_carries_it_too(run: Run, server: socket.socket) -> None:
    run("curl", "--silent", "--max-time", "0.2", f"http://{PEER}:{server.getsockname()[1]}/")
    peer, (address, _) = server.accept()
    assert address == POD
    peer.close()


def test_an_address_that_the_program_chose_is_kept(run: Run, server: socket.socket) -> None:
    python(run, f"s = socket.socket(); s.bind(('127.8.1.77', 0)); s.connect(('{PEER}', port))")
    peer, (address, _) = server.accept()
    assert address == "127.8.1.77"
    peer.close()


@pytest.mark.parametrize("send", ["s.sendto(b'hello', place)", "s.connect(place); s.send(b'hello')"])
def test_datagrams_carry_it_too(run: Run, send: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind((PEER, 0))
        receiver.settimeout(10)
        place = receiver.getsockname()
        python(run, f"s = socket.socket(type=socket.SOCK_DGRAM); place = {place}; {send}")
        data, (address, _) = receiver.recvfrom(100)
    assert (data, address) == (b"hello", POD)


def test_a_connection_goes_where_it_is_routed(run: Run, server: socket.socket) -> None:
    python(run, f"s = socket.socket(); s.connect(('{SERVICE}', 80)); s.sendall(b'hello')")
    peer, (address, _) = server.accept()
    assert address == POD
    peer.close()


def test_what_is_dropped_hangs_until_the_client_gives_up(run: Run) -> None:
    said = python(
        run,
        f"""
        began = time.monotonic()
        try:
            socket.create_connection(("{SERVICE}", 81), timeout=1)
        except TimeoutError:
            print("timed out", time.monotonic() - began >= 1)
        s = socket.socket()
        s.setblocking(False)
        print(s.connect_ex(("{SERVICE}", 81)) == errno.EINPROGRESS, select.select([], [s], [], 0.3)[1])
        """,
    )
    assert said == "timed out True\nTrue []"


def test_a_signal_reaches_a_program_that_waits_for_what_is_dropped(run: Run) -> None:
    said = python(
        run,
        f"""
        def interrupt(*_):
            raise InterruptedError
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        try:
            socket.socket().connect(("{SERVICE}", 81))
        except InterruptedError:
            print("interrupted")
        """,
    )
    assert said == "interrupted"


def test_what_is_refused_fails_at_once(run: Run) -> None:
    said = python(run, f"print(socket.socket().connect_ex(('{SERVICE}', 82)) == errno.ECONNREFUSED)")
    assert said == "True"


def test_other_families_pass(run: Run, tmp_path: Path) -> None:
    said = python(
        run,
        """
        a, b = socket.socketpair()
        u = socket.socket(socket.AF_UNIX); u.bind("\\0gameday-test-%d" % os.getpid()); u.listen()
        c = socket.socket(socket.AF_UNIX); c.connect(u.getsockname())
        s = socket.socket(); print(s.connect_ex(("", 0)) != errno.ENOSYS, "ok")
        try:
            socket.socket(fileno=os.open("/dev/null", 0))
        except OSError as error:
            print(error.errno == errno.ENOTSOCK)
        """,
    )
    assert said == "True ok\nTrue"


def test_a_killed_client_harms_nobody(run: Run, server: socket.socket) -> None:
    storm = f"""
        for _ in range(20):
            child = os.fork()
            if child == 0:
                while True:
                    s = socket.socket(); s.connect_ex(("{SERVICE}", 82)); s.close()
            time.sleep(0.005)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        """
    python(run, storm)
    python(run, CONNECT)
    peer, (address, _) = server.accept()
    assert address == POD
    peer.close()


needs_landlock = pytest.mark.skipif(landlock.version() < landlock.LEAST, reason="the kernel has no Landlock")


@needs_landlock
def test_a_pod_reads_the_machine_and_its_own_folder_but_not_the_clusters_state(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pods" / "own" / "volumes" / "key").write_text("mine")
    (tmp_path / "pods" / "other").mkdir()
    (tmp_path / "pods" / "other" / "key").write_text("another's")
    (tmp_path / "pods" / "own" / "logs" / "0.log").write_text("a log")
    said = python(
        run,
        """
        def attempt(path, mode="r"):
            try:
                open(os.path.join(os.environ["STATE"], path), mode).close()
                return True
            except PermissionError:
                return False
        own = "pods/own/"
        print(json.dumps({
            "allowed": [attempt("/etc/passwd"), attempt(own + "volumes/key"), attempt(own + "root/new", "w"),
                        attempt("/dev/null", "w"), attempt("/dev/shm/gameday-test-%d" % os.getpid(), "w")],
            "denied": [attempt("kubeconfig"), attempt("kubeconfig", "w"), attempt("pods/other/key"),
                       attempt(own + "logs/0.log"), attempt(own + "logs/0.log", "a"), attempt(own + "volumes/key", "w"),
                       attempt("pods/new", "w"), attempt("/etc/gameday-test", "w")],
        }))
        os.unlink("/dev/shm/gameday-test-%d" % os.getpid())
        """,
    )
    answers = json.loads(said)
    assert all(answers["allowed"]), answers
    assert not any(answers["denied"]), answers


@needs_landlock
def test_no_way_round_leads_into_the_state(run: Run) -> None:
    said = python(
        run,
        f"""
        secret = os.environ["STATE"] + "/kubeconfig"
        root = os.environ["STATE"] + "/pods/own/root"
        os.symlink(secret, root + "/link")
        def attempt(act):
            try:
                print(act())
            except OSError as error:
                print(error.errno in (errno.EACCES, errno.EXDEV))
        for path in (root + "/link", root + "/../../../kubeconfig", "/proc/{os.getpid()}/root" + secret):
            attempt(lambda: open(path).read())
        attempt(lambda: os.link(secret, root + "/hard"))
        attempt(lambda: os.rename(secret, root + "/mine"))
        attempt(lambda: open("/proc/{os.getpid()}/environ").read())
        """,
    )
    assert said.split() == ["True"] * 6


@needs_landlock
def test_files_move_between_folders_of_the_pod(run: Run) -> None:
    said = python(
        run,
        """
        root = os.environ["STATE"] + "/pods/own/root"
        os.mkdir(root + "/a"); os.mkdir(root + "/b"); open(root + "/a/x", "w").write("kept")
        os.rename(root + "/a/x", root + "/b/x"); os.truncate(root + "/b/x", 2); print(open(root + "/b/x").read())
        """,
    )
    assert said == "ke"


@pytest.mark.parametrize(
    ("family", "everywhere"), [("AF_INET", "0.0.0.0"), ("AF_INET6", "::")], ids=["IPv4", "both families"]
)
def test_a_server_at_every_address_is_at_its_pods_and_at_the_pods_localhost(
    run: Run, family: str, everywhere: str
) -> None:
    said = python(
        run,
        f"""
        server = socket.socket(socket.{family})
        if server.family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("{everywhere}", 18080))
        server.listen()
        for host in ("{POD}", "127.0.0.1"):
            client = socket.create_connection((host, 18080))
            peer, address = server.accept()
            print(address[0].removeprefix("::ffff:"))
        other = socket.socket()
        try:
            other.bind(("", 18080))
        except OSError as error:
            print(error.errno == errno.EADDRINUSE)
        """,
    )
    assert said.split() == [POD, POD, "True"]


def test_servers_of_two_pods_at_every_address_do_not_meet(run: Run) -> None:
    with socket.create_server((PEER, 18081)):
        said = python(run, "s = socket.socket(); s.bind(('', 18081)); print(s.getsockname()[0])")
    assert said == POD


def test_localhost_is_the_machines_where_no_server_of_the_pod_is(run: Run) -> None:
    said = python(
        run,
        """
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(server.getsockname())
        print(server.accept()[1][0], socket.socket().connect_ex(("127.0.0.1", 1)) == errno.ECONNREFUSED)
        """,
    )
    assert said == f"{POD} True"


@pytest.mark.cluster
def test_a_cluster_that_cannot_gate_its_pods_runs_them_and_serves_no_policies(tmp_path: Path) -> None:
    """A kernel has one listener for a process: under another one's, a cluster can have none."""
    hole = BlackHole("127.8.0.1")
    gate = Gate(straight, hole)
    gate.start()
    with Sandbox(Confinement(gate, Filter()), POD).entered() as prepare:
        process, mark = launched(tmp_path, prepare=prepare)
    cluster = connected(process, mark)
    try:
        groups = {group["name"] for group in cluster.get("/apis")["groups"]}
        assert "apps" in groups
        assert "networking.k8s.io" not in groups
        policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"
        assert cluster.http.post(policies, json={"metadata": {"name": "p"}}).status_code == 404
        assert cluster.http.get("/api/v1/namespaces/kube-system/services/kube-dns").status_code == 404
        cluster.create("/api/v1/namespaces/default/pods", one_pod("import time; time.sleep(60)"))
        until(lambda: container_status(cluster, "default").get("ready"))
    finally:
        stop(cluster)
        gate.close()
        hole.close()
