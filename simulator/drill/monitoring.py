"""The monitor of a game day: the target's own Prometheus files, fitted to this place and to the drill clock."""

import asyncio
import base64
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from simulator.drill.app.watching import rule_texts, scrape_config
from simulator.drill.children import start_and_greet
from simulator.drill.clock import DrillClock
from simulator.drill.target import Target
from simulator.errors import NotPossible
from simulator.monitor.rescale import looks_back_s, rescale_rules

SHORTEST_INTERVAL_S = 0.2
REMEMBERED_S = 2 * 3600.0
"""Drill seconds that the monitor remembers, for people who look back: every pod since then costs each rule time."""
PACE_S = 0.1
_INTERVALS = ("scrape_interval", "scrape_timeout", "evaluation_interval")


@dataclass(frozen=True)
class Places:
    """Addresses that the target's Prometheus file leaves open. `load` and `scoring` are `http://host:port` URLs."""

    kubeconfig: Path
    load: str
    scoring: str
    ingest_token: str


def write_monitoring(target: Target, places: Places, clock: DrillClock, folder: Path) -> Path:
    """Write `prometheus.yml` and the rules, with every duration divided by the clock; returns the former."""
    write_rules(target, clock, folder / "rules")
    config = scrape_config(target)
    for name, wall_s in wall_intervals_s(target, clock).items():
        config["global"][name] = f"{round(wall_s * 1000)}ms"
    (folder / "kubeconfig").write_bytes(places.kubeconfig.read_bytes())
    (folder / "kubeconfig").chmod(0o600)
    (folder / "ingest-token").touch(mode=0o600)
    (folder / "ingest-token").write_text(places.ingest_token)
    config["alerting"] = {
        "alertmanagers": [
            {
                "static_configs": [{"targets": [urlsplit(places.scoring).netloc]}],
                "authorization": {"credentials_file": "ingest-token"},
            }
        ]
    }
    for job in config["scrape_configs"]:
        if job["job_name"] == "load":
            job["static_configs"] = [{"targets": [urlsplit(places.load).netloc]}]
        if job["job_name"] == "kube-state-metrics":
            _lead_to_api_server(job, places.kubeconfig, folder)
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def wall_intervals_s(target: Target, clock: DrillClock) -> dict[str, float]:
    """The target's own scrape and evaluation intervals and its scrape timeout, in wall seconds under the clock."""
    given = scrape_config(target)["global"]
    return {name: max(SHORTEST_INTERVAL_S, clock.wall(_seconds(given[name]))) for name in _INTERVALS}


def write_rules(target: Target, clock: DrillClock, folder: Path) -> list[Path]:
    """Write the target's rules with every duration divided by the clock; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in rule_texts(target).items():
        (folder / name).write_text(rescale_rules(text, clock.factor, file=name))
        written.append(folder / name)
    return written


async def start_monitor(
    config: Path, target: Target, clock: DrillClock, env: Mapping[str, str], owner: AsyncExitStack, log: Path
) -> tuple[str, int]:
    """Start the monitor on `config`; returns its URL and process id. It ends with `owner`. Raises `NotPossible`."""
    lookback = f"{max(2000, round(clock.wall(300) * 1000))}ms"
    remembered = f"{round(clock.wall(remembered_s(target)) * 1000)}ms"
    child, hello = await start_and_greet(
        "monitor",
        [
            sys.executable,
            "-m",
            "simulator.monitor",
            "--config.file",
            config,
            "--web.listen-address",
            "127.0.0.1:0",
            "--web.enable-lifecycle",
            "--query.lookback-delta",
            lookback,
            "--storage.tsdb.retention.time",
            remembered,
        ],
        env=env,
        log=log,
    )
    owner.push_async_callback(child.stop)
    return str(hello["url"]), child.process.pid


async def wait_for_targets(url: str, limit_s: float = 15.0) -> None:
    """Wait until every scrape target is up. Raises `NotPossible` that names those that are not."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while down := await _targets_down(url):
        if loop.time() > deadline:
            raise NotPossible(f"the monitor at {url} cannot read {'; '.join(down)}")
        await asyncio.sleep(PACE_S)


def remembered_s(target: Target) -> float:
    """Drill seconds for which the monitor keeps samples: what people look back at, and all that a rule looks at."""
    return max([REMEMBERED_S, *map(looks_back_s, rule_texts(target).values())])


async def _targets_down(url: str) -> list[str]:
    async with httpx.AsyncClient(base_url=url, timeout=5, trust_env=False) as http:
        try:
            active = (await http.get("/api/v1/targets")).raise_for_status().json()["data"]["activeTargets"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise NotPossible(f"the monitor at {url} does not answer as Prometheus does: {error!r}") from error
    down = [f"{t['scrapeUrl']}: {t['lastError'] or t['health']}" for t in active if t["health"] != "up"]
    return down if active else ["any target, for it has none"]


def _lead_to_api_server(job: dict[str, Any], kubeconfig: Path, folder: Path) -> None:
    """An embedded cluster serves the kube-state-metrics names at its API server; another has its own exporter."""
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    server = urlsplit(cluster["server"])
    if server.hostname != "127.0.0.1" or "token" not in user or "certificate-authority-data" not in cluster:
        return
    (folder / "ca.crt").write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    job["static_configs"] = [{"targets": [server.netloc]}]
    job["scheme"] = "https"
    job["authorization"] = {"credentials": user["token"]}
    job["tls_config"] = {"ca_file": "ca.crt"}


def _seconds(duration: str) -> float:
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    number = duration.rstrip("msh")
    return float(number) * units[duration[len(number) :]]
