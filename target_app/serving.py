"""One HTTP server process: uvicorn on uvloop, ended gracefully by SIGTERM within two seconds."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

GRACE_S = 1


def serve(app: Any, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, finish the requests that are under way (at most `GRACE_S` seconds), return.

    Exits with status 1 if the address is taken.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=75,
    )
    _Server(config).run()


class _Server(uvicorn.Server):
    """uvicorn raises the signal again once it is done; an orderly end is exit status 0 here."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
