"""A TCP connection into a pod (`kubectl port-forward`), and what a container runtime says where there is none.

A real runtime enters the pod's network and connects to its localhost. Here a pod's processes listen on its own
address, which is the same place; the machine's localhost is nobody's pod and is never tried.
"""

import asyncio
import uuid
from hashlib import sha256

from simulator.cluster.errors import NodeRefusal

CONNECT_S = 10.0
_BUFFER = 65536


async def connect(uid: str, ip: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To `port` of the pod with this uid and address. `NodeRefusal` in containerd's words if it cannot be had."""
    try:
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(ip, port, limit=_BUFFER)
    except TimeoutError:
        why = "connect: connection timed out"
    except OSError:
        why = "connect: connection refused"
    sandbox = sha256(uid.encode()).hexdigest()
    namespace = f"/var/run/netns/cni-{uuid.uuid5(uuid.NAMESPACE_OID, uid)}"
    raise NodeRefusal(
        f"error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in network namespace "
        f'"{namespace}": failed to connect to localhost:{port} inside namespace "{sandbox}", '
        f"IPv4: dial tcp4 127.0.0.1:{port}: {why} IPv6 dial tcp6 [::1]:{port}: {why} "
    )
