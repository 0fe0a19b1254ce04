"""Stories through the front door: the real process, a real target, a real receiver of alerts."""

import asyncio
import base64
import json
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
import yaml
from aiohttp import web

from simulator.drill.pace import total
from simulator.processes import die_with_parent

RULES = """\
groups:
  - name: api
    rules:
      - record: job:errors:share
        expr: sum by (job) (rate(requests_total{code="500"}[3s])) / sum by (job) (rate(requests_total[3s]))
      - alert: HighErrorShare
        expr: job:errors:share > 0.2
        for: 300ms
        labels: {severity: page}
        annotations: {summary: "{{ $labels.job }}: {{ $value | humanizePercentage }} of requests fail"}
"""


class World:
    """An app that exposes counters, a receiver of alerts and a Kubernetes API, on one loopback port."""

    def __init__(self) -> None:
        self.good = self.bad = 0
        self.is_failing = False
        self.is_breaking_scrapes = False
        self.alerts: list[dict[str, Any]] = []
        self.heard = asyncio.Condition()
        self.pods: list[dict[str, Any]] = []
        self.watchers: list[asyncio.Queue[dict[str, Any]]] = []
        self.port = self.tls_port = 0
        self.authority = trustme.CA()

    async def metrics(self, request: web.Request) -> web.Response:
        if self.is_breaking_scrapes:
            return web.Response(status=500)
        self.good += 10
        self.bad += 10 if self.is_failing else 0
        lines = [f'requests_total{{code="200"}} {self.good}', f'requests_total{{code="500"}} {self.bad}']
        return web.Response(text="# TYPE requests_total counter\n" + "\n".join(lines) + "\n")

    async def receive(self, request: web.Request) -> web.Response:
        async with self.heard:
            self.alerts += await request.json()
            self.heard.notify_all()
        return web.Response()

    async def wait_for_alert(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(20), self.heard:
            await self.heard.wait_for(lambda: any(is_wanted(alert) for alert in self.alerts))
        return next(alert for alert in self.alerts if is_wanted(alert))

    async def list_or_watch(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == "Bearer secret"
        if "watch" not in request.query:
            return web.json_response({"metadata": {"resourceVersion": "7"}, "items": self.pods})
        response = web.StreamResponse()
        await response.prepare(request)
        events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.watchers.append(events)
        while True:
            await response.write(json.dumps(await events.get()).encode() + b"\n")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    app = web.Application()
    app.router.add_get("/metrics", world.metrics)
    app.router.add_post("/in/api/v2/alerts", world.receive)
    app.router.add_get("/api/v1/namespaces/ns/pods", world.list_or_watch)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    world.authority.issue_cert("127.0.0.1").configure_cert(tls)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    world.port, world.tls_port = (address[1] for address in runner.addresses)
    yield world
    await runner.cleanup()


@asynccontextmanager
async def monitor(folder: Path, config: dict[str, Any], *flags: str) -> AsyncIterator[str]:
    """The monitor's process on a free port; gives its address, and checks that it ends cleanly."""
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator.monitor", "--config.file", str(folder / "prometheus.yml")),
        *("--web.listen-address", "127.0.0.1:0", *flags),
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        url = json.loads(await process.stdout.readline())["url"]
    try:
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() == 0


async def ask(url: str, path: str, **params: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}", params=params) as response:
        return await response.json()


async def until(url: str, path: str, is_so: Callable[[Any], bool], **params: str) -> Any:
    """Asks until the answer's data are as wanted; at most 20 s."""
    async with asyncio.timeout(20):
        while not is_so(data := (await ask(url, path, **params))["data"]):
            await asyncio.sleep(0.02)
    return data


async def test_an_app_that_starts_to_fail_raises_an_alert_that_resolves_when_it_is_well_again(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    config = {
        "global": {"scrape_interval": "100ms", "evaluation_interval": "100ms", "external_labels": {"drill": "7"}},
        "rule_files": ["rules.yml"],
        "alerting": {
            "alertmanagers": [{"path_prefix": "/in", "static_configs": [{"targets": [f"127.0.0.1:{world.port}"]}]}]
        },
        "scrape_configs": [{"job_name": "api", "static_configs": [{"targets": [f"127.0.0.1:{world.port}"]}]}],
    }
    async with monitor(tmp_path, config) as url:
        await until(url, "/api/v1/query", lambda data: bool(data["result"]), query='job:errors:share{job="api"} == 0')
        assert world.alerts == []
        world.is_failing = True
        fired = await world.wait_for_alert(lambda alert: alert["labels"]["alertname"] == "HighErrorShare")
        assert fired["labels"] == {
            "alertname": "HighErrorShare", "job": "api", "severity": "page", "drill": "7",
        }  # fmt: skip
        assert fired["annotations"]["summary"].endswith("% of requests fail")
        assert fired["generatorURL"].startswith(url)
        (active,) = (await ask(url, "/api/v1/alerts"))["data"]["alerts"]
        assert (active["state"], active["labels"]["alertname"]) == ("firing", "HighErrorShare")
        assert active["activeAt"] < fired["startsAt"] < fired["endsAt"]
        (group,) = (await ask(url, "/api/v1/rules", type="alert"))["data"]["groups"]
        assert [(rule["state"], rule["health"]) for rule in group["rules"]] == [("firing", "ok")]
        world.is_failing = False
        ended = await world.wait_for_alert(
            lambda alert: alert["startsAt"] == fired["startsAt"] and alert["endsAt"] < fired["endsAt"]
        )
        assert ended["labels"] == fired["labels"]
        assert (await ask(url, "/api/v1/alerts"))["data"]["alerts"] == []
        await when_the_app_cannot_be_scraped(world, url)


async def when_the_app_cannot_be_scraped(world: World, url: str) -> None:
    """It is down and its series end; the API answers and refuses as Prometheus does."""
    world.is_breaking_scrapes = True
    await until(url, "/api/v1/query", lambda data: bool(data["result"]), query="up == 0")
    assert (await ask(url, "/api/v1/query", query="requests_total"))["data"]["result"] == []
    (target,) = (await ask(url, "/api/v1/targets"))["data"]["activeTargets"]
    assert (target["health"], target["scrapeInterval"]) == ("down", "100ms")
    assert "HTTP status 500" in target["lastError"]
    history = (await ask(url, "/api/v1/query", query="up[1h]"))["data"]
    values = [value for _, value in history["result"][0]["values"]]
    assert (history["resultType"], values[0], values[-1]) == ("matrix", "1", "0")
    bad = await ask(url, "/api/v1/query", query="rate(up)")
    assert (bad["status"], bad["errorType"]) == ("error", "bad_data")
    ends = history["result"][0]["values"]
    found = await ask(url, "/api/v1/query_range", query="up", start=str(ends[0][0]), end=str(ends[-1][0]), step="100ms")
    assert len(found["data"]["result"][0]["values"]) >= len(ends)
    assert (await ask(url, "/api/v1/label/job/values"))["data"] == ["api"]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/metrics") as response:
            shown = await response.text()
            assert "gameday_monitor_schedule_lag_seconds " in shown
            due, missed = (total(shown, f"prometheus_rule_group_iterations{kind}_total") for kind in ("", "_missed"))
            assert due >= len(values), "an evaluation for each scrape at least, whether done or left out"
            assert 0 <= missed <= due
        async with session.get(f"{url}/-/ready") as response:
            assert response.status == 200


async def test_rules_are_read_anew_when_asked_and_those_that_stay_keep_their_alerts(
    world: World, tmp_path: Path
) -> None:
    world.is_failing = True
    (tmp_path / "rules.yml").write_text(RULES + "      - {alert: Always, expr: vector(1)}\n")
    config = {
        "global": {"scrape_interval": "100ms", "evaluation_interval": "100ms"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": "api", "static_configs": [{"targets": [f"127.0.0.1:{world.port}"]}]}],
    }

    def names(data: Any) -> list[tuple[str, str]]:
        return sorted((alert["labels"]["alertname"], alert["state"]) for alert in data["alerts"])

    async with monitor(tmp_path, config, "--web.enable-lifecycle") as url, aiohttp.ClientSession() as session:
        both = [("Always", "firing"), ("HighErrorShare", "firing")]
        await until(url, "/api/v1/alerts", lambda data: names(data) == both)
        before = (await ask(url, "/api/v1/alerts"))["data"]["alerts"]
        (tmp_path / "rules.yml").write_text(RULES)
        async with session.post(f"{url}/-/reload") as response:
            assert response.status == 200
        after = (await ask(url, "/api/v1/alerts"))["data"]["alerts"]
        assert names({"alerts": after}) == [("HighErrorShare", "firing")]
        assert after[0]["activeAt"] in {alert["activeAt"] for alert in before}, "it fires on, not anew"
        (tmp_path / "rules.yml").write_text("groups: 7")
        async with session.post(f"{url}/-/reload") as response:
            assert response.status == 500
        await until(url, "/api/v1/alerts", lambda data: names(data) == [("HighErrorShare", "firing")])


async def test_pods_are_found_as_they_come_and_lost_as_they_go(world: World, tmp_path: Path) -> None:
    def pod(name: str, ip: str) -> dict[str, Any]:
        ports = [{"containerPort": world.port}]
        return {
            "metadata": {"name": name, "namespace": "ns", "resourceVersion": "8"},
            "spec": {"containers": [{"name": "api", "ports": ports}]},
            "status": {"podIP": ip, "phase": "Running"},
        }

    server = f"https://127.0.0.1:{world.tls_port}"
    authority = base64.b64encode(world.authority.cert_pem.bytes()).decode()
    kubeconfig = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
    search = {"role": "pod", "kubeconfig_file": "kubeconfig", "namespaces": {"names": ["ns"]}}
    relabelling = {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"}
    job = {"job_name": "pods", "kubernetes_sd_configs": [search], "relabel_configs": [relabelling]}
    (tmp_path / "ca.pem").write_bytes(world.authority.cert_pem.bytes())
    secure = {
        "job_name": "secure",
        "scheme": "https",
        "tls_config": {"ca_file": "ca.pem"},
        "static_configs": [{"targets": [f"127.0.0.1:{world.tls_port}"], "labels": {"pod": "none"}}],
    }
    config = {"global": {"scrape_interval": "50ms"}, "scrape_configs": [job, secure]}
    world.pods = [pod("first", "127.0.0.1")]

    def pods(data: Any) -> set[str]:
        return {result["metric"]["pod"] for result in data["result"]}

    async with monitor(tmp_path, config) as url:
        await until(url, "/api/v1/query", lambda data: pods(data) == {"first", "none"}, query="up == 1")
        world.watchers[0].put_nowait({"type": "ADDED", "object": pod("second", "127.0.0.2")})
        await until(url, "/api/v1/query", lambda data: pods(data) == {"first", "second"}, query='up{job="pods"}')
        world.watchers[0].put_nowait({"type": "DELETED", "object": pod("first", "127.0.0.1")})
        await until(url, "/api/v1/query", lambda data: pods(data) == {"second"}, query='up{job="pods"}')


@pytest.mark.parametrize(
    ("flags", "rules", "message"),
    [
        ((), "groups: [{name: g, rules: [{alert: A, expr: 'rate(x)'}]}]", "rules.yml:1: field 'groups[0].rules[0]"),
        (("--config.fil", "x"), "groups: []", "--config.fil"),
        (("--web.listen-address", "here"), "groups: []", "is not HOST:PORT"),
        (("--query.lookback-delta", "long"), "groups: []", "'long' is not a duration"),
    ],
)
async def test_bad_input_is_one_line_and_exit_status_2(
    flags: tuple[str, ...], rules: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "rules.yml").write_text(rules)
    (tmp_path / "prometheus.yml").write_text("rule_files: [rules.yml]\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator.monitor", "--config.file", str(tmp_path / "prometheus.yml")),
        *flags,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    async with asyncio.timeout(30):
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert message in errors.decode()
    assert len(errors.decode().splitlines()) == 1
