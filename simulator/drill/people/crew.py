"""The people of a game day: where they sit, how they get in, and what they are told in the terminal."""

import os
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from scoring.timeline import Event
from simulator.drill.people.terminal import Terminal, may_open_browser
from simulator.drill.people.wishes import People
from simulator.drill.seat import Seat, remove_seat, write_seat
from simulator.drill.stage import Stage
from simulator.report.sentences import plain, tell

FACILITATOR, RESPONDER, OBSERVER = "facilitator", "responder", "observer"
PAGES = {FACILITATOR: "facilitate", RESPONDER: "respond", OBSERVER: "observe"}
"""The page of a drill at which each of them sits."""
REVIEW = "review"


@dataclass(frozen=True)
class Crew:
    """They play `count` drills. Those without a facilitator respond at this very terminal."""

    stage: Stage
    people: People
    terminal: Terminal
    count: int

    def title(self, number: int) -> str:
        """What a drill is called before anybody may know what it is."""
        return title_of(number, self.count)

    def sit(self, title: str, drill: str | None = None) -> None:
        """Leave what `gameday shell` needs in the working folder; of the secrets a responder's only."""
        run, around = self.stage.run, self.stage.equipment
        seat = Seat(
            url=self.stage.scoring.url,
            token=run.tokens.responder,
            drill=drill,
            title=title,
            clock=run.plan.clock.factor,
            env=dict(around.env),
            hosts=dict(around.hosts),
        )
        write_seat(run.plan.root, seat)

    def leave(self) -> None:
        """Take the seat away."""
        remove_seat(self.stage.plan.root)

    async def welcome(self, title: str, drill: str, *, waits: bool) -> None:
        """Tell everybody how to sit down, before anything happens. `waits`: whether somebody has to begin it."""
        links = await self.links(drill)
        if self.people.is_facilitated:
            self.terminal.say(
                f"{title} is ready, and its clock stands. Each link signs one browser in, once, within the hour:",
                *links,
                "Responders at this machine have the tools of a real night, on the record: gameday shell",
                "Nothing is injected until you start the clock on your page, or press Enter here.",
                "Whenever you stop the clock, limits and scoring wait. The world does not: fault and load go on.",
                "Enter, later on, makes new links.",
            )
            await self.browse(FACILITATOR, drill)
            return
        self.terminal.say(
            f"You are on call: {title}. This link signs your browser in, once, within the hour:",
            *links,
            "Your tools, on the record, in another terminal in this folder: gameday shell",
            "When you are paged: acknowledge, declare the severity, keep people informed, mitigate, resolve.",
            *(["Press Enter when you have sat down. Enter, later on, makes a new link."] if waits else []),
        )

    async def links(self, drill: str) -> list[str]:
        """New links for all who take part, a line for each."""
        who: list[tuple[str, str | None]] = [(RESPONDER, name) for name in self.people.names or (None,)]
        if self.people.is_facilitated:
            who = [(FACILITATOR, None), *who, (OBSERVER, None)]
        told = [f"{role} {name or ''}".strip() for role, name in who]
        width = max(map(len, told))
        return [f"  {each:<{width}}  {await self._link(*one, drill)}" for each, one in zip(told, who, strict=True)]

    async def page(self, event: Event, drill: str) -> None:
        """Page the responders: the bell, what it is about, where to answer, and the browser."""
        annotations = event.data.get("annotations")
        summary = annotations.get("summary") if isinstance(annotations, dict) else None
        self.terminal.ring()
        self.terminal.say(f"PAGE  {tell(event).text}{f': {plain(summary)}' if summary else ''}")
        if not self.people.is_facilitated:
            self.terminal.say("Answer it here:", *await self.links(drill))
            await self.browse(RESPONDER, drill)

    async def invite_to_review(self, drills: Mapping[str, str]) -> None:
        """Say where reviews are written; `drills` are ids by title."""
        is_facilitated, names = self.people.is_facilitated, self.people.names
        role, person = (FACILITATOR, None) if is_facilitated else (RESPONDER, names[0] if names else None)
        self.terminal.say("The service stays up for your review until you press Enter, or Ctrl-C:")
        for title, drill in drills.items():
            link = await self.stage.scoring.sign_in_link(role, person, f"/drills/{drill}/{REVIEW}")
            self.terminal.say(f"  {title}  {link}")

    async def browse(self, role: str, drill: str) -> None:
        """Open a role's page of the drill in a browser, where there is one."""
        if not may_open_browser(self.people.browser, os.environ, is_manned=self.terminal.is_manned):
            return
        person = self.people.names[0] if role == RESPONDER and len(self.people.names) == 1 else None
        link = await self._link(role, person, drill)
        Thread(target=_open, args=(link,), daemon=True).start()  # one in the terminal returns when it is left

    async def _link(self, role: str, person: str | None, drill: str) -> str:
        return await self.stage.scoring.sign_in_link(role, person, f"/drills/{drill}/{PAGES[role]}")


def title_of(number: int, count: int) -> str:
    """What the drill of that number, of so many, is called before anybody may know what it is."""
    return f"drill {number} of {count}"


def _open(link: str) -> None:
    with suppress(webbrowser.Error):  # the link that was printed does the same
        webbrowser.open(link)
