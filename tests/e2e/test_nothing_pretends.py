"""With nobody to respond, the incidents last, and one can look at them: they are what they are called."""

import json
import re
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from playing import Home

CLOCK = 120
MANIFESTS = Path(__file__).parents[2] / "target_app" / "deploy" / "base"
NS = "llm-research"


class Witness(threading.Thread):
    """Looks at the cluster again and again until stopped, and keeps what it saw."""

    def __init__(self, look: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.seen: list[Any] = []
        self._look = look
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.25):
            try:
                self.seen.append(self._look())
            except (httpx.HTTPError, psycopg.Error, json.JSONDecodeError):
                continue

    def stop(self) -> list[Any]:
        self._over.set()
        self.join(timeout=30)
        return self.seen


@pytest.fixture(scope="module")
def up(shared_home: Home) -> Home:
    status, output = shared_home.run("up", "--clock", CLOCK)
    assert status == 0, output
    return shared_home


def address(home: Home, service: str) -> str:
    return home.kubectl("get", "service", service, "-n", NS, "-o", "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}")


def endure(
    home: Home, experiment: str, look: Callable[[], Any], *, clock: int = CLOCK, variant: str = "base"
) -> tuple[dict[str, Any], list[Any]]:
    """Play with nobody responding; the drill's result and what the witness saw meanwhile."""
    witness = Witness(look)
    witness.start()
    name = f"{experiment}.json" if variant == "base" else f"{experiment}-{variant}.json"
    options = ("--responder", "none", "--clock", clock, "--variant", variant, "--json", name)
    status, output = home.run("run", experiment, *options)
    seen = witness.stop()
    assert status == 1, output
    return home.drills(name)[0], seen


def assert_missed(drill: dict[str, Any]) -> None:
    card = drill["scorecard"]
    verdicts = {name: card["measures"][name]["verdict"] for name in ("ttd", "tta", "ttc", "ttm")}
    assert drill["verdict"] == "scored"
    assert verdicts == {"ttd": "met", "tta": "missed", "ttc": "missed", "ttm": "missed"}
    assert [fail["what"] for fail in card["hard_fails"]] == ["never_mitigated"]
    assert not card["sla_met"]
    assert card["mark"] == "U"


def test_the_crash_loop_is_a_crash_loop(up: Home) -> None:
    def look() -> list[tuple[str, int]]:
        pods = json.loads(up.kubectl("get", "pods", "-n", NS, "-l", "app=llm-research-api", "-o", "json"))["items"]
        return [
            (status["state"].get("waiting", {}).get("reason", ""), status["restartCount"])
            for pod in pods
            for status in pod["status"].get("containerStatuses", [])
        ]

    drill, seen = endure(up, "crash-loop-bad-config", look)
    assert_missed(drill)
    looping = [restarts for pods in seen for reason, restarts in pods if reason == "CrashLoopBackOff"]
    assert looping
    assert max(looping) > min(looping) >= 1, "restart counts grow"
    windows = [
        [count for task, count in window["tasks"].items() if task != "POST /sign-in" and count["requests"]]
        for window in drill["timeline"]["impact"]
    ]
    unserved = [counts for counts in windows if counts and all(c["failures"] == c["requests"] for c in counts)]
    assert unserved, "the API serves nobody; sign-in is a service of its own"


def test_the_exhausted_connections_are_postgresqls_own(up: Home) -> None:
    url = f"postgresql://oncall:oncall@{address(up, 'postgres')}/research"

    def look() -> tuple[int, str]:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            ).fetchone()
        log = up.kubectl("logs", "-n", NS, "-l", "app=llm-research-api", "--tail=20")
        return (row[0] if row else 0), log

    drill, seen = endure(up, "connection-exhaustion", look)
    assert_missed(drill)
    assert max(count for count, _ in seen) >= 35, "45 slots less 3 for superusers and 7 reserved"
    assert any("remaining connection slots are reserved" in log for _, log in seen), "the app logs the server's words"


def test_the_rate_limit_is_the_providers(up: Home) -> None:
    url = f"http://{address(up, 'provider-openai')}/metrics"

    def look() -> float:
        text = httpx.get(url, timeout=2, trust_env=False).text
        return sum(float(n) for n in re.findall(r'provider_requests_total\{[^}]*status="429"[^}]*\} (\S+)', text))

    drill, seen = endure(up, "rate-limited", look, clock=2 * CLOCK)
    assert_missed(drill)
    rising = [b - a for a, b in pairwise(seen) if b > a]
    assert len(rising) > 10, "429 answers rise as long as the drill lasts"


def test_a_gradual_rollout_of_the_same_mistake_costs_users_less(up: Home) -> None:
    all_at_once = up.drills("crash-loop-bad-config.json")[0]["scorecard"]["requests_failed"]
    drill, _ = endure(up, "crash-loop-bad-config", lambda: None, variant="gradual")
    assert drill["scorecard"]["requests_failed"] == 0 < all_at_once


def test_what_was_up_before_is_up_afterwards_and_whole(up: Home) -> None:
    deployments = json.loads(up.kubectl("get", "deployments", "-n", NS, "-o", "json"))["items"]
    names = {d["metadata"]["name"] for d in deployments}
    manifests = yaml.safe_load_all(up.kubectl("kustomize", str(MANIFESTS)))
    assert names == {each["metadata"]["name"] for each in manifests if each["kind"] == "Deployment"}
    deadline = time.monotonic() + 30
    while "3/3" not in up.kubectl("get", "deployment", "llm-research-api", "-n", NS):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert up.processes("run-") == []
