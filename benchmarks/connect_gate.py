"""What the gate costs a pod: connections a second through it, as a share of those without it."""

import socket
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from threading import Thread

from simulator.cluster.kubelet.sandbox.confinement import Confinement, confine
from simulator.cluster.kubelet.sandbox.gate import straight
from simulator.cluster.kubelet.sandbox.sandbox import Sandbox

RUNS, CONNECTIONS = 5, 2000
SERVER, POD = "127.8.1.2", "127.8.1.1"
CLIENT = """
import socket, sys, time
place = (sys.argv[1], int(sys.argv[2]))
began = time.perf_counter()
for _ in range(int(sys.argv[3])):
    socket.create_connection(place).close()
print(int(sys.argv[3]) / (time.perf_counter() - began))
"""


def per_second(sandbox: Sandbox, port: int) -> float:
    argv = [sys.executable, "-c", CLIENT, SERVER, str(port), str(CONNECTIONS)]
    with sandbox.entered() as prepare:
        process = subprocess.Popen(argv, preexec_fn=prepare, stdout=subprocess.PIPE, text=True)
    return float(process.communicate()[0])


def accept(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server((SERVER, 0), backlog=1024) as server,
        closing(confine(Path(folder), "127.8.0.1", straight)) as confinement,
    ):
        if confinement.gate is None:
            sys.exit("this kernel lets no pod be gated")
        Thread(target=accept, args=[server], daemon=True).start()
        port = server.getsockname()[1]
        shares = []
        for _ in range(RUNS):
            without, through = per_second(Sandbox(Confinement(), ""), port), per_second(Sandbox(confinement, POD), port)
            shares.append(through / without)
            print(f"without {without:6.0f}/s   through the gate {through:6.0f}/s   share {through / without:.2f}")
        print(f"share   median {statistics.median(shares):.2f}, from {min(shares):.2f} to {max(shares):.2f}")
        server.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
