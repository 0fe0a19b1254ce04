"""The real parts, each a process on an address of its own: PostgreSQL, a provider, the app."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import httpx
import psycopg
import pytest
from credentials import ADA, JWT_SECRET, ON_CALL_KEY
from waiting import until

from simulator.cluster.kubelet.images.valkey.server import PROGRAMS as VALKEY_PROGRAMS
from simulator.processes import die_with_parent
from target_app.auth.passwords import line_of

DEPLOY = Path(__file__).parents[2] / "target_app" / "deploy"
ADMIN_TOKEN = "console"
T = TypeVar("T")


@dataclass
class Part:
    """A process of ours with what it has said."""

    command: list[str]
    env: dict[str, str]
    log: Path
    url: str
    process: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Again, if it has ended."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent,
            )

    @cached_property
    def client(self) -> httpx.Client:
        """Asks as people on call do."""
        return httpx.Client(base_url=self.url, headers={"X-API-Key": ON_CALL_KEY})

    def said(self) -> str:
        return self.log.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM, limit_s: float = 10.0) -> int:
        """Its exit status after `number`; killed if it takes longer than `limit_s`."""
        self.process.send_signal(number)
        try:
            return self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def end(self) -> None:
        """Stop it if it still runs, whether or not it stops in time."""
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            if self.process.poll() is None:
                self.stop()


@dataclass
class Parts:
    """Starts parts and ends them all. Addresses are in one random 127.n.m.0/24."""

    folder: Path
    _started: list[Part] = field(default_factory=list)
    _prefix: str = field(default_factory=lambda: f"127.{random.randint(140, 250)}.{random.randint(1, 254)}")

    def address(self) -> str:
        return f"{self._prefix}.{len(self._started) + 1}"

    def start(self, module: str, *arguments: str, address: str | None = None, port: int, **env: str) -> Part:
        address = address or self.address()
        log = self.folder / f"{len(self._started)}.log"
        command = [sys.executable, "-m", module, *arguments]
        part = Part(command, {"POD_IP": address, **env}, log, f"http://{address}:{port}")
        self._started.append(part)
        return part

    @contextmanager
    def ended(self) -> Iterator[None]:
        """Whatever is started inside ends with it, whether or not it stops in time."""
        before = len(self._started)
        try:
            yield
        finally:
            for part in reversed(self._started[before:]):
                part.end()


@dataclass
class Postgres:
    """A server as the image runs it, with the app's schema and few slots."""

    address: str
    part: Part

    def url(self, role: str = "research") -> str:
        return f"postgresql://{role}:{role}@{self.address}:5432/research"

    def accepts(self, role: str = "oncall") -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url(role), connect_timeout=2):
            return True
        return False

    def restart(self) -> None:
        self.part.start()
        until(self.accepts)


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts(tmp_path_factory.mktemp("parts"))
    with parts.ended():
        yield parts


@pytest.fixture(autouse=True)
def what_a_test_starts_ends_with_it(parts: Parts) -> Iterator[None]:
    """Or it would go on asking the app, and hold the few slots of the database, while others are tested."""
    with parts.ended():
        yield


@pytest.fixture(scope="session")
def postgres(parts: Parts) -> Postgres:
    root = parts.folder / "pod"
    shutil.copytree(DEPLOY / "base" / "initdb", root / "docker-entrypoint-initdb.d")
    address = parts.address()
    server = Postgres(address, _start_postgres(parts, root, address))
    until(server.accepts)
    return server


@dataclass
class Valkey:
    """A server as the image runs it, on an address of its own."""

    address: str
    part: Part

    @property
    def url(self) -> str:
        return f"valkey://{self.address}:6379/0"

    def cli(self, *words: str) -> str:
        command = [str(VALKEY_PROGRAMS / "valkey-cli"), "-h", self.address, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout

    def restart(self) -> None:
        self.part.start()
        until(lambda: self.cli("ping") == "PONG\n")


@pytest.fixture(scope="module")
def valkey(parts: Parts) -> Iterator[Valkey]:
    """One for a module, whose tests leave it running; what is in it is theirs to clear."""
    address = parts.address()
    server = Valkey(address, _start_valkey(parts, address))
    until(lambda: server.cli("ping") == "PONG\n")
    yield server
    server.part.end()


@pytest.fixture(scope="module")
def object_store(parts: Parts) -> Iterator[Part]:
    """One for a module, on an address of its own."""
    address = parts.address()
    part = parts.start("moto.server", "-H", address, "-p", "5000", address=address, port=5000)
    until(lambda: answers(part.url + "/moto-api/data.json"))
    yield part
    part.end()


@pytest.fixture(scope="session")
def provider(parts: Parts) -> Part:
    part = parts.start(
        "target_app.provider",
        port=8090,
        PROVIDER_API_KEYS="research=sk-1",
        PROVIDER_ADMIN_TOKEN=ADMIN_TOKEN,
        PROVIDER_LATENCY="0.01",
    )
    until(lambda: answers(part.url + "/health"))
    return part


@pytest.fixture(scope="session")
def start_app(parts: Parts, postgres: Postgres, provider: Part) -> Callable[..., Part]:
    """Starts an app, ready to serve, with the settings given."""

    def start(**env: str) -> Part:
        settings = {
            "DATABASE_URL": postgres.url(),
            "DB_POOL_MAX_LIFETIME": "1",
            "DB_POOL_TIMEOUT": "0.5",
            "OPENAI_BASE_URL": provider.url + "/v1",
            "OPENAI_API_KEY": "sk-1",
            "ANTHROPIC_BASE_URL": provider.url + "/v1",
            "ANTHROPIC_API_KEY": "sk-1",
            "ADMIN_KEY": "admin",
            "JWT_SECRET": JWT_SECRET,
            "API_KEY_ON_CALL": ON_CALL_KEY,
        }
        part = parts.start("target_app", port=8080, **{**settings, **env})
        until(lambda: answers(part.url + "/health/ready"))
        return part

    return start


@pytest.fixture(scope="session")
def app(start_app: Callable[..., Part]) -> Part:
    return start_app()


@pytest.fixture(scope="session")
def start_auth(parts: Parts) -> Callable[..., Part]:
    """Starts a sign-in service that knows Ada, with the settings given."""

    def start(**env: str) -> Part:
        settings = {"JWT_SECRET": JWT_SECRET, "AUTH_USERS": line_of(ADA["user"], ADA["password"])}
        part = parts.start("target_app", "auth", port=8060, **{**settings, **env})
        until(lambda: answers(part.url + "/health"))
        return part

    return start


@pytest.fixture(scope="session")
def auth(start_auth: Callable[..., Part]) -> Part:
    return start_auth()


@pytest.fixture
def eventually() -> Callable[..., object]:
    return until


@pytest.fixture
def metric() -> Callable[..., float]:
    return read_metric


@pytest.fixture
def counting() -> Callable[..., Callable[[], float]]:
    """By how much a sample has grown since: for parts that other tests have used, too."""

    def count(part: Part, sample: str) -> Callable[[], float]:
        before = read_metric(part, sample)
        return lambda: read_metric(part, sample) - before

    return count


@pytest.fixture
def set_quota(provider: Part) -> Iterator[Callable[..., httpx.Response]]:
    """Changes the provider's quota as its console would; the old one is back after the test."""

    def change(**quota: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        return httpx.put(provider.url + "/admin/quota", json=quota, headers=headers)

    yield change
    change(requests_per_minute=60_000, burst=1000)


def answers(url: str) -> bool:
    """Whether a server is there at all."""
    with suppress(socket.error, httpx.TransportError):
        return httpx.get(url, timeout=2).status_code == 200
    return False


def read_metric(part: Part, sample: str) -> float:
    """The value of one sample line of /metrics; 0 where it is not shown."""
    lines = httpx.get(part.url + "/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample + " ")), 0.0)


def _start_valkey(parts: Parts, address: str) -> Part:
    limits = ["--maxmemory", "4mb", "--maxmemory-policy", "volatile-lru", "--save", ""]
    module = "simulator.cluster.kubelet.images.valkey.server"
    root = parts.folder / address
    return parts.start(module, *limits, address=address, port=6379, GAMEDAY_POD_ROOT=str(root), GAMEDAY_POD_IP=address)


def _start_postgres(parts: Parts, root: Path, address: str) -> Part:
    slots = ["-c", "max_connections=12", "-c", "reserved_connections=2", "-c", "superuser_reserved_connections=3"]
    return parts.start(
        "simulator.cluster.kubelet.images.postgres",
        *slots,
        address=address,
        port=5432,
        GAMEDAY_POD_ROOT=str(root),
        POSTGRES_PASSWORD="postgres",
        POSTGRES_DB="research",
        RESEARCH_PASSWORD="research",
        ONCALL_PASSWORD="oncall",
    )
