"""exec, attach and port-forward on the wire: what is refused before an upgrade, and what is said after it."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from simulator.cluster.api.streams import spdy_frames as spdy
from simulator.cluster.kinds import admission
from simulator.cluster.resources import PODS

V4, V5, TUNNEL = "v4.channel.k8s.io", "v5.channel.k8s.io", "SPDY/3.1+portforward.k8s.io"
POD = "/api/v1/namespaces/default/pods/web"
EXEC = f"{POD}/exec?container=api&command=cat&stdin=true&stdout=true"
BOUND_S = 10.0


@pytest_asyncio.fixture(autouse=True)
async def pods(server) -> None:
    for name, node in (("web", "node"), ("unscheduled", None)):
        containers = [{"name": each, "image": "web:1"} for each in ("api", "side")]
        pod = {"metadata": {"name": name, "namespace": "default"}, "spec": {"containers": containers}}
        if node:
            pod["spec"]["nodeName"] = node
        server.store.create(PODS, admission.admit(PODS, pod))


@pytest_asyncio.fixture
async def echo(server) -> AsyncIterator[None]:
    """What ports of a pod say: the same again, and the end with the client's."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        server.runtime.echo_port = listening.sockets[0].getsockname()[1]
        yield


def opened(server, path: str, *protocols: str):
    return server.http.ws_connect(server.url + path, protocols=protocols, max_msg_size=0)


async def _refused(server, path: str, *, method: str = "GET", upgrade: str = "websocket", protocol: str = V5):
    headers = {
        "Connection": "Upgrade",
        "Upgrade": upgrade,
        "Sec-WebSocket-Protocol": protocol,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    async with server.http.request(method, server.url + path, headers=headers if upgrade else {}) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        (EXEC.replace("pods/web", "pods/nobody"), 404, 'pods \\"nobody\\" not found'),
        (EXEC.replace("container=api", "container=x"), 400, "container x is not valid for pod web"),
        (EXEC.replace("container=api", ""), 400, "a container name must be specified for pod web"),
        (EXEC.replace("pods/web", "pods/unscheduled"), 400, "pod unscheduled does not have a host assigned"),
        (f"{POD}/exec?container=api&command=cat", 400, "you must specify at least 1 of stdin, stdout, stderr"),
        (f"{POD}/exec?container=api&stdout=true", 400, "you must specify at least one command"),
        (f"{POD}/exec?container=api&stdout=true&command=", 400, "you must specify at least one command"),
        (f"{POD}/exec?container=api&stdout=true&command=a%00b", 400, "null byte"),
        (f"{POD}/exec?container=api&stdout=true&command=down", 500, 'container not found ("api")'),
        (f"{POD}/attach?container=x&stdout=true", 400, "container x is not valid"),
        (f"{POD}/exec/more?stdout=true", 404, "404 page not found"),
        (f"{POD}/ephemeralcontainers", 404, "404 page not found"),
    ],
)
async def test_a_stream_is_refused(server, path: str, code: int, words: str) -> None:
    status, text = await _refused(server, path)
    assert (status, words in text) == (code, True), text


@pytest.mark.parametrize("ports", ["", "?ports=", "?ports=0", "?ports=65536", "?ports=x", "?ports=80,", "?ports=-1"])
async def test_ports_that_are_none_are_refused(server, ports: str) -> None:
    status, text = await _refused(server, f"{POD}/portforward{ports}", protocol=V4)
    assert status == 400, text


async def test_more_ports_than_channels_are_refused(server) -> None:
    status, _ = await _refused(server, f"{POD}/portforward?ports={','.join(['80'] * 200)}", protocol=V4)
    assert status == 400


@pytest.mark.parametrize("path", [EXEC, f"{POD}/attach?container=api&stdout=true", f"{POD}/portforward"])
async def test_only_a_websocket_that_we_speak_is_opened(server, path: str) -> None:
    assert (await _refused(server, path, upgrade=""))[0] == 400
    status, text = await _refused(server, path, method="POST", upgrade="SPDY/3.1")
    assert (status, "WebSocket only" in text) == (400, True)
    status, text = await _refused(server, path, protocol="v1.channel.k8s.io")
    assert (status, "none of [v1.channel.k8s.io] is served" in text) == (400, True)
    assert (await _refused(server, path, method="DELETE"))[0] == 405
    assert (await _refused(server, path, method="POST", protocol=f"{V5}, {TUNNEL}"))[0] == 405


async def test_no_stream_without_the_token(server) -> None:
    async with server.http.get(server.url + EXEC, headers={"Authorization": "Bearer x"}) as answer:
        assert answer.status == 401


async def test_discovery_names_the_streams(server) -> None:
    _, found = await server.call("GET", "/api/v1")
    kinds = {entry["name"]: (entry["kind"], sorted(entry["verbs"])) for entry in found["resources"]}
    assert kinds["pods/exec"] == ("PodExecOptions", ["create", "get"])
    assert kinds["pods/attach"] == ("PodAttachOptions", ["create", "get"])
    assert kinds["pods/portforward"] == ("PodPortForwardOptions", ["create", "get"])


@pytest.mark.parametrize("version", [V4, V5])
async def test_a_command_is_carried_and_its_code_told(server, version: str) -> None:
    async with asyncio.timeout(BOUND_S), opened(server, EXEC, version) as socket:
        assert socket.protocol == version
        assert await socket.receive_bytes() == b"\x01"
        await socket.send_bytes(b"\x00hello")
        assert await socket.receive_bytes() == b"\x01hello"
        await socket.send_str("\x00text")
        assert await socket.receive_bytes() == b"\x01text"
        await socket.send_bytes(b'\x04{"Width":10,"Height":20}')
        await socket.send_bytes(b"\x00exit 3")
        told = await socket.receive_bytes()
        status = json.loads(told[1:])
        assert (told[0], status["reason"], status["details"]["causes"]) == (
            3,
            "NonZeroExitCode",
            [{"reason": "ExitCode", "message": "3"}],
        )
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert server.runtime.sessions[-1].sizes == [(10, 20)]
    assert server.runtime.sessions[-1].is_hung_up
    assert [(line.verb, line.code, "/exec?" in line.path) for line in server.audit] == [("create", 101, True)]


async def test_the_end_of_input_is_told_in_v5_only(server) -> None:
    async with asyncio.timeout(BOUND_S), opened(server, EXEC, V5, V4) as socket:
        assert socket.protocol == V5
        await socket.send_bytes(b"\xff\x00")
        assert await socket.receive_bytes() == b"\x01"
        assert json.loads((await socket.receive_bytes())[1:]) == {"metadata": {}, "status": "Success"}


async def test_a_client_that_goes_is_noticed_at_once(server) -> None:
    async with opened(server, EXEC, V5) as socket:
        await socket.receive_bytes()
    async with asyncio.timeout(BOUND_S):
        while not server.runtime.sessions[-1].is_hung_up:
            await asyncio.sleep(0.01)


class Peer:
    """kubectl's side of a tunnel."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._encoder, self._decoder = spdy.Encoder(), spdy.Decoder()
        self._frames: list[spdy.Frame] = []

    async def send(self, *frames: spdy.Frame) -> None:
        await self._socket.send_bytes(b"".join(map(self._encoder.encode, frames)))

    async def frame(self) -> spdy.Frame:
        async with asyncio.timeout(BOUND_S):
            while not self._frames:
                self._frames += self._decoder.feed(await self._socket.receive_bytes())
        return self._frames.pop(0)

    async def open(self, stream: int, kind: str, port: str = "80", number: str = "0") -> spdy.Frame:
        await self.send(spdy.SynStream(stream, {"streamType": kind, "port": port, "requestID": number}))
        return await self.frame()


async def test_a_connection_is_tunnelled_both_ways(server, echo) -> None:
    async with opened(server, f"{POD}/portforward", TUNNEL) as socket:
        peer = Peer(socket)
        assert await peer.open(1, "error") == spdy.SynReply(1)
        assert await peer.open(3, "data") == spdy.SynReply(3)
        await socket.send_bytes(b"")
        await peer.send(spdy.Ping(7))
        assert await peer.frame() == spdy.Ping(7)
        await peer.send(spdy.Data(1, b"", is_last=True), spdy.Data(3, b"hello", is_last=True))
        assert await peer.frame() == spdy.Data(3, b"hello")
        assert await peer.frame() == spdy.Data(1, b"", is_last=True)
        assert await peer.frame() == spdy.Data(3, b"", is_last=True)


async def test_a_refused_port_is_told_on_its_error_stream_and_others_go_on(server, echo) -> None:
    async with opened(server, f"{POD}/portforward", TUNNEL) as socket:
        peer = Peer(socket)
        await peer.open(1, "error", "9")
        await peer.open(3, "data", "9")
        assert await peer.frame() == spdy.Data(1, b"error forwarding port 9", is_last=True)
        assert await peer.frame() == spdy.Data(3, b"", is_last=True)
        await peer.open(5, "error", number="1")
        await peer.open(7, "data", number="1")
        await peer.send(spdy.Data(7, b"more"))
        assert await peer.frame() == spdy.Data(7, b"more")


async def test_streams_that_make_no_sense_are_reset(server) -> None:
    async with opened(server, f"{POD}/portforward", TUNNEL) as socket:
        peer = Peer(socket)
        assert await peer.open(1, "other") == spdy.RstStream(1, spdy.REFUSED_STREAM)
        assert await peer.open(1, "data", "0") == spdy.RstStream(1, spdy.REFUSED_STREAM)
        assert await peer.open(1, "data", "x") == spdy.RstStream(1, spdy.REFUSED_STREAM)
        assert await peer.open(1, "data") == spdy.SynReply(1)
        assert await peer.open(1, "error") == spdy.RstStream(1, spdy.REFUSED_STREAM)
        assert await peer.open(3, "data") == spdy.RstStream(3, spdy.REFUSED_STREAM)
        for number in range(1, 1024):
            assert await peer.open(2 * number + 3, "data", number=str(number)) == spdy.SynReply(2 * number + 3)
        assert await peer.open(9999, "data", number="9999") == spdy.RstStream(9999, spdy.REFUSED_STREAM)


async def test_a_stream_that_is_reset_makes_room_for_another(server, echo) -> None:
    async with opened(server, f"{POD}/portforward", TUNNEL) as socket:
        peer = Peer(socket)
        for turn in range(1100):
            error, data = 4 * turn + 1, 4 * turn + 3
            await peer.send(
                *(
                    spdy.SynStream(stream, {"streamType": kind, "port": "80", "requestID": str(turn)})
                    for stream, kind in ((error, "error"), (data, "data"))
                ),
                spdy.RstStream(data, 5),
            )
            assert [await peer.frame(), await peer.frame()] == [spdy.SynReply(error), spdy.SynReply(data)]


async def test_what_is_no_spdy_ends_the_tunnel_and_nothing_else(server) -> None:
    async with asyncio.timeout(BOUND_S), opened(server, f"{POD}/portforward", TUNNEL) as socket:
        await socket.send_bytes(b"\x80\x03\x00\x01\x00\xff\xff\xff")
        await socket.receive()
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert (await server.call("GET", POD))[0] == 200


async def test_ports_are_forwarded_over_plain_channels(server, echo) -> None:
    async with asyncio.timeout(BOUND_S), opened(server, f"{POD}/portforward?ports=80,9&ports=81", V4) as socket:
        heads = [await socket.receive_bytes() for _ in range(6)]
        assert heads == [bytes([channel, port, 0]) for channel, port in enumerate((80, 80, 9, 9, 81, 81))]
        assert await socket.receive_bytes() == b"\x03error forwarding port 9"
        await socket.send_bytes(b"\x04hello")
        assert await socket.receive_bytes() == b"\x04hello"
        await socket.send_bytes(b"\xf0nowhere")
        await socket.send_bytes(b"\x00other")
        assert await socket.receive_bytes() == b"\x00other"


async def test_a_message_beyond_all_bounds_ends_its_connection_only(server) -> None:
    async with asyncio.timeout(BOUND_S), opened(server, EXEC, V5) as socket:
        await socket.receive_bytes()
        await socket.send_bytes(b"\x00" + bytes(5 * 1024 * 1024))
        closed = await socket.receive()
        assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert (await server.call("GET", POD))[0] == 200
