"""A real API server over TLS on loopback, with stand-ins only for the node beside it."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from beside_api import FakeAddresses, FakeRuntime, NoUsage
from manifests import deployment as small_deployment

from simulator.cluster.api.app import build_app
from simulator.cluster.api.serving import serve
from simulator.cluster.credentials import Credentials, make_credentials
from simulator.cluster.kinds import admission
from simulator.cluster.ports import AuditLine
from simulator.cluster.resources import NAMESPACES
from simulator.cluster.store import Object, Store
from simulator.cluster.users import Tokens


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
    """A small Deployment."""
    made = small_deployment(
        "web", {"containers": [{"name": "api", "image": "web:1", "ports": [{"containerPort": 80}]}]}
    )
    made["metadata"]["labels"] = {"app": "web"}
    return made
