"""What a client may send or leave unread: the API answers 4xx, stays up, and serves others meanwhile."""

import asyncio
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
import pytest
from beside_api import FakeAddresses, FakeRuntime, NoUsage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifests import deployment
from waiting import until

from simulator.cluster.api import patience, watching
from simulator.cluster.api.app import build_app
from simulator.cluster.api.serving import serve
from simulator.cluster.credentials import make_credentials
from simulator.cluster.kinds import admission
from simulator.cluster.resources import CONFIG_MAPS, NAMESPACES
from simulator.cluster.store import Store
from simulator.cluster.users import Tokens

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Door:
    """A server in a thread of its own, and connections to it as bytes."""

    host: str
    port: int
    token: str
    trust: ssl.SSLContext
    store: Store
    loop: asyncio.AbstractEventLoop

    def ask(
        self, method: str, path: str, body: bytes | None = None, media: str = "application/json", **headers: str
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.trust, timeout=20)
        try:
            connection.request(
                method,
                path,
                body,
                {"Authorization": f"Bearer {self.token}", "Content-Type": media, **headers},
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def connect(self, *, receive_buffer: int = 0) -> ssl.SSLSocket:
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(20)
        plain.connect((self.host, self.port))
        return self.trust.wrap_socket(plain, server_hostname=self.host)

    def head(self, method: str, path: str, *lines: str) -> bytes:
        fixed = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Authorization: Bearer {self.token}"]
        return "\r\n".join([*fixed, *lines, "", ""]).encode()

    def is_well(self) -> bool:
        """Whether a small request is answered soon, on a machine that other tests share."""
        start = time.perf_counter()
        return self.ask("GET", f"{MAPS}/steady")[0] == 200 and time.perf_counter() - start < 10


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    store, credentials = Store(), make_credentials()
    for name in ("default", "kube-system"):
        store.create(NAMESPACES, admission.admit(NAMESPACES, {"metadata": {"name": name}}))
    tokens = Tokens(credentials.token, lambda *_: True)
    app = build_app(
        store,
        user_of=tokens.user_of,
        addresses=FakeAddresses(),
        runtime=FakeRuntime(),  # type: ignore[arg-type]
        audit=lambda _line: None,
        metrics=lambda: "",
        usage=NoUsage(),
    )
    loop, is_up, is_over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    urls: list[str] = []

    async def run() -> None:
        async with serve(app, credentials) as url:
            urls.append(url)
            is_up.set()
            await is_over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert is_up.wait(10)
    place = urlsplit(urls[0])
    trust = ssl.create_default_context(cadata=credentials.ca_pem.decode())
    made = Door(place.hostname or "", place.port or 0, credentials.token, trust, store, loop)
    assert made.ask("POST", MAPS, json.dumps({"metadata": {"name": "steady"}}).encode())[0] == 201
    yield made
    loop.call_soon_threadsafe(is_over.set)
    thread.join(10)
    loop.close()
    assert not thread.is_alive()


def _good_deployment() -> dict[str, Any]:
    return deployment("web", {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]})


WORDS = ["metadata", "spec", "name", "labels", "annotations", "managedFields", "template", "containers", "ports", "env"]
DIRECTIVES = ["$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "status"]
LIST_OPTIONS = ["labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch"]
WRITE_OPTIONS = ["dryRun", "fieldManager", "force", "pretty", "tailLines", "sinceTime", "includeObject"]
STEPS = ["api", "apis", "v1", "apps", "namespaces", "default", "pods", "status", "log", "scale", "..", "."]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["web", "app", "99999999999999999999", "1e9999", "100%", "\x00", "a" * 300, "$patch", "None"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=6) | st.sampled_from([*WORDS, *DIRECTIVES]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    here = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return here + [found for key, item in items for found in _places(item, (*path, key))]


@st.composite
def _nearly_good(draw: st.DrawFn) -> dict[str, Any]:
    """A Deployment in which a few places hold something else."""
    made = _good_deployment()
    for _ in range(draw(st.integers(1, 3))):
        places = _places(made)
        path = draw(st.sampled_from(places))
        target: Any = made
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = draw(JSON)
    return made


@FUZZ
@given(body=JSON | _nearly_good(), path=st.sampled_from([MAPS, DEPLOYMENTS, "/api/v1/namespaces/default/pods"]))
def test_no_body_of_a_creation_is_more_than_the_client_s_mistake(door, body, path) -> None:
    code, answer = door.ask("POST", f"{path}?dryRun=All", json.dumps(body).encode())
    assert code < 500, answer


@FUZZ
@given(change=JSON | _nearly_good(), media=st.sampled_from(PATCHES), mode=st.sampled_from(["Strict", "Warn", "Ignore"]))
def test_no_patch_is_more_than_the_client_s_mistake(door, change, media, mode) -> None:
    door.ask("POST", DEPLOYMENTS, json.dumps(_good_deployment()).encode())
    manager = "&fieldManager=f&force=true" if "apply" in media else ""
    path = f"{DEPLOYMENTS}/web?fieldValidation={mode}&dryRun=All{manager}"
    code, answer = door.ask("PATCH", path, json.dumps(change).encode(), media)
    assert code < 500, answer


POINTERS = st.sampled_from(["/spec/replicas", "/metadata/labels/a~1b", "/spec/template/spec/containers/0", "", "/"])
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"])},
        optional={"path": POINTERS | st.text(max_size=5), "from": POINTERS | JSON, "value": JSON},
    ),
    max_size=5,
)


@FUZZ
@given(operations=OPERATIONS)
def test_no_json_patch_is_more_than_the_client_s_mistake(door, operations) -> None:
    door.ask("POST", DEPLOYMENTS, json.dumps(_good_deployment()).encode())
    code, answer = door.ask("PATCH", f"{DEPLOYMENTS}/web?dryRun=All", json.dumps(operations).encode(), PATCHES[0])
    assert code < 500, answer


@FUZZ
@given(
    raw=st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"k8s\x00" + tail) | st.text().map(str.encode),
    media=st.sampled_from(["application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "a/b", ""]),
    method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]),
)
def test_no_bytes_are_more_than_the_client_s_mistake(door, raw, media, method) -> None:
    path = MAPS if method == "POST" else f"{MAPS}/other"
    code, answer = door.ask(method, path, raw, media)
    assert code < 500, answer


@FUZZ
@given(
    parts=st.lists(
        st.sampled_from([*STEPS]) | st.text(max_size=8),
        max_size=8,
    ),
    query=st.dictionaries(
        st.sampled_from([*LIST_OPTIONS, *WRITE_OPTIONS]),
        st.text(max_size=20) | st.sampled_from(["a in (", "!", "a=b,,", "-1", "9" * 4400, "metadata.name\\"]),
        max_size=3,
    ),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"]),
    accept=st.sampled_from(["", "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io", "text/html", ";;=,,", "a;as=b"]),
)
def test_no_path_or_query_is_more_than_the_client_s_mistake(door, parts, query, method, accept) -> None:
    path = "/" + "/".join(quote(part, safe="") for part in parts)
    text = "&".join(f"{key}={quote(value)}" for key, value in query.items())
    code, answer = door.ask(method, f"{path}?{text}", Accept=accept)
    assert code < 500 or (code == 504 and b"Too large resource version" in answer), answer


DEEP = 10_000
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n".encode() for n in range(20)
)


@pytest.mark.parametrize(
    ("raw", "media"),
    [
        (b'{"metadata":' + b"[" * DEEP + b"]" * DEEP + b"}", "application/json"),
        (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "application/json"),
        (b"[" * DEEP, "application/json"),
        (b"[" * DEEP + b"]" * DEEP, "application/yaml"),
        (b"".join(b" " * n + b"a:\n" for n in range(2000)), "application/yaml"),
        (b"- " * DEEP + b"x", "application/yaml"),
        (BOMB, "application/yaml"),
        (b"a: &a [*a]", "application/yaml"),
        (b"? {a: b}\n: c", "application/yaml"),
        (b"!!python/object/apply:os.system [ls]", "application/yaml"),
        (b'{"metadata":{"name":"\\u0000"}}', "application/json"),
        (b'{"metadata":{"name":"\\ud800"}}', "application/json"),
        (b'{"metadata":{"name":"\xff\xfe"}}', "application/json"),
        (b'{"metadata":{"name":"x"},"data":{"a":' + b"9" * 5000 + b"}}", "application/json"),
        (b'{"metadata":{"labels":{"' + b"a" * 100_000 + b'!":"' + b"b" * 100_000 + b'!"}}}', "application/json"),
        (b'{"metadata":{"name":"' + b"a" * 100_000 + b'!"}}', "application/json"),
        (b"k8s\x00" + b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "application/vnd.kubernetes.protobuf"),
        (b"k8s\x00\x12\x04\x0a\x02\x08\x05", "application/vnd.kubernetes.protobuf"),
    ],
)
def test_what_is_made_to_hurt_is_refused_at_once(door, raw, media) -> None:
    start = time.perf_counter()
    code, answer = door.ask("POST", MAPS, raw, media)
    assert 400 <= code < 500, answer
    assert time.perf_counter() - start < 5
    assert door.is_well()


def test_amounts_and_copies_that_would_never_end_are_refused(door) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    for amount in ("1e999999999", "9" * 100_000, "1e-999999999", "0x10", "-1"):
        pod["spec"]["containers"][0]["resources"] = {"limits": {"cpu": amount}}  # type: ignore[index]
        code, answer = door.ask("POST", "/api/v1/namespaces/default/pods?dryRun=All", json.dumps(pod).encode())
        assert 400 <= code < 500, answer
    doubling = [{"op": "add", "path": "/data", "value": {"a": "x" * 1000}}]
    doubling += [{"op": "copy", "from": "/data", "path": f"/data/k{n}"} for n in range(60)]
    code, _ = door.ask("PATCH", f"{MAPS}/steady", json.dumps(doubling).encode(), PATCHES[0])
    assert code == 422
    nesting = [{"op": "copy", "from": "/metadata", "path": "/metadata/labels"} for _ in range(3000)]
    assert door.ask("PATCH", f"{MAPS}/steady", json.dumps(nesting).encode(), PATCHES[0])[0] in (400, 422)
    assert door.is_well()


def test_a_body_that_is_too_large_is_refused(door) -> None:
    code, answer = door.ask("POST", MAPS, b'{"data":{"a":"' + b"x" * 4 * 1024 * 1024 + b'"}}')
    assert (code, json.loads(answer)["message"]) == (413, "Request entity too large: limit is 3145728")


def test_a_length_that_is_not_true_harms_nobody(door) -> None:
    with door.connect() as short:
        short.sendall(door.head("POST", MAPS, "Content-Type: application/json", "Content-Length: 999") + b"{}")
        assert door.is_well()
    with door.connect() as long:
        long.sendall(
            door.head("POST", MAPS, "Content-Type: application/json", "Content-Length: 2") + b"{}GARBAGE\r\n\r\n"
        )
        assert long.recv(12)[-4:] in (b" 400", b" 422")
    with door.connect() as bad:
        bad.sendall(door.head("POST", MAPS, "Content-Length: -5") + b"{}")
        assert bad.recv(12).endswith(b" 400")
    assert door.is_well()


def test_headers_that_are_no_text_are_no_key(door) -> None:
    with door.connect() as client:
        client.sendall(b"GET /api HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nUser-Agent: \xff\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 401"
    with door.connect() as client:
        line = b"User-Agent: \xff\xfe/1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        client.sendall(door.head("POST", MAPS)[:-2] + line)
        assert client.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 422")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic {t}", "Bearer {t}x", "{t}"])
def test_every_path_needs_the_token(door, token) -> None:
    for path in ("/", "/version", "/healthz", "/metrics", MAPS, "/openapi/v2", "/nowhere"):
        code, _ = door.ask("GET", path, Authorization=token.replace("{t}", door.token))
        assert code == 401, path


def test_no_path_leads_out(door) -> None:
    for path in ("/api/v1/namespaces/default/configmaps/..%2f..%2fsecrets", "/../../etc/passwd", "//etc/passwd"):
        assert door.ask("GET", path)[0] in (400, 404)


def test_a_body_that_never_comes_ends(door, monkeypatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_S", 0.5)
    with door.connect() as slow:
        slow.sendall(door.head("POST", MAPS, "Content-Type: application/json", "Content-Length: 500") + b'{"a":')
        start = time.perf_counter()
        assert slow.recv(12) == b"HTTP/1.1 504"
        assert time.perf_counter() - start < 5
    assert door.is_well()


@pytest.mark.parts
def test_five_hundred_watches_that_nobody_reads_are_ended_and_delay_nobody(door, monkeypatch) -> None:
    monkeypatch.setattr(watching, "STUCK_S", 3.0)
    monkeypatch.setattr(watching, "MOST_PENDING", 50)
    path = "/api/v1/namespaces/default/configmaps?watch=1&labelSelector=flood%3Dyes"
    before = door.store.open_watches
    big = {"metadata": {"name": "flood", "namespace": "default", "labels": {"flood": "yes"}}}
    rss_mb = psutil.Process().memory_info().rss / 1e6
    with ExitStack() as stack:
        for _ in range(500):
            client = stack.enter_context(door.connect(receive_buffer=4096))
            client.sendall(door.head("GET", path))
        until(lambda: door.store.open_watches >= before + 500)

        def flood(n: int) -> None:
            data = {"a": f"{n}" + "x" * 20_000}
            if n == 0:
                door.store.create(CONFIG_MAPS, {**big, "data": data})
            else:
                door.store.modify(CONFIG_MAPS, "default", "flood", lambda draft: {**draft, "data": data})

        for n in range(200):
            door.loop.call_soon_threadsafe(flood, n)
            if n % 10 == 0:
                assert door.is_well()
        until(lambda: door.store.open_watches == before, 60)
        assert door.is_well()
        grown_mb = psutil.Process().memory_info().rss / 1e6 - rss_mb
    assert grown_mb < 400
    assert door.is_well()


def test_answers_that_are_read_slowly_end(door, monkeypatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_S", 1.0)
    for n in range(8):
        body = {"metadata": {"name": f"large{n}"}, "data": {"a": "x" * 900_000}}
        door.ask("POST", MAPS, json.dumps(body).encode())
    with ExitStack() as stack:
        for _ in range(40):
            client = stack.enter_context(door.connect(receive_buffer=4096))
            client.sendall(door.head("GET", MAPS))
        assert door.is_well()
        until(lambda: door.ask("GET", f"{MAPS}?limit=3")[0] == 200)
    for n in range(8):
        door.ask("DELETE", f"{MAPS}/large{n}")
