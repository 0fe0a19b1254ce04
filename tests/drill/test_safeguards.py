"""Safeguards: read with file and line, looked at by a process of their own, tripped with what was seen."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from simulator.drill.catalog import experiment_file
from simulator.drill.children import start_and_greet
from simulator.drill.plan import Options, plan_experiments, plan_suite
from simulator.drill.safeguards.watching import Tripped, Watch, start_watch
from simulator.drill.safeguards.written import Guards, guards_of_experiment, guards_of_file
from simulator.errors import BadInput, NotPossible
from simulator.processes import marked

PACE_S = 0.2
SWITCH = """
safeguards:
  - name: kill-switch
    type: probe
    tolerance: false
    frequency: {pace}
    provider:
      type: python
      module: simulator.faults.safeguards
      func: is_switched_on
      arguments: {{switch: {switch}}}
"""


def written(folder: Path, text: str, name: str = "safeguards.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def switch_guards(folder: Path, switch: object) -> Guards:
    return guards_of_file(written(folder, SWITCH.format(switch=switch, pace=PACE_S)))


@asynccontextmanager
async def watch(folder: Path, *guards: Guards, **env: str) -> AsyncIterator[Watch]:
    watching = await start_watch(guards, marked("safeguards-test", {**os.environ, **env}), folder / "drill")
    try:
        yield watching
    finally:
        await watching.stop()


def probe(folder: Path, name: str, code: str, **fields: object) -> Guards:
    """A safeguard that is a function of the user's own, in a module beside the file."""
    (folder / f"{name}_module.py").write_text(f"import time\n\n\ndef look():\n    {code}\n")
    provider = {"type": "python", "module": f"{name}_module", "func": "look"}
    text = yaml.safe_dump({"safeguards": [{"name": name, "tolerance": True, "provider": provider, **fields}]})
    return guards_of_file(written(folder, text, f"{name}.yaml"))


class Switchboard(BaseHTTPRequestHandler):
    """Answers with what the path says: /404 with that status, /200/on with that text."""

    def do_GET(self) -> None:
        _, status, *text = self.path.split("/")
        self.send_response(int(status))
        self.end_headers()
        self.wfile.write("/".join(text).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def switchboard() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Switchboard)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


async def test_a_kill_switch_trips_within_the_pace_at_which_it_is_looked_at(tmp_path: Path) -> None:
    async with watch(tmp_path, switch_guards(tmp_path, tmp_path / "stop")) as watching:
        await watching.wait_until_clear()
        (tmp_path / "stop").touch()
        began = time.monotonic()
        with pytest.raises(
            Tripped, match=r"safeguard 'kill-switch' \(.*safeguards.yaml\) tripped: true is outside the tolerance false"
        ):
            await asyncio.wait_for(watching.watch(), 60)
        assert (time.monotonic() - began) / PACE_S < 25, "a few looks, on a machine that does much else"


async def test_a_switch_that_is_on_before_the_drill_keeps_it_from_starting(tmp_path: Path, switchboard: str) -> None:
    for switch in (tmp_path, f"{switchboard}/200/stop", f"{switchboard}/200/1"):
        async with watch(tmp_path, switch_guards(tmp_path, switch)) as watching:
            with pytest.raises(Tripped, match="kill-switch"):
                await watching.wait_until_clear()


async def test_a_switch_that_is_off_is_off(tmp_path: Path, switchboard: str) -> None:
    for switch in (tmp_path / "nothing", f"{switchboard}/404", f"{switchboard}/200/off", f"{switchboard}/200/"):
        async with watch(tmp_path, switch_guards(tmp_path, switch)) as watching:
            await watching.wait_until_clear()


@pytest.mark.parametrize("switch", ["http://127.0.0.1:1/switch", "{switchboard}/500"])
async def test_what_cannot_be_looked_at_counts_as_tripped(tmp_path: Path, switch: str, switchboard: str) -> None:
    async with watch(tmp_path, switch_guards(tmp_path, switch.format(switchboard=switchboard))) as watching:
        with pytest.raises(Tripped, match="counts as tripped: it could not be looked at 3 times: http"):
            await watching.wait_until_clear()


async def test_one_look_that_fails_does_not_trip(tmp_path: Path) -> None:
    state = tmp_path / "asked"
    code = f"import pathlib; p = pathlib.Path({str(state)!r}); n = p.exists(); p.touch(); return n or 1 / 0"
    async with watch(tmp_path, probe(tmp_path, "shaky", code, frequency=PACE_S)) as watching:
        await watching.wait_until_clear()
    assert state.exists()


async def test_a_probe_that_hangs_counts_as_tripped_and_keeps_nobody(tmp_path: Path) -> None:
    async with watch(tmp_path, probe(tmp_path, "hanging", "time.sleep(3600)", frequency=PACE_S)) as watching:
        with pytest.raises(Tripped, match="could not be looked at 3 times: no answer within 5 s"):
            await watching.wait_until_clear()


async def test_without_a_frequency_a_probe_is_looked_at_once_before_the_drill(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    code = f"open({str(asked)!r}, 'a').write('x'); return True"
    async with watch(tmp_path, probe(tmp_path, "once", code), switch_guards(tmp_path, tmp_path / "stop")) as watching:
        await watching.wait_until_clear()
        (tmp_path / "stop").touch()
        with pytest.raises(Tripped):
            await asyncio.wait_for(watching.watch(), 60)
    assert asked.read_text() == "x"


async def test_looking_that_ends_is_told(tmp_path: Path) -> None:
    async with watch(tmp_path, probe(tmp_path, "deadly", "import os; os._exit(7)", frequency=PACE_S)) as watching:
        with pytest.raises(NotPossible, match="safeguards ended with status 7"):
            await watching.wait_until_clear()


async def test_without_safeguards_nothing_is_started_and_nothing_trips(tmp_path: Path) -> None:
    async with watch(tmp_path) as watching:
        await watching.wait_until_clear()
    assert not (tmp_path / "drill").exists()


MONITOR = """
safeguards:
  - name: error-budget
    tolerance: {{type: range, range: [0, {most}]}}
    frequency: 0.2
    provider:
      type: python
      module: simulator.faults.safeguards
      func: value_of
      arguments: {{query: "{query}", url: "${{prometheus_url}}"}}
  - name: payments-is-quiet
    tolerance: false
    frequency: 0.2
    provider:
      type: python
      module: simulator.faults.safeguards
      func: alert_fires
      arguments: {{name: {alert}, url: "${{prometheus_url}}", labels: {{team: payments}}}}
"""
RULES = """
groups:
  - name: others
    interval: 200ms
    rules:
      - {alert: PaymentsDown, expr: vector(1), labels: {team: payments}}
      - {alert: SearchDown, expr: vector(1), labels: {team: search}}
"""


async def first_word(watching: Watch) -> None:
    """An alert may fire only after the first looks."""
    await watching.wait_until_clear()
    await asyncio.wait_for(watching.watch(), 60)


@pytest.mark.parametrize(
    ("query", "most", "alert", "said"),
    [
        ("vector(0.2)", 0.5, "SearchDown", ""),
        ("vector(0.7)", 0.5, "SearchDown", "'error-budget' .*: 0.7 is outside the tolerance .*0.5"),
        ("vector(0.2)", 0.5, "PaymentsDown", "'payments-is-quiet' .*: true is outside the tolerance false"),
        ("no_such_series", 0.5, "SearchDown", "'no_such_series' gives 0 values where one is expected"),
        ("vector(", 0.5, "SearchDown", "refuses 'vector"),
    ],
)
async def test_a_figure_and_another_teams_alert_of_a_prometheus(
    tmp_path: Path, query: str, most: float, alert: str, said: str
) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {evaluation_interval: 200ms}\nrule_files: [rules.yaml]\nscrape_configs: []\n")
    argv = [sys.executable, "-m", "simulator.monitor", "--config.file", config, "--web.listen-address", "127.0.0.1:0"]
    child, hello = await start_and_greet("monitor", argv, env=marked("test"), log=tmp_path / "monitor.log")
    try:
        text = MONITOR.format(query=query, most=most, alert=alert)
        guards = guards_of_file(written(tmp_path, text))
        async with watch(tmp_path, guards, PROMETHEUS_URL=str(hello["url"])) as watching:
            if not said:
                await watching.wait_until_clear()
                return
            with pytest.raises(Tripped, match=said):
                await first_word(watching)
    finally:
        await child.stop()


def test_the_page_shows_a_file_that_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "pipeline.md").read_text()
    text = page.split("```yaml\n# safeguards.yaml")[1].split("```")[0]
    guards = guards_of_file(written(tmp_path, "#" + text))
    assert [each["name"] for each in guards.safeguards] == ["error-budget", "payments-is-quiet", "kill-switch"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("safeguards: []\n", "safeguards.yaml:1: 'safeguards': "),
        ("guards: []\n", "safeguards.yaml:1: 'guards' is no field of a file of safeguards; did you mean 'safeguards'?"),
        ("safeguards:\n - name: a\n   provider: {type: http, url: 'http://x'}\n", "'tolerance' is missing; add it"),
        (
            "safeguards:\n - name: a\n   tolerance: 200\n   provider: {type: htp, url: 'http://x'}\n",
            "safeguards.yaml:2: safeguard 'a': Chaos Toolkit refuses it: unknown provider type 'htp'",
        ),
        (
            "safeguards:\n - {name: a, tolerance: true, provider: {type: python, module: nowhere, func: f}}\n",
            "safeguard 'a': Chaos Toolkit refuses it: could not find Python module 'nowhere'",
        ),
        ("safeguards:\n - {name: a, tolerance: 1, frequency: 0, provider: {}}\n", "'safeguards.0.frequency'"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_line_and_mend(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        plan_experiments(["rate-limited"], Options(safeguards=written(tmp_path, text)), tmp_path)
    assert said in str(error.value)


def test_a_suite_has_safeguards_of_its_own_and_the_command_line_adds_to_them(tmp_path: Path) -> None:
    own = SWITCH.format(switch="/nowhere", pace=1)
    suite = written(tmp_path, f"experiments: [rate-limited]\n{own}", "suite.yaml")
    more = written(tmp_path, own)
    plan = plan_suite(str(suite), Options(safeguards=more), tmp_path)
    assert [len(each.safeguards) for each in plan.guards] == [1, 1]
    written(tmp_path, "experiments: [rate-limited]\nsafeguards:\n - {name: a, tolerance: 1}\n", "suite.yaml")
    with pytest.raises(BadInput, match=r"suite.yaml:3: 'provider' is missing"):
        plan_suite(str(suite), Options(), tmp_path)


def test_an_app_has_safeguards_of_its_own(tmp_path: Path) -> None:
    app = """
name: shop
deploy: {commands: [{name: shop, run: ./serve, port: 8000}]}
load: {requests: [GET /]}
"""
    file = written(tmp_path, app + SWITCH.format(switch="/nowhere", pace=1), "gameday.yaml")
    plan = plan_experiments(["workload/all-pods-down"], Options(app=file), tmp_path)
    assert [(each.folder, len(each.safeguards)) for each in plan.guards] == [(str(tmp_path), 1)]


CONTROL = """
controls:
  - name: safeguard
    provider:
      type: python
      module: chaosaddons.controls.safeguards
      arguments:
        probes:
          - name: kill-switch
            type: probe
            tolerance: 0
            frequency: 0.2
            provider: {type: process, path: "false"}
"""


async def test_the_control_of_chaostoolkit_addons_in_an_experiment_is_heeded(tmp_path: Path) -> None:
    path = written(tmp_path, experiment_file("rate-limited").read_text() + CONTROL, "experiment.yaml")
    guards = guards_of_experiment(path)
    assert [each["name"] for each in guards.safeguards] == ["kill-switch"]
    path.write_text(path.read_text().replace("frequency: 0.2", "frequency: often"))
    with pytest.raises(BadInput, match=r"experiment.yaml:\d+: 'probes.0.frequency'"):
        guards_of_experiment(path)
