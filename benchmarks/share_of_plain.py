"""Requests per second of the app as a drill sees it, as a share of the same app served plainly.

Plain: one uvicorn process of the app, reached directly, nothing of a drill running. Drill: the Deployment on the
embedded cluster as it is, reached through its Service (Envoy), with monitor, scoring, watchdog and the drill's own load
running. Both use the same PostgreSQL and are driven by the same closed-loop Locust users, in turns.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx

from simulator.drill.house import bring_up, take_down
from simulator.drill.plan import Options, plan_experiments
from simulator.drill.stage import set_stage

ROUNDS = 6
SECONDS = 8
USERS = 48
PLAIN = "127.0.0.1:18999"
LOCUSTFILE = """
from locust import FastHttpUser, task

class Researcher(FastHttpUser):
    # The same mix as in a drill, without a pause.
    experiment = None

    @task(3)
    def list_experiments(self):
        self.client.get("/experiments")

    @task(3)
    def read(self):
        if self.experiment:
            self.client.get(f"/experiments/{self.experiment}")

    @task(1)
    def create(self):
        self.experiment = self.client.post("/experiments", json={"name": "benchmark"}).json()["id"]

    @task(3)
    def complete(self):
        self.client.post("/completions", json={"prompt": "how fast is this"})
"""
BIN = Path(sys.executable).parent


def requests_per_s(address: str, folder: Path) -> float:
    """Closed-loop throughput; every request has to succeed."""
    done = subprocess.run(
        f"{BIN}/locust -f {folder}/locustfile.py --headless --host http://{address} --json --skip-log "
        f"-u {USERS} -r {USERS} -t {SECONDS}s".split(),
        capture_output=True,
        text=True,
        check=True,
    )
    stats = json.loads(done.stdout)
    assert not any(entry["num_failures"] for entry in stats), stats
    began = min(entry["start_time"] for entry in stats)
    ended = max(entry["last_request_timestamp"] for entry in stats)
    return float(sum(entry["num_requests"] for entry in stats) / (ended - began))


def pod_environment(kubeconfig: str) -> dict[str, str]:
    """The environment of the app's own container, so that the plain one has the same settings."""
    server = next(
        path for path in Path("/proc").iterdir() if path.name.isdigit() and is_app_pod(path, Path(kubeconfig).parent)
    )
    pairs = (entry.split(b"=", 1) for entry in (server / "environ").read_bytes().split(b"\0") if b"=" in entry)
    return {name.decode(): value.decode() for name, value in pairs if not name.startswith(b"GAMEDAY_")}


def is_app_pod(path: Path, state: Path) -> bool:
    with suppress(OSError):
        is_app = b"-m\0target_app\0" in (path / "cmdline").read_bytes()
        return is_app and f"GAMEDAY_CLUSTER={state}".encode() in (path / "environ").read_bytes().split(b"\0")
    return False


def plainly(env: dict[str, str], folder: Path) -> float:
    host, port = PLAIN.split(":")
    env = {**env, "POD_IP": host, "PORT": port, "LOG_LEVEL": "ERROR"}
    with subprocess.Popen([sys.executable, "-m", "target_app"], env=env, stderr=subprocess.DEVNULL) as app:
        try:
            wait_for(f"http://{PLAIN}/health")
            return requests_per_s(PLAIN, folder)
        finally:
            app.terminate()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=1, trust_env=False).status_code == 200:
                return
        assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.05)


async def in_a_drill(folder: Path) -> float:
    plan = plan_experiments(["crash-loop-bad-config"], Options(users=1), folder)
    async with set_stage(plan, lambda _: None, deploying=False) as stage:
        address = stage.addresses.app_url.removeprefix("http://")
        return await asyncio.to_thread(requests_per_s, address, folder)


def one_round(env: dict[str, str], folder: Path, *, drill_first: bool) -> tuple[float, float]:
    """Plain and in a drill, in changing order, so that a drift of the machine falls on both."""
    if drill_first:
        drill = asyncio.run(in_a_drill(folder))
        return plainly(env, folder), drill
    return plainly(env, folder), asyncio.run(in_a_drill(folder))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "locustfile.py").write_text(LOCUSTFILE)
        cluster = asyncio.run(bring_up(folder, 60, "base", lambda _: None))
        try:
            env = {**os.environ, **pod_environment(cluster.kubeconfig)}
            rounds = [one_round(env, folder, drill_first=bool(number % 2)) for number in range(ROUNDS)]
        finally:
            take_down(folder)
    shares = [drill / plain for plain, drill in rounds]
    for (plain, drill), share in zip(rounds, shares, strict=True):
        print(f"plain {plain:6.0f} /s   in a drill {drill:6.0f} /s   share {share:.2f}")
    print(f"share of plain: median {statistics.median(shares):.2f}, from {min(shares):.2f} to {max(shares):.2f}")


if __name__ == "__main__":
    main()
