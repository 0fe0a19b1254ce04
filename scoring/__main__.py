"""`python -m scoring --database FILE.db --listen 127.0.0.1:0`: the scoring service as a process.

Prints one JSON line `{"url": ...}` when it listens. Tokens come from GAMEDAY_FACILITATOR_TOKEN, GAMEDAY_RESPONDER_TOKEN
and GAMEDAY_INGEST_TOKEN; a role without one gets a new token, shown once under `tokens` in that line. What keeps it
from starting is one line on stderr, exit status 2.
"""

import argparse
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson
import uvicorn

from scoring.api.app import build_app
from scoring.api.auth import Role
from scoring.errors import ScoringError, ServiceError
from scoring.record.store import Store
from scoring.record.tables import open_engine


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scoring", description="The scoring service of gameday.")
    parser.add_argument("--database", type=Path, required=True, metavar="FILE", help="SQLite file, made if missing")
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="port 0 takes a free one")
    options = parser.parse_args(arguments)
    try:
        door = listen(options.listen)
        engine = open_engine(options.database)
    except ScoringError as error:
        print(error, file=sys.stderr)
        return 2
    given = {role: environment.get(f"GAMEDAY_{role.upper()}_TOKEN", "") for role in Role}
    made = {role: secrets.token_urlsafe(24) for role, token in given.items() if not token}
    app = build_app(Store(engine), {**given, **made})
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=75,  # longer than any client pauses, so that none meets a connection that is just closing
    )
    host, port = door.getsockname()[:2]
    ready = {
        "url": f"http://{host}:{port}",
        **({"tokens": {role.value: token for role, token in made.items()}} if made else {}),
    }
    print(orjson.dumps(ready).decode(), flush=True)
    uvicorn.Server(config).run(sockets=[door])
    engine.dispose()
    return 0


def listen(address: str) -> socket.socket:
    """A listening socket, so that clients can connect from the moment the address is known. Raises ServiceError."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ServiceError(f"--listen {address}: give HOST:PORT, such as 127.0.0.1:0")
    try:
        return socket.create_server((host, int(port)), backlog=128)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ServiceError(f"--listen {address}: {reason}; choose another port, or 0 for a free one") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
