"""The people's side of one drill: they sit down, it begins, stands and goes on, they are paged, and are done."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from scoring.timeline import Event, planned_key
from simulator.drill.clock import WallSeconds
from simulator.drill.injection import Injection
from simulator.drill.lasting import Limits
from simulator.drill.people.course import Course
from simulator.drill.people.crew import FACILITATOR, Crew
from simulator.drill.people.runbooks import lay_out_runbooks
from simulator.drill.scenario import Scenario
from simulator.drill.together import together, unless
from simulator.drill.witness import Witness
from simulator.errors import Stopped

PACE_S, SCORED_PACE_S = 0.2, 1.0
MOST_STOOD_S = 2 * 3600.0
"""Wall seconds for which the clock of a drill may stand in all, before it begins and after."""
NOTICE_S, LEAST_NOTICE_S = 300.0, 20.0
"""Drill seconds, and wall seconds at least, that people have for a closing notice once it is resolved."""
NOT_BEGUN = "the drill has not begun"


@dataclass
class Session:
    """One drill of a crew. `title` tells nothing of what it is."""

    crew: Crew
    scenario: Scenario
    drill: str
    title: str
    limits: Limits = field(init=False)
    course: Course = field(init=False)
    _witness: Witness | None = field(default=None, init=False)
    _after: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        plan = self.crew.stage.plan
        self.limits = Limits(self.scenario, plan.playbook, plan.clock, is_answered=True)
        waits = self.crew.people.is_facilitated or self.crew.terminal.is_manned
        self.course = Course(self.limits.stopwatch, is_begun=not waits)

    @property
    def longest_life_s(self) -> WallSeconds:
        """Wall seconds that a fault may live: limits count anew after each that is ordered, and the clock may stand."""
        return WallSeconds(2 * self.limits.longest_of_all_s() * (1 + len(self.scenario.held)) + MOST_STOOD_S)

    @property
    def longest_wait_s(self) -> WallSeconds:
        """Wall seconds for which a fault that is ready waits at most: for the beginning, or for its order."""
        delay_s = self.limits.clock.wall(self.crew.people.delay.most_s)
        return WallSeconds(MOST_STOOD_S + delay_s + self.longest_life_s)

    async def gather(self) -> None:
        """Seat everybody; returns when it has begun and the delay is over. Raises `Stopped` if that takes too long."""
        people, waits = self.crew.people, not self.course.is_begun
        if waits:
            await self._write("clock.stopped", {"reason": NOT_BEGUN, "begun": False})
        await lay_out_runbooks(self.crew.stage, self.crew.terminal, self.drill)
        self.crew.sit(self.title, self.drill)
        await self.crew.welcome(self.title, self.drill, waits=waits)
        await unless(self._until_begun(), self.follow(), self._at_each_line(self._begin))
        delay_s = people.delay.draw(Random(people.seed))
        await unless(self.limits.let_pass(delay_s), self.follow(), self._at_each_line(self._show_links))

    async def steer(self, injection: Injection, witness: Witness) -> None:
        """Do what the facilitator orders, until cancelled. Raises `Stopped` as `follow` does."""
        self._witness = witness
        async with together() as group:
            group.create_task(self.follow())
            group.create_task(self._obey(injection, witness))
            group.create_task(self._play_injects())
            group.create_task(self._at_each_line(self._show_links))

    async def follow(self) -> None:
        """Take in what happens, and page, until cancelled. Raises `Stopped` when it is aborted or stands too long."""
        while True:
            events, self._after = await self.crew.stage.scoring.events(self.drill, self._after)
            for event in map(Event.model_validate, events):
                await self._take_in(event)
            if self.course.aborted is not None:
                raise Stopped(f"the facilitator aborted it: {self.course.aborted}")
            if self.limits.stopwatch.stood_s > MOST_STOOD_S:
                raise Stopped(f"its clock stood for more than {MOST_STOOD_S / 3600:g} hours; play it again")
            await asyncio.sleep(PACE_S)

    async def until_over(self) -> None:
        """Until it is resolved, truly and for good by scoring's own rule, and people were told; or it was ended.

        Whoever resolves too early, or wrongly, goes on. What is written afterwards, such as a review, can come later.
        """
        while not (self.course.is_ended or await self._is_resolved()):
            await asyncio.sleep(SCORED_PACE_S)
        watch, clock = self.limits.stopwatch, self.limits.clock
        until_s = watch.read() + max(clock.wall(NOTICE_S), LEAST_NOTICE_S)
        if not (self.course.is_ended or self._is_closed):
            self.crew.terminal.say("It is resolved, and has held. Tell those who were informed that it is over.")
        while not (self.course.is_ended or self._is_closed or watch.read() >= until_s):
            await asyncio.sleep(PACE_S)

    def rise(self) -> None:
        """The drill is over; nobody sits in it any more."""
        self.crew.sit(self.title)

    async def _take_in(self, event: Event) -> None:
        was_paged, was_stopped = self.course.page is not None, self.limits.stopwatch.is_stopped
        self.course.see(event)
        if self.course.page is event and not was_paged:
            await self.crew.page(event, self.drill)
        elif event.kind == "inject.delivered":
            self.crew.terminal.ring()
        if self.course.is_begun and self.limits.stopwatch.is_stopped and not was_stopped:
            self.crew.terminal.say("The drill clock stands; limits and scoring wait for it. Fault and load go on.")

    async def _is_resolved(self) -> bool:
        if not self.course.is_called_resolved:
            return False
        card = await self.crew.stage.scoring.scorecard(self.drill)
        if card.measures["ttr"].to_at is None:
            return False
        return len(self.course.injected_at) < 2 or (self._witness is not None and self._witness.has_held())

    @property
    def _is_closed(self) -> bool:
        closed_at = self.course.closed_at
        return closed_at is not None and closed_at >= max(self.course.resolved_at, default=closed_at)

    async def _until_begun(self) -> None:
        while not self.course.is_begun:
            await asyncio.sleep(PACE_S)

    async def _obey(self, injection: Injection, witness: Witness) -> None:
        """Each order in turn; one that is given while the clock stands, when it goes on."""
        obeyed = 0
        while True:
            if len(self.course.orders) > obeyed and not self.limits.stopwatch.is_stopped:
                await self._inject(self.course.orders[obeyed], injection, witness)
                obeyed += 1
            await asyncio.sleep(PACE_S)

    async def _inject(self, wanted: str, injection: Injection, witness: Witness) -> None:
        held = injection.held
        mode = held[0] if not wanted and len(held) == 1 else wanted
        if mode not in held:
            ready = f"held ready: {', '.join(held)}" if held else "none is held ready any more"
            self.crew.terminal.say(f"'{wanted or 'another fault'}' was ordered, and cannot be; {ready}")
            return
        alerts = next(each.truth["alerts"] for each in self.scenario.held if each.failure_mode == mode)
        witness.expect(alerts)
        await injection.order(mode)
        self.limits.begin()

    async def _play_injects(self) -> None:
        """What comes by itself, each when its time after the first fault has come; the clock's stops do not count."""
        while not self.course.injected_at:
            await asyncio.sleep(PACE_S)
        watch = self.limits.stopwatch
        began_s = watch.read()
        for number, each in enumerate(self.scenario.planned, start=1):
            while watch.is_stopped or watch.read() < began_s + self.limits.clock.wall(each.after_s):
                await asyncio.sleep(PACE_S)
            scoring = self.crew.stage.scoring
            await scoring.post_event(self.drill, each.kind, FACILITATOR, each.data, key=planned_key(number))

    async def _at_each_line(self, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self.crew.terminal.line()
            await act()

    async def _begin(self) -> None:
        if self.course.is_begun:
            await self._show_links()
        else:
            await self._write("clock.started", {})

    async def _show_links(self) -> None:
        self.crew.terminal.say(*await self.crew.links(self.drill))

    async def _write(self, kind: str, data: dict[str, Any]) -> None:
        await self.crew.stage.scoring.post_event(self.drill, kind, FACILITATOR, data)
