"""A real API server over TLS on loopback, with stand-ins only for the node beside it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio

from simulator.cluster import errors
from simulator.cluster.api.app import build_app
from simulator.cluster.api.serving import serve
from simulator.cluster.credentials import Credentials, make_credentials
from simulator.cluster.kinds import admission
from simulator.cluster.ports import AuditLine, Connect, Send
from simulator.cluster.resources import NAMESPACES, Resource
from simulator.cluster.store import Object, Store
from simulator.cluster.users import Tokens


class EchoSession:
    """A process that says on standard output what it is given, and ends when it is told `exit N` or its input ends."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self.sizes: list[tuple[int, int]] = []
        self.is_hung_up = False

    def start(self) -> None:
        return

    async def run(self, send: Send) -> int:
        while piece := await self._pieces.get():
            if piece.startswith(b"exit "):
                return int(piece[5:])
            await send("stdout", piece)
        return 0

    async def write(self, data: bytes) -> None:
        self._pieces.put_nowait(data)

    def end_input(self) -> None:
        self._pieces.put_nowait(b"")

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))

    def hang_up(self) -> None:
        self.is_hung_up = True


class FakeRuntime:
    """Logs from a dictionary of container name to lines; every command echoes; every port echoes but 9."""

    def __init__(self) -> None:
        self.lines: dict[str, list[bytes]] = {}
        self.asked: list[dict[str, object]] = []
        self.sessions: list[EchoSession] = []
        self.echo_port = 0

    def execute(self, pod: Object, container: str, command: Sequence[str], *, stdin: bool, tty: bool) -> EchoSession:
        if command[0] == "down":
            raise errors.NodeRefusal(f'container not found ("{container}")')
        self.asked.append({"container": container, "command": list(command), "stdin": stdin, "tty": tty})
        self.sessions.append(EchoSession())
        return self.sessions[-1]

    def attach(self, pod: Object, container: str, *, stdin: bool) -> EchoSession:
        return self.execute(pod, container, ["attach"], stdin=stdin, tty=False)

    def port_forward(self, pod: Object) -> Connect:
        async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            if port == 9:
                raise errors.NodeRefusal("error forwarding port 9")
            return await asyncio.open_connection("127.0.0.1", self.echo_port)

        return connect

    async def logs(self, pod: Object, container: str, **options: object) -> AsyncIterator[bytes]:
        self.asked.append(options)
        if container not in self.lines:
            name = pod["metadata"]["name"]
            raise errors.bad_request(f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating')
        for line in self.lines[container]:
            yield line


class NoUsage:
    """Nothing was measured yet."""

    def list(self, resource: Resource, namespace: str | None) -> Iterator[Object]:
        return iter(())

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        return None


class FakeAddresses:
    """Service addresses 127.9.128.1 upward."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    def allocate(self, wanted: str | None) -> str:
        if wanted in self.held:
            raise ValueError("provided IP is already allocated")
        free = (f"127.9.128.{n}" for n in range(1, 255))
        address = wanted or next(ip for ip in free if ip not in self.held)
        self.held.add(address)
        return address

    def release(self, ip: str) -> None:
        self.held.discard(ip)


@dataclass
class Server:
    """One running API, and a client that is trusted by it."""

    url: str
    credentials: Credentials
    tokens: Tokens
    store: Store
    runtime: FakeRuntime
    addresses: FakeAddresses
    http: aiohttp.ClientSession
    audit: list[AuditLine] = field(default_factory=list)

    async def call(
        self, method: str, path: str, body: object = None, *, media: str = "", accept: str = "application/json"
    ) -> tuple[int, Object]:
        """Status code and JSON answer."""
        headers = {"Accept": accept, **({"Content-Type": media} if media else {})}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest_asyncio.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """Without the API groups that an indirect parameter names."""
    store, runtime, addresses, credentials = Store(), FakeRuntime(), FakeAddresses(), make_credentials()
    audit: list[AuditLine] = []
    tokens = Tokens(credentials.token, lambda *_: True)
    for name in ("default", "kube-system"):
        store.create(NAMESPACES, admission.admit(NAMESPACES, {"metadata": {"name": name}}))
    app = build_app(
        store,
        user_of=tokens.user_of,
        addresses=addresses,
        runtime=runtime,
        audit=audit.append,
        metrics=lambda: "up 1\n",
        usage=NoUsage(),
        absent=getattr(request, "param", ()),
    )
    trust = ssl.create_default_context(cadata=credentials.ca_pem.decode())
    headers = {"Authorization": f"Bearer {credentials.token}"}
    async with (
        serve(app, credentials) as url,
        aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(ssl=trust)) as http,
    ):
        yield Server(url, credentials, tokens, store, runtime, addresses, http, audit)


@pytest.fixture
def deployment() -> Object:
    """A small Deployment as a person would write it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "api", "image": "web:1", "ports": [{"containerPort": 80}]}]},
            },
        },
    }
