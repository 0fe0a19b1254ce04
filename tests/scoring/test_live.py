"""A running drill's scorecard is, at every step, that of a timeline of what is known, and costs no more as it grows."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.files import read_timeline
from scoring.playbook import Playbook
from scoring.scorecard import score
from scoring.scorecard.live import LiveScore
from scoring.scorecard.severity import Gravities
from scoring.scorecard.updates import Updates
from scoring.story.alerts import Alerts, Loud
from scoring.story.checks import Checks, Seen
from scoring.story.chronicle import Chronicle
from scoring.story.impact import Impact
from scoring.story.load import Load
from scoring.story.looks import Looks
from scoring.timeline import Baseline, Drill, Event, Kind, Timeline, Truth, Window
from scoring.timeline.chain import genesis, link

GENTLE = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.timeline.json"))
START = datetime(2026, 1, 5, 10, tzinfo=UTC)
SLOTS = {"labels": {"alertname": "SlotsExhausted"}, "fingerprint": "slots"}
DISK = {"labels": {"alertname": "DiskSlow"}}
STEPS: Sequence[tuple[Kind, dict[str, Any]]] = (
    ("fault.injected", {}),
    ("fault.reverted", {}),
    ("impact.started", {"error_share": 0.4, "p95_ms": 90.0}),
    ("impact.ended", {}),
    ("alert.firing", SLOTS),
    ("alert.resolved", SLOTS),
    ("alert.firing", DISK),
    ("incident.acknowledged", {}),
    ("incident.declared", {"severity": "SEV-2"}),
    ("incident.reclassified", {"severity": "SEV-1"}),
    ("update.posted", {"audiences": ["responders"], "status": "investigating", "impact": "40 % fail"}),
    ("update.posted", {"audiences": ["customers"], "status": "monitoring", "next_step": "wait"}),
    ("update.posted", {"status": "resolved", "closing": True}),
    ("incident.escalated", {"to": "Engineering Manager", "by": "phone"}),
    ("diagnosis.submitted", {"component": "postgres", "failure_mode": "connection-exhaustion"}),
    ("action.taken", {"by": "shell", "command": "kubectl delete pod llm-research-api-0"}),
    ("incident.resolved", {}),
    ("review.filed", {"parts": {"timeline": "all of it"}}),
    ("hint.taken", {"level": 1, "cost": 2.5}),
    ("hint.taken", {"level": 2, "cost": 30}),
    ("drill.ended", {}),
)
CLOCK_STEPS: Sequence[tuple[Kind, dict[str, Any]]] = (
    ("clock.stopped", {}),
    ("clock.started", {}),
    ("clock.advanced", {"drill_seconds": 300}),
)
TRUTH = Truth(failure_mode="database/connection-exhaustion", component="postgres", alerts=("SlotsExhausted",))
BASELINE = Baseline(requests_per_s=50, error_share=0, p95_ms=40, longest_for_s=120)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def check(second: float, *, ok: bool, phase: str = "mitigated", **also: bool) -> Event:
    seen = [{"name": name, "ok": value, "seen": f"at {second} s"} for name, value in {"services": True, **also}.items()]
    seen.append({"name": "ready_replicas", "ok": ok, "seen": f"at {second} s"})
    data = {"phase": phase, "ok": ok, "conditions": seen}
    return Event(kind="oracle.checked", occurred_at=at(second), source="oracle", data=data)


def bare(second: float, kind: Kind) -> Event:
    return Event(kind=kind, occurred_at=at(second))


def window(second: float, failed_share: float, *, requests: int = 50, p95_ms: float = 40, **also: Any) -> Window:
    failures = round(requests * failed_share)
    return Window(at=at(second), requests=requests, failures=failures, p95_ms=p95_ms, **also)


def any_drill(random: Random) -> Timeline:
    """A drill of about a minute: phases of load and checks, and steps at any time, with keys and without."""
    choose, length = random.choice, random.choice([20, 50, 50])
    step, says_seconds = choose([1, 1, 1, 2]), choose([True, False])
    cuts = sorted(random.sample(range(1, length), 4))
    shares = [choose([0, 0, 0, 0.03, 0.2, 1]) for _ in range(5)]
    is_well = [share == 0 if random.random() < 0.8 else choose([True, False]) for share in shares]
    windows, checks, flips = [], [], choose([0, 0.05, 0.3])
    for second in range(0, length, step):
        phase = sum(cut <= second for cut in cuts)
        also: dict[str, Any] = {"seconds": step} if says_seconds else {}
        if random.random() < 0.2:
            also |= choose([{"requests": 0}, {"p95_ms": 2500}, {"users": 10, "users_affected": 4}, {"requests": 9}])
        if random.random() > 0.03:
            share = shares[phase] if random.random() > flips else choose(shares)
            windows.append(window(second, share, **{"requests": 50 * step, **also}))
        if random.random() > 0.03:
            ok, look = is_well[phase] == (random.random() > 0.02), choose(["mitigated"] * 9 + ["recovered"])
            checks.append(check(second + 0.1, ok=ok, phase=look, rules_intact=random.random() > 0.02))
    steps = [(second, *choose(STEPS)) for second in (random.randrange(4 * length) / 4 for _ in range(25))]
    steps += [(second, "alert.firing", SLOTS) for second in random.sample(range(length), 3)]
    steps += [(random.randrange(length // 2), "fault.injected", {})] * (random.random() < 0.8)
    if random.random() < 0.5:
        steps += [(random.randrange(4 * length) / 4, *choose(CLOCK_STEPS)) for _ in range(random.randrange(1, 6))]
    told = [
        Event(kind=kind, occurred_at=at(second), source="people", data=data, key=choose([None, f"{kind}/{i % 20}"]))
        for i, (second, kind, data) in enumerate(steps)
        if kind != "drill.ended" or second > length / 2
    ]
    return Timeline(
        drill=Drill(id="told", clock=60, started_at=START, ended_at=choose([None, None, at(length)])),
        truth=TRUTH.model_copy(update={"control": random.random() < 0.1}),
        baseline=choose([None, BASELINE, BASELINE, BASELINE]),
        events=(*told, *(checks if random.random() < 0.7 else ())),
        impact=tuple(windows if random.random() < 0.8 else ()),
    )


def shuffled(things: Sequence[Any], when: Callable[[Any], datetime], random: Random) -> list[Any]:
    """In order but for some that are late, a few of them by a lot; some twice, the second time not always the same."""
    again = random.choices(things, k=random.randrange(4)) if things else []
    changed = [thing.model_copy(update=_moved(thing, random)) if random.random() < 0.5 else thing for thing in again]
    late = random.choice([[0.0], [0.0] * 9 + [3.0, 30.0], [0.0, 2.0, 4.0], [0.0, 0.0, 20.0]])
    delay = {id(thing): timedelta(seconds=random.uniform(0, random.choice(late))) for thing in (*things, *changed)}
    return sorted([*things, *changed], key=lambda thing: when(thing) + delay[id(thing)])


def _moved(thing: Event | Window, random: Random) -> dict[str, Any]:
    if isinstance(thing, Window):
        return {"requests": thing.requests + random.choice([-1, 1]) if thing.requests > 1 else 0}
    other = {"occurred_at": thing.occurred_at + timedelta(seconds=random.choice([-3, 3]))}
    return random.choice([other, {"key": random.choice([None, "a", "z"])}, {"source": "monitor"}])


def follow(timeline: Timeline, playbook: Playbook, random: Random, looks: float = 0.3) -> None:
    """Tell a drill bit by bit, and compare with the scorecard of as much of the timeline."""
    events = shuffled(timeline.events, lambda event: event.occurred_at, random)
    windows = shuffled(timeline.impact, lambda window: window.at, random)
    known = timeline.model_copy(update={"events": (), "impact": (), "baseline": None})
    assert timeline.truth is not None
    live = LiveScore(known.drill, timeline.truth, playbook)
    while events or windows:
        count = random.choice([1, 1, 2, 10])
        if random.random() < len(events) / (len(events) + len(windows)):
            some, events = events[:count], events[count:]
            live.add(some)
            known = known.model_copy(update={"events": (*known.events, *some)})
        else:
            more, windows = windows[:count], windows[count:]
            live.add_windows(more)
            known = known.model_copy(update={"impact": (*known.impact, *more)})
        if known.baseline is None and timeline.baseline is not None and random.random() < 0.3:
            live.set_baseline(timeline.baseline)
            known = known.model_copy(update={"baseline": timeline.baseline})
        if random.random() < looks or not (events or windows):
            assert live.scorecard().to_json() == score(known, playbook).to_json()


@GENTLE
@given(seed=st.integers(0, 2**32))
def test_at_every_step_it_is_the_scorecard_of_what_is_known(seed: int, playbook: Playbook) -> None:
    random = Random(seed)
    follow(any_drill(random), playbook, random)


@GENTLE
@given(seed=st.integers(0, 2**32))
def test_indexes_that_grew_are_those_made_at_once(seed: int, playbook: Playbook) -> None:
    random = Random(seed)
    timeline = any_drill(random)
    events = shuffled(timeline.events, lambda event: event.occurred_at, random)
    windows = shuffled(timeline.impact, lambda window: window.at, random)
    grown, told_events, told_windows = chronicle_of(timeline, playbook), 0, 0
    while told_events < len(events) or told_windows < len(windows):
        some, more = (random.choice([0, 1, 3, 20]) for _ in range(2))
        grown.add(events[told_events : told_events + some])
        grown.add_windows(windows[told_windows : told_windows + more])
        told_events, told_windows = told_events + some, told_windows + more
        if random.random() < 0.5:
            worked_out(grown)
    at_once = chronicle_of(timeline, playbook)
    at_once.add(events)
    at_once.add_windows(windows)
    assert worked_out(grown) == worked_out(at_once)


def chronicle_of(timeline: Timeline, playbook: Playbook) -> Chronicle:
    assert timeline.truth is not None
    return Chronicle(timeline.drill, timeline.truth, playbook, timeline.baseline)


def worked_out(chronicle: Chronicle) -> dict[str, Any]:
    """All that the indexes hold, but for what depends on what they were asked before."""
    gravities = chronicle.index(Gravities)
    gravities.moments()
    chronicle.index(Updates).overdue_s(START, at(999), START, every_s=5)
    indexes = [gravities, *(chronicle.index(kind) for kind in (Impact, Load, Checks, Alerts, Loud, Looks, Updates))]
    return {type(index).__name__: plain(index) for index in indexes}


def plain(value: Any) -> Any:
    """What is in there, without what is empty."""
    if isinstance(value, Chronicle | Seen):
        return None
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if not isinstance(part, list) or part}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return plain(vars(value)) if type(value).__module__.startswith("scoring.") else value


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split(".")[0])
def test_a_recorded_drill_can_be_followed(path: Path, playbook: Playbook) -> None:
    follow(read_timeline(path), playbook, Random(3), looks=0.5)


@settings(GENTLE, max_examples=20)
@given(seed=st.integers(0, 2**32), behind=st.sampled_from([0.0, 0.4, 3.0, -7.0]))
def test_wrong_clocks_are_found_out_on_the_way(seed: int, behind: float, playbook: Playbook) -> None:
    """Each source says when it sent what, at times but for one event; its clock is wrong by so many seconds."""
    random = Random(seed)
    timeline = any_drill(random)
    silent = random.choice([-1, random.randrange(60)])
    events = [
        event.model_copy(
            update={
                "received_at": event.occurred_at + timedelta(seconds=random.uniform(0, 2)),
                "sent_at": None if i == silent else event.occurred_at - timedelta(seconds=behind),
            }
        )
        for i, event in enumerate(timeline.events)
    ]
    follow(timeline.model_copy(update={"events": tuple(events)}), playbook, random)


@pytest.mark.parametrize("bent", ["nothing", "changed", "lost", "swapped", "bare"])
def test_a_bent_chain_is_told_alike_however_it_arrives(bent: str, playbook: Playbook) -> None:
    events: list[Event] = []
    before = genesis("told")
    for second in range(12):
        events.append(link(check(second, ok=True), before))
        before = events[-1].hash or ""
    match bent:
        case "changed":
            events[3:5] = [event.model_copy(update={"data": {}}) for event in events[3:5]]
        case "lost":
            del events[5]
        case "swapped":
            events += [link(check(second, ok=True), events[place].hash or "") for second, place in ((7.6, 6), (2.5, 1))]
        case "bare":
            events[2:4] = [check(2.5, ok=False), check(3.5, ok=False)]
    drill = Drill(id="told", clock=60, started_at=START)
    tellings = set()
    for seed in range(6):
        timeline = Timeline(drill=drill, truth=TRUTH, events=tuple(Random(seed).sample(events, len(events))))
        live = LiveScore(drill, TRUTH, playbook)
        for event in timeline.events:
            live.add([event])
        tellings.add(live.scorecard().to_json())
        tellings.add(score(timeline, playbook).to_json())
    assert len(tellings) == 1
    assert ("record_tampered" in tellings.pop()) == (bent != "nothing")


def test_the_end_can_be_told_apart_from_the_events(playbook: Playbook) -> None:
    drill = Drill(id="told", clock=60, started_at=START)
    live = LiveScore(drill, TRUTH, playbook, BASELINE)
    events = (
        Event(kind="fault.injected", occurred_at=at(1)),
        Event(kind="alert.firing", occurred_at=at(2), data=SLOTS),
    )
    live.add(events)
    assert live.scorecard().measures["tta"].verdict == "censored"
    live.end(at(4000))
    assert live.scorecard().measures["tta"].verdict == "missed"
    over = Timeline(
        drill=drill.model_copy(update={"ended_at": at(4000)}), truth=TRUTH, baseline=BASELINE, events=events
    )
    assert live.scorecard().to_json() == score(over, playbook).to_json()


def test_an_end_that_comes_late_takes_back_what_was_thought_after_it(playbook: Playbook) -> None:
    """Checks are missing, so that nobody could tell; but the drill had ended before that mattered."""
    live = LiveScore(Drill(id="told", clock=60, started_at=START), TRUTH, playbook, BASELINE)
    events = [
        Event(kind="fault.injected", occurred_at=at(1)),
        Event(kind="alert.firing", occurred_at=at(2), data=SLOTS),
    ]
    windows = [window(second, 0.4 if second < 30 else 0) for second in range(200)]
    events += [check(second, ok=second >= 30) for second in range(31)]
    live.add(events)
    live.add_windows(windows)
    assert live.scorecard().verdict == "inconclusive"
    late = [Event(kind="drill.ended", occurred_at=at(40))]
    live.add(late)
    drill = Drill(id="told", clock=60, started_at=START)
    over = Timeline(drill=drill, truth=TRUTH, baseline=BASELINE, events=(*events, *late), impact=tuple(windows))
    assert live.scorecard().to_json() == score(over, playbook).to_json()
    assert live.scorecard().verdict == "scored"


def test_while_the_clock_stands_still_the_scorecard_does_not_move(playbook: Playbook) -> None:
    live = LiveScore(Drill(id="told", clock=60, started_at=START), TRUTH, playbook, BASELINE)
    live.add([Event(kind="fault.injected", occurred_at=at(1))])
    live.add_windows([window(second, 0.4) for second in range(20)])
    live.add([Event(kind="clock.stopped", occurred_at=at(20))])
    before = live.scorecard().to_json()
    for second in range(20, 300):
        live.add_windows([window(second, 1)])
        live.add([check(second + 0.1, ok=False)])
        assert live.scorecard().to_json() == before
    live.add([Event(kind="clock.started", occurred_at=at(300))])
    assert live.scorecard().to_json() == before
    live.add_windows([window(300, 0.4)])
    assert live.scorecard().requests == 50 + orjson.loads(before)["requests"]


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python run, loops counted each time round: what time is spent on, without a clock."""
    count = 0

    def trace(frame: FrameType, what: str, _: object) -> Any:
        nonlocal count
        count += what == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("clock", ["straight", "was stopped", "is stopped again"])
def test_an_update_costs_no_more_when_much_has_happened(clock: str, playbook: Playbook) -> None:
    """Of a drill in which every second has a load window, a check, alerts, an action and updates."""
    live = LiveScore(Drill(id="told", clock=60, started_at=START), TRUTH, playbook, BASELINE)
    live.add([Event(kind="fault.injected", occurred_at=at(1))])
    if clock != "straight":
        live.add([bare(1.2, "clock.stopped"), bare(1.8, "clock.started")])
    steps = [step for step in STEPS if step[0].startswith(("alert.", "action.", "update."))]

    def one_second(second: int) -> None:
        live.add_windows([window(second, 0.4)])
        live.add([check(second + 0.1, ok=False)])
        for i, (kind, data) in enumerate(steps):
            live.add([Event(kind=kind, occurred_at=at(second + 0.2 + i / 50), data=data, key=f"{second}/{i}")])
        live.scorecard()

    costs = []
    for second in range(2, 752):
        if second == 400 and clock == "is stopped again":
            live.add([bare(399.9, "clock.stopped"), bare(400, "clock.started")])
        if second in {50, 51, 52, 749, 750, 751}:
            costs.append(lines_run(partial(one_second, second)))
        else:
            one_second(second)
    early, late = costs[:3], costs[3:]
    assert max(late) < 1.2 * min(early)
