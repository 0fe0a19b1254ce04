"""How long a scorecard of 100,000 events takes, and what a running drill's costs at its 10th and its 10,000th event.

The drill is made up: every second a load window, a check of the oracle, an alert that fires and one that is resolved,
and an action; an update every quarter of a minute. From a file it is read, checked and scored; with hashes the whole
chain is proven too. Reading its JSON alone, by orjson, is what everything is held against.

    python benchmarks/scorecard_speed.py [--events 100000] [--rounds 5]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from scoring.files import parse_timeline
from scoring.playbook import Playbook
from scoring.playbook.file import load_playbook
from scoring.scorecard import score
from scoring.scorecard.live import LiveScore
from scoring.timeline import Baseline, Drill, Event, Timeline, Truth, Window
from scoring.timeline.chain import genesis, link
from scoring.timeline.collector import paused

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
DRILL = Drill(id="made-up", clock=60, started_at=START, playbook="llm-research-lab")
TRUTH = Truth(failure_mode="database/connection-exhaustion", component="postgres", alerts=("SlotsExhausted",))
BASELINE = Baseline(requests_per_s=60, error_share=0, p95_ms=40, longest_for_s=300)
SAW = {
    "alerts_quiet": "none fires",
    "rules_intact": "6739e3e273ee",
    "services": "llm-research-api, postgres, provider-anthropic, provider-openai",
    "ready_replicas": "llm-research-api 3, postgres 1",
    "features": "all",
    "data_canary": "100 rows, a2e236bc023e4f29",
}
LOOKS = (10, 100, 1_000, 10_000)
AROUND = 60
"""So many events from each on are looked at."""


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def one_second(second: int, *, ok: bool) -> Iterator[Event]:
    """What happens in a second of the drill."""
    seen = [{"name": name, "ok": ok or name != "ready_replicas", "seen": text} for name, text in SAW.items()]
    checked = {"phase": "mitigated", "ok": ok, "conditions": seen}
    yield Event(kind="oracle.checked", occurred_at=at(second + 0.1), source="oracle", data=checked)
    name = "DiskSlow" if ok else "SlotsExhausted"
    labels = {"alertname": name, "severity": "critical", "pod": f"api-{second % 7}"}
    alert = {
        "labels": labels,
        "annotations": {"summary": "too slow for too long"},
        "fingerprint": f"{name}{second % 7}",
    }
    for kind, when in (("alert.firing", 0.2), ("alert.resolved", 0.7)):
        key = f"{kind}/{name}@{second}"
        yield Event.model_validate(
            {"kind": kind, "occurred_at": at(second + when), "source": "monitor", "data": alert, "key": key}
        )
    action = {
        "by": "shell",
        "command": "kubectl get pods -n llm-research",
        "exit_status": 0,
        "output": "NAME READY\n" * 4,
    }
    yield Event(kind="action.taken", occurred_at=at(second + 0.3), source="shell", data=action)
    if second % 15 == 0:
        said = {"audiences": ["responders", "customers"], "status": "investigating", "impact": "40 % of requests fail"}
        yield Event(kind="update.posted", occurred_at=at(second + 0.4), source="responder", data=said)


def load(second: int, *, ok: bool) -> Window:
    failures = 0 if ok else 24
    return Window(
        at=at(second), seconds=1, requests=60, failures=failures, p50_ms=3.2, p95_ms=40 + second % 9, users=30
    )


def made_up(count: int) -> Timeline:
    """A drill of so many events, half of which users suffer."""
    events = [Event(kind="fault.injected", occurred_at=at(0.5)), Event(kind="incident.acknowledged", occurred_at=at(5))]
    windows, second = [], 0
    while len(events) < count:
        ok = second < 2 or len(events) > count / 2
        windows.append(load(second, ok=ok))
        events += one_second(second, ok=ok)
        second += 1
    events = [event.model_copy(update={"received_at": event.occurred_at + timedelta(seconds=0.05)}) for event in events]
    return Timeline(drill=DRILL, truth=TRUTH, baseline=BASELINE, events=tuple(events[:count]), impact=tuple(windows))


def chained(timeline: Timeline) -> Timeline:
    """The same as a record keeps it, each event with the hash of the one before."""
    events, before = [], genesis(timeline.drill.id)
    for event in timeline.events:
        events.append(link(event, before))
        before = events[-1].hash or ""
    return timeline.model_copy(update={"events": tuple(events)})


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def whole(count: int, rounds: int, playbook: Playbook) -> None:
    """Scorecards of whole timelines, each step in turns with the others."""
    plain = made_up(count)
    text = plain.to_json().encode()
    with_hashes = chained(plain)
    text_with_hashes = with_hashes.to_json().encode()
    steps: dict[str, Callable[[], Any]] = {
        "JSON alone, by orjson": lambda: orjson.loads(text),
        "read": lambda: parse_timeline(text, "made up"),
        "score": lambda: score(plain, playbook),
        "read and score": lambda: score(parse_timeline(text, "made up"), playbook),
        "prove and score": lambda: score(with_hashes, playbook),
        "read, prove and score": lambda: score(parse_timeline(text_with_hashes, "made up"), playbook),
    }
    took: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, work in steps.items():
            with paused():
                took[name].append(timed(work))
    print(f"{count} events, {len(plain.impact)} load windows, {len(text) / 1e6:.0f} MB, {rounds} rounds")
    usual = statistics.median(took["JSON alone, by orjson"])
    for name, each in took.items():
        median = statistics.median(each)
        print(f"  {name:22} median {median:6.0f} ms, least {min(each):6.0f} ms, {median / usual:5.1f} × the JSON alone")


def live(rounds: int, playbook: Playbook, *, was_stopped: bool) -> None:
    """What it costs to take in one event and to give the scorecard, as a drill goes on."""
    took: dict[int, list[float]] = {start: [] for start in LOOKS}
    for _ in range(rounds):
        for number, each in enumerate(_each_event(playbook, was_stopped=was_stopped), 2):
            start = max((start for start in LOOKS if start <= number), default=0)
            if start and number < start + AROUND:
                took[start].append(each)
    which = "a running drill whose clock was stopped" if was_stopped else "a running drill"
    print(f"{which}, {rounds} rounds: an event taken in and the scorecard given")
    for start, each_ms in took.items():
        most = statistics.quantiles(each_ms, n=10)[-1]
        print(f"  from event {start:6}       median {statistics.median(each_ms):6.2f} ms, 9 of 10 within {most:.2f} ms")
    first, second, *_, last = (statistics.median(each_ms) for each_ms in took.values())
    print(f"  the last is {last / second:.2f} × the second; {last / first:.2f} × the first, when nothing is due yet")


def _each_event(playbook: Playbook, *, was_stopped: bool) -> Iterator[float]:
    """Milliseconds for each event of a drill."""
    drill = LiveScore(DRILL, TRUTH, playbook, BASELINE)
    drill.add([Event(kind="fault.injected", occurred_at=at(0.5))])
    if was_stopped:
        stop = Event(kind="clock.stopped", occurred_at=at(0.6)), Event(kind="clock.started", occurred_at=at(0.9))
        drill.add(stop)
    second, left = 0, LOOKS[-1] + AROUND
    while left > 0:
        drill.add_windows([load(second, ok=second < 2)])
        for event in one_second(second, ok=second < 2):
            began = time.perf_counter()
            drill.add([event])
            drill.scorecard()
            yield (time.perf_counter() - began) * 1000
            left -= 1
        second += 1


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    playbook = load_playbook("llm-research-lab")
    for was_stopped in (False, True):
        live(min(3, given.rounds), playbook, was_stopped=was_stopped)
    whole(given.events, given.rounds, playbook)


if __name__ == "__main__":
    main()
