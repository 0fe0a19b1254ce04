"""Whether the machine kept up with a drill: what the kernel and the monitor say they were late by, not how busy it was.

A machine that is short of processor time stretches every time that a drill measures, detection and runbook alike, long
before a request is sent late. So two lateness figures are read at the drill's beginning and end:

- how long the parts that only have to keep time (load generator, monitor, runner) waited for a processor, beside what
  they used of one: the kernel's own account (`/proc/<pid>/task/*/schedstat`: time run, time waited, in nanoseconds).
  On two cores alone they wait about as long as they run, and with three times as much a runbook takes twice its time;
- how many evaluations of alert rules the monitor left out, of all that were due, as every Prometheus tells.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from simulator.drill.asking import ask
from simulator.errors import NotPossible

MOST_WAITED = 3.0
"""Seconds waited for each second run, at `USUAL_CLOCK`: at a slower one the same wait is less drill time."""
USUAL_CLOCK = 60.0
MOST_MISSED = 0.1
"""Share of the evaluations that were due."""
LEAST_RUN_S, LEAST_DUE = 0.5, 20
"""Less than that says nothing."""
_MEND = "end what else runs here, or take a slower --clock or fewer --users"
_DUE = "prometheus_rule_group_iterations_total"
_MISSED = "prometheus_rule_group_iterations_missed_total"


@dataclass(frozen=True)
class Figures:
    """Sums so far: seconds run and waited, evaluations due and missed."""

    run_s: float = 0.0
    waited_s: float = 0.0
    due: float = 0.0
    missed: float = 0.0

    def since(self, before: "Figures") -> "Figures":
        """What came since. A part that started anew counts from there."""
        return Figures(*(max(0.0, now - then) for now, then in zip(self._all(), before._all(), strict=True)))

    @property
    def waited_share(self) -> float | None:
        """Seconds waited for each second run; None where too little was run, or the kernel does not tell."""
        return self.waited_s / self.run_s if self.run_s >= LEAST_RUN_S else None

    @property
    def missed_share(self) -> float | None:
        """Share of the evaluations that were due; None where too few were."""
        return self.missed / self.due if self.due >= LEAST_DUE else None

    def check(self, clock: float) -> None:
        """Raises `NotPossible` if what was measured meanwhile says more of the machine than of the response.

        `clock` is drill seconds a second.
        """
        bearable = MOST_WAITED * max(1.0, USUAL_CLOCK / clock)
        if (waited := self.waited_share) is not None and waited > bearable:
            raise NotPossible(
                f"load generator, monitor and runner waited {waited:.1f} s for each second of processor time, and "
                f"{bearable:g} s are bearable: the machine is too busy; {_MEND}"
            )
        if (missed := self.missed_share) is not None and missed > MOST_MISSED:
            raise NotPossible(
                f"the monitor left out {self.missed:.0f} of {self.due:.0f} evaluations of its rules, and could not "
                f"keep its schedule: the machine is too busy; {_MEND}"
            )

    def __str__(self) -> str:
        waited = "" if self.waited_share is None else f"waited {self.waited_share:.1f} s for each second run, "
        return f"{waited}{self.missed:.0f} of {self.due:.0f} evaluations left out"

    def _all(self) -> tuple[float, ...]:
        return (self.run_s, self.waited_s, self.due, self.missed)


class Pace:
    """Reads the figures of the processes `pids` and of the monitor."""

    def __init__(self, pids: Sequence[int], prometheus_url: str) -> None:
        self._pids = pids
        self._http = httpx.AsyncClient(base_url=prometheus_url, timeout=5.0, trust_env=False)

    async def close(self) -> None:
        """Give back the connection."""
        await self._http.aclose()

    async def read(self) -> Figures:
        """The sums so far; a Prometheus may show nothing of itself. Raises `NotPossible` without an answer."""
        run_s, waited_s = processor_s(self._pids)
        try:
            answer = await ask(self._http, "GET", "/metrics")
        except httpx.HTTPError as error:
            raise NotPossible(f"the monitor at {self._http.base_url} does not answer: {error!r}") from error
        text = answer.text if answer.is_success else ""
        return Figures(run_s, waited_s, total(text, _DUE), total(text, _MISSED))


def processor_s(pids: Iterable[int]) -> tuple[float, float]:
    """Seconds that all threads of the processes ran, and that they waited to. What is gone counts nothing."""
    run_ns = waited_ns = 0
    for pid in pids:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                run, waited, _ = path.read_text().split()
            except (OSError, ValueError):
                continue
            run_ns, waited_ns = run_ns + int(run), waited_ns + int(waited)
    return run_ns / 1e9, waited_ns / 1e9


def total(exposition: str, name: str) -> float:
    """The sum of all series of a name on a `/metrics` page."""
    values = re.findall(rf"^{name}(?:\{{.*\}})? ([-+.\w]+)", exposition, re.MULTILINE)
    return sum(map(float, values))
