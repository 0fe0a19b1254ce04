"""What speaks for or against users being served over a stretch of time: load windows and the oracle's checks.

Each is indexed once, so that a candidate stretch costs a few binary searches. Where something is missing from the
record the answer is "cannot tell", never yes or no.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import accumulate, pairwise

from scoring.impact import ends_at, is_outside, two_of_three
from scoring.story import Story
from scoring.timeline import Event


class Answer(Enum):
    """What can be said about one candidate."""

    HOLDS = "holds"
    FAILS = "fails"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Condition:
    """One condition of *mitigated* with what was seen; `ok` is None where nobody looked."""

    name: str
    ok: bool | None
    seen: str


def verification_s(story: Story) -> float:
    """W in wall seconds."""
    longest = story.timeline.baseline.longest_for_s if story.timeline.baseline else 0.0
    return max(story.playbook.verification.window.value, longest) / story.clock


class Load:
    """Load windows, indexed so that each candidate costs a binary search."""

    def __init__(self, story: Story) -> None:
        self.limits = story.playbook.verification
        baseline = story.timeline.baseline
        self.usual = baseline.requests_per_s if baseline else None
        self.windows = story.windows
        self.starts = [w.at for w in story.windows]
        states = [is_outside(w, self.limits) for w in story.windows]
        self.outside = [i for i, flag in enumerate(states) if flag]
        self.bad = [i for i, flag in enumerate(two_of_three(states, True)) if flag]
        self.requests = [0, *accumulate(w.requests for w in story.windows)]
        self.failures = [0, *accumulate(w.failures for w in story.windows)]
        self.holes = [
            i for i, (a, b) in enumerate(pairwise(story.windows)) if (b.at - ends_at(a)).total_seconds() > a.seconds
        ]

    def _range(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Indices [i, j) of the windows that overlap [start, end)."""
        i = bisect_right(self.starts, start) - 1
        if i < 0 or ends_at(self.windows[i]) <= start:
            i += 1
        return i, bisect_left(self.starts, end)

    def judge(self, start: datetime, end: datetime) -> tuple[Answer, str]:
        i, j = self._range(start, end)
        if i >= j:
            return Answer.CANNOT_TELL, "no load window covers it"
        if self.outside and (at := bisect_left(self.outside, i)) < len(self.outside) and self.outside[at] == i:
            return Answer.FAILS, "users were outside the thresholds as it began"
        at = bisect_left(self.bad, i)
        if at < len(self.bad) and self.bad[at] < j:
            return Answer.FAILS, "users were outside the thresholds again"
        requests = self.requests[j] - self.requests[i]
        if requests and self._failed_share(i, j) > self.limits.error_share_above.value:
            return Answer.FAILS, "too many requests failed"
        hole = bisect_left(self.holes, i)
        last = self.windows[j - 1]
        if (
            (hole < len(self.holes) and self.holes[hole] < j - 1)
            or (self.windows[i].at - start).total_seconds() > last.seconds
            or (end - ends_at(last)).total_seconds() > last.seconds
        ):
            return Answer.CANNOT_TELL, "load windows are missing"
        if self._load_share(i, j) < self.limits.load_share.value:
            return Answer.FAILS, "users asked for less than before the fault"
        if requests < self.limits.min_requests.value:
            return Answer.CANNOT_TELL, "there were too few requests to say so"
        return Answer.HOLDS, ""

    def conditions(self, start: datetime, end: datetime) -> tuple[Condition, ...]:
        i, j = self._range(start, end)
        requests = self.requests[j] - self.requests[i] if i < j else 0
        if not requests:
            return (Condition("users", None, "no requests were recorded"),)
        share = self._failed_share(i, j)
        users_ok = self.judge(start, end)[0] is Answer.HOLDS or (
            share <= self.limits.error_share_above.value and not any(i <= b < j for b in self.bad)
        )
        found = [Condition("users", users_ok, f"{share:.1%} of {requests} requests failed")]
        if self.usual:
            seen = f"{self._rate(i, j):.1f} requests/s of {self.usual:.1f} before the fault"
            found.append(Condition("load", self._load_share(i, j) >= self.limits.load_share.value, seen))
        return tuple(found)

    def _failed_share(self, i: int, j: int) -> float:
        return (self.failures[j] - self.failures[i]) / (self.requests[j] - self.requests[i])

    def _rate(self, i: int, j: int) -> float:
        covered_s = (ends_at(self.windows[j - 1]) - self.windows[i].at).total_seconds()
        return (self.requests[j] - self.requests[i]) / covered_s

    def _load_share(self, i: int, j: int) -> float:
        return self._rate(i, j) / self.usual if self.usual else 1.0


class Checks:
    """The oracle's checks; where a timeline has no oracle at all, alerts alone where there is a baseline."""

    def __init__(self, story: Story) -> None:
        every = story.all("oracle.checked")
        self.has_oracle = bool(every)
        self.events = [e for e in every if e.data.get("phase") == "mitigated" and isinstance(e.data.get("ok"), bool)]
        self.times = [e.occurred_at for e in self.events]
        bad = [e.data.get("ok") is not True for e in self.events]
        self.bad_times = [e.occurred_at for e, is_bad in zip(self.events, bad, strict=True) if is_bad]
        self.turned_good = [
            e.occurred_at for e, was, now in zip(self.events[1:], bad, bad[1:], strict=False) if was and not now
        ]
        width_s = verification_s(story)
        self.hole = timedelta(seconds=max(3.0, min(width_s / 3, 10.0)))
        self.alerts = [] if self.has_oracle or story.timeline.baseline is None else _firing(story)
        self.turned_good += [end for _, end in self.alerts]

    def judge(self, start: datetime, end: datetime) -> tuple[Answer, str]:
        if not self.has_oracle:
            loud = any(fired < end and quiet > start for fired, quiet in self.alerts)
            return (Answer.FAILS, "an accepted alert fired") if loud else (Answer.HOLDS, "")
        i, j = bisect_left(self.times, start), bisect_right(self.times, end)
        at = bisect_left(self.bad_times, start)
        if at < len(self.bad_times) and self.bad_times[at] <= end:
            return Answer.FAILS, "a check of the oracle failed"
        if i >= j:
            return Answer.CANNOT_TELL, "the oracle made no check"
        edges = [start, *self.times[i:j], end]
        if any(b - a > self.hole for a, b in pairwise(edges)):
            return Answer.CANNOT_TELL, "checks of the oracle are missing"
        return Answer.HOLDS, ""

    def conditions(self, start: datetime, end: datetime) -> tuple[Condition, ...]:
        """What the last check before the end saw, and whether it held in every check of the window."""
        if not self.has_oracle:
            seen = "no oracle watched; alerts were taken from the record"
            return (Condition("oracle", None, seen),)
        i, j = bisect_left(self.times, start), bisect_right(self.times, end)
        found: dict[str, Condition] = {}
        for event in self.events[i:j]:
            for seen_one in read_conditions(event):
                before = found.get(seen_one.name)
                failed_before = before is not None and before.ok is False
                found[seen_one.name] = replace(seen_one, ok=False) if failed_before else seen_one
        return tuple(found.values()) or (Condition("oracle", None, "no check was made"),)


def read_conditions(event: Event) -> list[Condition]:
    """The conditions that an `oracle.checked` event lists; what does not look like one is left out."""
    listed = event.data.get("conditions")
    found = []
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            ok = item.get("ok")
            found.append(Condition(item["name"], ok if isinstance(ok, bool) else None, str(item.get("seen", ""))))
    return found


def _firing(story: Story) -> list[tuple[datetime, datetime]]:
    """When accepted alerts fired: (from, to), to the drill's end where none was resolved."""

    def identity(event: Event) -> str:
        return event.text("fingerprint") or event.alert_name

    resolved = story.all("alert.resolved")
    return [
        (
            alert.occurred_at,
            min(
                (
                    r.occurred_at
                    for r in resolved
                    if identity(r) == identity(alert) and r.occurred_at >= alert.occurred_at
                ),
                default=story.ended_at,
            ),
        )
        for alert in story.accepted_alerts
    ]
