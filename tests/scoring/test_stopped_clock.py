"""Nothing that is scored depends on how long the drill clock stood still; an advance is as if time had passed."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from wild_drills import GENTLE, handled, wild

from scoring.canonical import write_instant
from scoring.playbook import Playbook
from scoring.scorecard import Scorecard, score
from scoring.scorecard.live import LiveScore
from scoring.scorecard.severity import severity_over_time
from scoring.story import read_story
from scoring.timeline import CLOCK_KINDS, Event, Kind, Timeline, Window

Told = Callable[[Mapping[str, Any]], Timeline]
START = datetime(2026, 1, 5, 10, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(), timedelta(seconds=60)).map(lambda by: START + by)
LENGTHS = st.timedeltas(timedelta(microseconds=4), timedelta(days=1))


def straight(case: Mapping[str, Any], told: Told) -> Timeline:
    """A drill to whose clock nobody did anything; events are named and load windows have their length."""
    timeline = told(case)
    return timeline.model_copy(
        update={
            "events": tuple(
                event.model_copy(update={"key": event.name})
                for event in timeline.events
                if event.kind not in CLOCK_KINDS
            ),
            "impact": tuple(window.model_copy(update={"seconds": window.seconds}) for window in timeline.impact),
        }
    )


def delayed(timeline: Timeline, at: datetime, by: timedelta, *, lengthens: bool) -> Timeline:
    """The same drill with all that occurs from an instant on later; `lengthens`: load windows over that instant too."""

    def later(instant: datetime) -> datetime:
        return instant + by if instant >= at else instant

    def later_data(data: dict[str, Any]) -> dict[str, Any]:
        said = data.get("at")
        return {**data, "at": write_instant(later(datetime.fromisoformat(said)))} if said and said != "noon" else data

    def later_window(window: Window) -> Window:
        is_over = lengthens and window.at < at < window.at + timedelta(seconds=window.seconds)
        seconds = window.seconds + (by.total_seconds() if is_over else 0)
        return window.model_copy(update={"at": later(window.at), "seconds": seconds})

    drill = timeline.drill
    ended_at = drill.ended_at and later(drill.ended_at)
    return timeline.model_copy(
        update={
            "drill": drill.model_copy(update={"started_at": later(drill.started_at), "ended_at": ended_at}),
            "events": tuple(
                event.model_copy(update={"occurred_at": later(event.occurred_at), "data": later_data(event.data)})
                for event in timeline.events
            ),
            "impact": tuple(map(later_window, timeline.impact)),
        }
    )


def with_more(timeline: Timeline, *events: Event, windows: tuple[Window, ...] = ()) -> Timeline:
    return timeline.model_copy(
        update={"events": (*timeline.events, *events), "impact": (*timeline.impact, *windows)},
    )


def clock(kind: Kind, at: datetime, **data: Any) -> Event:
    return Event(kind=kind, occurred_at=at, source="facilitator", data=data, key=f"{kind}/{write_instant(at)}")


def noise(at: datetime, by: timedelta) -> tuple[list[Event], tuple[Window, ...]]:
    """All that can go wrong while the clock stands still."""
    conditions = [{"name": name, "ok": False, "seen": "noise"} for name in ("rules_intact", "services", "data_canary")]
    data = {"phase": "mitigated", "ok": False, "conditions": conditions}
    instants = [at + by * share / 4 for share in range(4)]
    checks = [Event(kind="oracle.checked", occurred_at=instant, source="oracle", data=data) for instant in instants]
    windows = [Window(at=instant, seconds=1.0, requests=50, failures=50, p95_ms=9000) for instant in instants]
    return checks, tuple(windows)


def parted(value: Any) -> tuple[Any, list[Any]]:
    """What a scorecard says, and its instants."""
    instants: list[Any] = []

    def rest(part: Any) -> Any:
        if isinstance(part, dict):
            instants.extend(part[name] for name in sorted(part) if name.endswith("_at"))
            return {name: rest(each) for name, each in part.items() if not name.endswith("_at")}
        return [rest(each) for each in part] if isinstance(part, list) else part

    return rest(value), instants


def plain(card: Scorecard) -> tuple[Any, list[Any]]:
    return parted(orjson.loads(card.to_json()))


@settings(GENTLE, max_examples=60)
@given(case=wild(), at=INSTANTS, by=LENGTHS)
def test_a_stop_of_any_length_changes_nothing(
    case: Mapping[str, Any], at: datetime, by: timedelta, told: Told, playbook: Playbook
) -> None:
    known = straight(case, told)
    story = read_story(known, playbook)
    assume(at < story.ended_at)
    checks, windows = noise(at, by)
    stop = (clock("clock.stopped", at), clock("clock.started", at + by))
    stopped = with_more(delayed(known, at, by, lengthens=True), *stop, *checks, windows=windows)
    card, before = plain(score(stopped, playbook)), plain(score(known, playbook))
    assert card[0] == before[0]
    for instant, earlier in zip(card[1], before[1], strict=True):
        moved = earlier and datetime.fromisoformat(earlier) + (by if earlier > write_instant(at) else timedelta())
        assert instant == (moved and write_instant(moved))
    moments = [(since + by if since > at else since, level) for since, level in severity_over_time(story)]
    assert list(severity_over_time(read_story(stopped, playbook))) == moments


@settings(GENTLE, max_examples=40)
@given(case=wild(), at=INSTANTS, seconds=st.integers(1, 20_000))
def test_an_advance_is_as_if_time_had_passed(
    case: Mapping[str, Any], at: datetime, seconds: int, told: Told, playbook: Playbook
) -> None:
    known = straight(case, told)
    story = read_story(known, playbook)
    assume(story.is_over and at < story.ended_at)
    advanced = with_more(known, clock("clock.advanced", at, drill_seconds=seconds))
    waited = delayed(known, at, timedelta(seconds=seconds / 60), lengthens=False)
    assert plain(score(advanced, playbook))[0] == plain(score(waited, playbook))[0]


@GENTLE
@given(case=wild(), at=INSTANTS, seconds=st.sampled_from([0, -60, None, "600", True]))
def test_what_bends_no_clock_changes_not_a_byte(
    case: Mapping[str, Any], at: datetime, seconds: Any, told: Told, playbook: Playbook
) -> None:
    known = straight(case, told)
    ended_at = read_story(known, playbook).ended_at
    assume(at < ended_at)
    after = [clock("clock.stopped", ended_at), clock("clock.advanced", ended_at, drill_seconds=600)]
    idle = [clock("clock.started", at), clock("clock.advanced", at, drill_seconds=seconds)]
    more = with_more(known, *idle, *(after if read_story(known, playbook).is_over else ()))
    assert score(more, playbook).to_json() == score(known, playbook).to_json()


@GENTLE
@given(at=st.integers(1, 58), length=st.integers(2, 100), again=st.floats(0.1, 0.9))
def test_a_stop_within_a_stop_and_a_second_start_change_nothing(
    at: int, length: int, again: float, told: Told, playbook: Playbook
) -> None:
    first, until = START + timedelta(seconds=at), START + timedelta(seconds=at + length)
    known = delayed(straight(handled(), told), first, timedelta(seconds=length), lengthens=True)
    stopped = with_more(known, clock("clock.stopped", first), clock("clock.started", until))
    within, after = first + again * (until - first), until + timedelta(microseconds=1)
    more = with_more(stopped, clock("clock.stopped", within), clock("clock.started", after))
    assert score(more, playbook).to_json() == score(stopped, playbook).to_json()


def test_what_a_stop_hides_would_have_counted(told: Told, playbook: Playbook) -> None:
    """The noise of these tests is loud: without the stop it changes the scorecard."""
    known, at, by = straight(handled(), told), START + timedelta(seconds=40), timedelta(seconds=4)
    checks, windows = noise(at, by)
    loud = with_more(delayed(known, at, by, lengthens=True), *checks, windows=windows)
    card, before = score(loud, playbook), score(known, playbook)
    assert "rules_tampered" in {fail.what for fail in card.hard_fails}
    assert not before.hard_fails


def test_an_end_that_is_told_apart_from_the_events_ends_a_stop(told: Told, playbook: Playbook) -> None:
    parts = dict.fromkeys(("timeline", "detection", "response", "root_cause", "prevention", "action_items"), "x")
    events = [[8, "fault.injected"], [30, "incident.resolved"], [40, "clock.stopped"]]
    case = {
        "load": {"0-9": 0, "9-14": 0.4, "14-60": 0},
        "checks": {"9-14": "bad", "14-60": "ok"},
        "events": [*events, [2931, "review.filed", {"parts": parts}]],
    }
    running, over = told({**case, "ended": None}), told({**case, "ended": 60})
    assert running.truth is not None
    assert over.drill.ended_at is not None
    live = LiveScore(running.drill, running.truth, playbook, running.baseline)
    live.add(running.events)
    live.add_windows(running.impact)
    assert live.scorecard().dimensions["close"].grade == 1
    live.end(over.drill.ended_at)
    assert live.scorecard().to_json() == score(over, playbook).to_json()
    assert live.scorecard().dimensions["close"].grade == 0.5


def test_of_several_under_one_key_the_first_in_wall_time_stands(told: Told, playbook: Playbook) -> None:
    known = straight(handled(), told)
    assert known.truth is not None
    stop = (
        clock("clock.stopped", START + timedelta(seconds=13.5)),
        clock("clock.started", START + timedelta(seconds=30)),
    )
    late, early = (Event(kind="hint.taken", occurred_at=START + timedelta(seconds=s), key="k") for s in (50, 45))
    late = late.model_copy(update={"data": {"cost": 10}})
    more = with_more(known, late, *stop, early)
    live = LiveScore(more.drill, known.truth, playbook, more.baseline)
    live.add_windows(more.impact)
    for event in more.events:
        live.add([event])
        live.scorecard()
    assert live.scorecard().to_json() == score(more, playbook).to_json()
    assert "which cost nothing" in live.scorecard().to_json()
