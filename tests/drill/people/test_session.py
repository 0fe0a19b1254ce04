"""People sit down, begin, pause, are paged, abort and are done: against a real scoring service."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from posting import TOKENS
from waiting import soon

from simulator.drill.people import session as sessions
from simulator.drill.people.crew import PAGES
from simulator.drill.seat import read_seat
from simulator.errors import Stopped

from .conftest import Seated, Sit, sign_in

pytestmark = pytest.mark.parts


async def begin(seated: Seated) -> "asyncio.Future[Any]":
    """The session gathers, and has told everybody how to sit down."""
    gathering = asyncio.ensure_future(seated.session.gather())
    await soon(lambda: "gameday shell" in seated.said or gathering.done())
    return gathering


async def let_go(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def within(story: Awaitable[Any], limit_s: float = 20.0) -> Any:
    return await asyncio.wait_for(story, limit_s)


async def test_a_facilitated_drill_begins_when_the_facilitator_starts_its_clock(sit: Sit, tmp_path: Path) -> None:
    seated = sit(facilitated=True, person=["Ada", "Grace"])
    gathering = await begin(seated)
    assert seated.kinds() == ["clock.stopped"]
    assert [who for who, _ in seated.links] == ["facilitator", "responder Ada", "responder Grace", "observer"]
    for who, link in seated.links:
        role = who.split()[0]
        answer = sign_in(seated.server, link)
        assert (answer.status_code, f"You are {role}." in answer.text) == (200, True)
        assert f"/drills/{seated.drill}/{PAGES[role]}" in answer.text
        assert sign_in(seated.server, link).status_code == 401, "it works once"
    with seated.server.as_("facilitator") as client:
        tokens = client.get("/api/v1/tokens").json()["tokens"]
    assert {token["person"] for token in tokens if token["role"] == "responder"} >= {"ada", "grace"}
    seat = read_seat(tmp_path)
    assert (seat.drill, seat.title, seat.token) == (seated.drill, "drill 1 of 1", TOKENS["responder"])
    assert (seat.env["KUBECONFIG"], seat.hosts) == ("/somewhere", {"prometheus": "127.0.0.1:9"})
    text = (tmp_path / ".gameday" / "seat.json").read_text()
    for secret in (TOKENS["facilitator"], TOKENS["ingest"], "rate-limited", "rate_limited", "provider"):
        assert secret not in text
    assert not gathering.done()
    seated.write("facilitator", "clock.started")
    await within(gathering)
    seated.session.rise()
    assert read_seat(tmp_path).drill is None


async def test_enter_begins_it_too_and_makes_new_links_later_on(sit: Sit) -> None:
    seated = sit(facilitated=True, manned=True, delay="30m")
    gathering = await begin(seated)
    count = len(seated.links)
    seated.enter()
    await soon(lambda: "clock.started" in seated.kinds())
    await soon(lambda: seated.session.course.is_begun)
    seated.enter()
    await soon(lambda: len(seated.links) == 2 * count)
    assert not gathering.done(), "the delay is not over"
    await let_go(gathering)


async def test_a_responder_at_the_terminal_gets_no_other_link_than_their_own(sit: Sit) -> None:
    seated = sit(manned=True, person=["Ada"])
    gathering = await begin(seated)
    assert [who for who, _ in seated.links] == ["responder Ada"]
    assert "rate-limited" not in seated.said
    seated.enter()
    await within(gathering)


async def test_with_nobody_at_the_terminal_a_drill_begins_by_itself_after_its_delay(sit: Sit) -> None:
    seated = sit(delay="1m")
    began = asyncio.get_running_loop().time()
    await within(seated.session.gather())
    assert asyncio.get_running_loop().time() - began >= 1
    assert seated.kinds() == []


async def test_the_first_alert_pages_once_with_bell_and_link(sit: Sit) -> None:
    seated = sit(manned=True)
    following = asyncio.ensure_future(seated.session.follow())
    seated.write("facilitator", "clock.started")
    for name in ("UpstreamRateLimited", "HighErrorRate"):
        told = {"labels": {"alertname": name}, "annotations": {"summary": "\x1b[2J17 % fail"}, "fingerprint": name}
        seated.write("ingest", "alert.firing", **told)
    await soon(lambda: len(seated.links) == 1)
    assert seated.said.count("PAGE  alert fires: UpstreamRateLimited: [2J17 % fail") == 1
    assert "\x1b" not in seated.said, "what came from outside does not steer the terminal"
    assert seated.said.count("\a") == 1
    assert "You are responder." in sign_in(seated.server, seated.links[0][1]).text
    seated.write("facilitator", "inject.delivered", text="a customer calls", **{"from": "a customer"})
    await soon(lambda: seated.said.count("\a") == 2)
    await let_go(following)


async def test_an_abort_on_the_console_stops_the_drill_with_its_reason(sit: Sit) -> None:
    seated = sit(facilitated=True)
    gathering = await begin(seated)
    seated.write("facilitator", "drill.aborted", reason="the fire alarm")
    with pytest.raises(Stopped, match="the facilitator aborted it: the fire alarm"):
        await within(gathering)


async def test_a_drill_that_nobody_begins_ends(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    seated = sit(facilitated=True)
    gathering = await begin(seated)
    monkeypatch.setattr(sessions, "MOST_STOOD_S", 0.1)
    with pytest.raises(Stopped, match="its clock stood for more than"):
        await within(gathering)


async def test_a_pause_is_told_and_left_out_of_the_limits(sit: Sit) -> None:
    seated = sit(facilitated=True)
    gathering = await begin(seated)
    seated.write("facilitator", "clock.started")
    await within(gathering)
    following = asyncio.ensure_future(seated.session.follow())
    seated.write("facilitator", "clock.stopped")
    await soon(lambda: "The drill clock stands" in seated.said)
    watch = seated.session.limits.stopwatch
    before = watch.read()
    await asyncio.sleep(0.3)
    assert watch.read() == pytest.approx(before, abs=1e-6)
    seated.write("facilitator", "clock.started")
    await soon(lambda: not watch.is_stopped)
    await let_go(following)


def seconds(since: datetime, after_s: float) -> str:
    return (since + timedelta(seconds=after_s)).isoformat()


def live_through(seated: Seated, *, served_again_s: float, until_s: float) -> datetime:
    """An incident at 60 drill seconds a second that began a while ago; returns when its fault came."""
    injected_at = datetime.now(UTC) - timedelta(seconds=until_s)
    seated.write("ingest", "fault.injected", seconds(injected_at, 0), fault="rate-limited")
    alert = {"labels": {"alertname": "UpstreamRateLimited"}, "annotations": {}, "fingerprint": "x"}
    seated.write("ingest", "alert.firing", seconds(injected_at, 4), **alert)
    windows = []
    for second in range(-3, int(until_s)):
        failures = 40 if 0 <= second < served_again_s else 0
        at = seconds(injected_at, second)
        windows.append({"at": at, "requests": 50, "failures": failures, "p95_ms": 40.0})
        is_ok = second >= served_again_s
        check = {"phase": "mitigated", "ok": is_ok, "conditions": [{"name": "alerts_quiet", "ok": is_ok, "seen": "so"}]}
        seated.write("ingest", "oracle.checked", at, **check)
    with seated.server.as_("ingest") as client:
        assert client.post(f"/api/v1/drills/{seated.drill}/impact", json=windows).status_code == 201
        baseline = {"requests_per_s": 50.0, "error_share": 0.0, "p95_ms": 40.0}
        assert client.put(f"/api/v1/drills/{seated.drill}/baseline", json=baseline).status_code == 200
    seated.write("responder", "incident.acknowledged", seconds(injected_at, 5))
    seated.write("responder", "incident.declared", seconds(injected_at, 6), severity="SEV-1")
    return injected_at


async def test_people_are_done_when_they_resolved_it_truly_it_held_and_they_said_so(sit: Sit) -> None:
    seated = sit()
    injected_at = live_through(seated, served_again_s=10, until_s=40)
    following = asyncio.ensure_future(seated.session.follow())
    ending = asyncio.ensure_future(seated.session.until_over())
    seated.write("responder", "incident.resolved", seconds(injected_at, 7), text="too early")
    await soon(lambda: seated.session.course.resolved_at)
    await asyncio.sleep(2.5 * sessions.SCORED_PACE_S)
    assert not ending.done(), "users were not served then"
    assert "has held" not in seated.said
    seated.write("responder", "incident.resolved", seconds(injected_at, 30), text="now")
    await soon(lambda: "It is resolved, and has held" in seated.said)
    assert not ending.done(), "nobody was told"
    seated.write("responder", "update.posted", status="resolved", text="it is over")
    await within(ending)
    await let_go(following)


async def test_a_window_that_has_not_held_yet_is_waited_for(sit: Sit) -> None:
    seated = sit()
    injected_at = live_through(seated, served_again_s=30, until_s=40)
    following = asyncio.ensure_future(seated.session.follow())
    ending = asyncio.ensure_future(seated.session.until_over())
    seated.write("responder", "incident.resolved", seconds(injected_at, 35), text="in the middle of the window")
    await soon(lambda: seated.session.course.resolved_at)
    await asyncio.sleep(2.5 * sessions.SCORED_PACE_S)
    assert not ending.done()
    await let_go(ending)
    await let_go(following)


async def test_a_facilitator_who_ends_the_drill_ends_it(sit: Sit) -> None:
    seated = sit(facilitated=True)
    following = asyncio.ensure_future(seated.session.follow())
    ending = asyncio.ensure_future(seated.session.until_over())
    with seated.server.as_("facilitator") as client:
        path = f"/api/v1/drills/{seated.drill}/end"
        assert client.post(path, json={"ended_at": datetime.now(UTC).isoformat()}).status_code == 200
    await within(ending)
    await let_go(following)


class Fault:
    """Faults that are held ready, as far as orders go."""

    def __init__(self, *held: str) -> None:
        self.held = held
        self.ordered: list[str] = []

    async def order(self, failure_mode: str) -> None:
        self.ordered.append(failure_mode)
        self.held = tuple(mode for mode in self.held if mode != failure_mode)


class Looks:
    def __init__(self) -> None:
        self.expected: list[str] = []

    def expect(self, alerts: list[str]) -> None:
        self.expected += alerts


async def test_a_fault_is_injected_when_it_is_ordered_and_the_clock_runs(sit: Sit) -> None:
    seated = sit("cache-down", "crash-loop-bad-config", facilitated=True)
    seated.session.course.is_begun = True
    injection, witness = Fault("cache-down", "crash-loop-bad-config"), Looks()
    steering = asyncio.ensure_future(seated.session.steer(injection, witness))  # type: ignore[arg-type]
    seated.write("facilitator", "fault.ordered", failure_mode="no-such-thing")
    await soon(lambda: "'no-such-thing' was ordered, and cannot be; held ready: cache-down" in seated.said)
    seated.write("facilitator", "clock.stopped")
    seated.write("facilitator", "fault.ordered", failure_mode="cache-down")
    await soon(lambda: len(seated.session.course.orders) == 2)
    await asyncio.sleep(3 * sessions.PACE_S)
    assert injection.ordered == []
    seated.write("facilitator", "clock.started")
    await soon(lambda: injection.ordered == ["cache-down"])
    assert "CacheDown" in witness.expected
    seated.write("facilitator", "fault.ordered")
    await soon(lambda: injection.ordered == ["cache-down", "crash-loop-bad-config"])
    await let_go(steering)


async def test_injects_come_by_themselves_after_the_fault_and_wait_for_a_clock_that_stands(
    sit: Sit, tmp_path: Path
) -> None:
    file = tmp_path / "injects.yaml"
    said = "injects: [{after: 30s, from: a customer, text: help}, {after: 1m, order: cache-down}]"
    file.write_text(said)
    seated = sit(facilitated=True, injects=file)
    seated.session.course.is_begun = True
    injection, witness = Fault("cache-down"), Looks()
    steering = asyncio.ensure_future(seated.session.steer(injection, witness))  # type: ignore[arg-type]
    seated.write("facilitator", "clock.stopped")
    await soon(lambda: seated.session.limits.stopwatch.is_stopped)
    seated.write("ingest", "fault.injected", fault="rate-limited")
    await soon(lambda: bool(seated.session.course.injected_at))
    await asyncio.sleep(1.0 + 3 * sessions.PACE_S)
    assert "inject.delivered" not in seated.kinds()
    assert "1m" in seated.page("facilitator", "facilitate").partition("What comes by itself")[2][:1000]
    seated.write("facilitator", "clock.started")
    await soon(lambda: injection.ordered == ["cache-down"])
    kinds = seated.kinds()
    assert kinds.index("inject.delivered") < kinds.index("fault.ordered")
    assert "0 of 2 to come" in seated.page("facilitator", "facilitate")
    assert "cache-down" not in seated.page("responder", "respond")
    await let_go(steering)


async def test_a_fault_and_its_wait_may_live_for_as_long_as_people_may_take(sit: Sit) -> None:
    alone, held = sit(facilitated=True).session, sit("cache-down", facilitated=True, delay="0-60m").session
    assert alone.longest_life_s >= 2 * alone.limits.longest_s() + sessions.MOST_STOOD_S
    assert held.longest_life_s > alone.longest_life_s
    assert held.longest_wait_s >= held.longest_life_s + 60
