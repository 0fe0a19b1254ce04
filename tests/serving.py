"""The scoring service as a process, which may be killed and started again at its address and on its database."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from posting import TOKENS


class Server:
    """A scoring process on a database file."""

    def __init__(self, database: Path, limit: Callable[[], None] | None = None) -> None:
        self.database = database
        self.limit = limit
        self.address = "127.0.0.1:0"
        self.start()

    def start(self) -> None:
        names = {f"GAMEDAY_{role.upper()}_TOKEN": token for role, token in TOKENS.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scoring", "serve", "--database", str(self.database), "--listen", self.address],
            env={**os.environ, **names},
            cwd=self.database.parent,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=self.limit,
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.url = self.ready["url"]
        self.address = self.url.removeprefix("http://")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def as_(self, role: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKENS[role]}"}, timeout=10)
