"""With nobody to respond, the incidents last, and one can look at them: they are what they are called."""

import json
import re
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import psycopg
from playing import Home

CLOCK = 120
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


def address(home: Home, service: str) -> str:
    return home.kubectl("get", "service", service, "-n", NS, "-o", "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}")


def endure(home: Home, look: Callable[[], Any], *experiments: str) -> tuple[dict[str, Any], list[Any]]:
    """Play with nobody responding; the drill's result and what the witness saw meanwhile."""
    witness = Witness(look)
    witness.start()
    together = ["--together"] if len(experiments) > 1 else []
    options = ("--responder", "none", "--clock", CLOCK, "--json", "out.json")
    status, output = home.run("run", *experiments, *together, *options)
    seen = witness.stop()
    assert status == 1, output
    (drill,) = home.drills()
    return drill, seen


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

    drill, seen = endure(up, look, "crash-loop-bad-config")
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


def test_connections_are_exhausted_at_postgresql_and_the_rate_is_limited_by_the_provider(up: Home) -> None:
    database = f"postgresql://oncall:oncall@{address(up, 'postgres')}/research"
    provider = f"http://{address(up, 'provider-openai')}/metrics"

    def look() -> tuple[int, str, float]:
        with psycopg.connect(database, connect_timeout=2) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            ).fetchone()
        log = up.kubectl("logs", "-n", NS, "-l", "app=llm-research-api", "--tail=20")
        text = httpx.get(provider, timeout=2, trust_env=False).text
        refused = re.findall(r'provider_requests_total\{[^}]*status="429"[^}]*\} (\S+)', text)
        return (row[0] if row else 0), log, sum(map(float, refused))

    drill, seen = endure(up, look, "connection-exhaustion", "rate-limited")
    assert_missed(drill)
    assert not any(fault["mitigated"] for fault in drill["scorecard"]["faults"])
    assert max(count for count, _, _ in seen) >= 35, "45 slots less 3 for superusers and 7 reserved"
    assert any("remaining connection slots are reserved" in log for _, log, _ in seen), "the server's own words"
    rising = [b - a for (_, _, a), (_, _, b) in pairwise(seen) if b > a]
    assert len(rising) > 10, "429 answers rise as long as the drill lasts"
