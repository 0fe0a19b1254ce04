"""Stand-ins for what is beside the API server: a kubelet that echoes, no measurements, and Service addresses."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from simulator.cluster import errors
from simulator.cluster.ports import Connect, Send
from simulator.cluster.resources import Resource
from simulator.cluster.store import Object


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
