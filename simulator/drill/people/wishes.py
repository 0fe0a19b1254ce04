"""What is wished for a drill in which people respond: who they are, who is told, and when it begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from scoring.errors import ScoringError
from scoring.playbook.figure import parse_duration
from simulator.errors import BadInput

if TYPE_CHECKING:
    from simulator.drill.plan import Options

HUMAN = "human"
"""The responder that is a person, or several."""
LONGEST_DELAY_S = 4 * 3600.0
"""Drill seconds; who sits for longer before nothing happens has gone home."""
_LONGEST_NAME, _MOST_NAMES = 200, 100


@dataclass(frozen=True)
class Delay:
    """Drill seconds before the fault: a random number between two."""

    least_s: float = 0.0
    most_s: float = 0.0

    def draw(self, chance: Random) -> float:
        """Drill seconds."""
        return chance.uniform(self.least_s, self.most_s)


@dataclass(frozen=True)
class People:
    """Who responds: `names`, of one `team`. `notify` is an Apprise configuration; `browser` None leaves it to us.

    In a drill that `is_facilitated` nothing is injected until the facilitator says so; in one that `is_guided` there
    are hints, and breaks. The same `seed` draws the same.
    """

    team: str | None = None
    names: tuple[str, ...] = ()
    is_facilitated: bool = False
    is_guided: bool = False
    delay: Delay = Delay()
    notify: Path | None = None
    browser: bool | None = None
    seed: int | None = None


def people_of(options: "Options", responder: str, *, holds: bool = False) -> People | None:
    """The people of a drill; None where a machine responds, or nobody. Raises `BadInput`.

    `holds`: whether faults wait for an order.
    """
    wished = {
        "--team": options.team is not None,
        "--person": bool(options.person),
        "--facilitated": options.facilitated,
        "--guided": options.guided,
        "--delay": options.delay is not None,
        "--notify": options.notify is not None,
        "--browser": options.browser is not None,
        "--hold": holds,
        "--injects": options.injects is not None,
    }
    if responder != HUMAN:
        if flag := next((flag for flag, is_wished in wished.items() if is_wished), None):
            raise BadInput(f"{flag} goes with --responder {HUMAN}; here it is '{responder}'")
        return None
    if holds and not options.facilitated:
        raise BadInput("--hold goes with --facilitated: without a facilitator nobody could order the fault")
    if options.notify is not None:
        _check_targets(options.notify)
    return People(
        team=_name("--team", options.team) if options.team is not None else None,
        names=_names(options.person or ()),
        is_facilitated=options.facilitated,
        is_guided=options.guided,
        delay=read_delay(options.delay) if options.delay is not None else Delay(),
        notify=options.notify.resolve() if options.notify is not None else None,
        browser=options.browser,
        seed=options.seed,
    )


def read_delay(text: str) -> Delay:
    """`5m`, or `0-20m` for a random one between the two, in drill time. Raises `BadInput`."""
    least, dash, most = text.partition("-")
    try:
        bounds = [_seconds(part) for part in (least, most if dash else least)]
    except ValueError:
        raise BadInput(f"--delay: '{text}' is no delay; give drill time such as 5m, or a range such as 0-20m") from None
    if bounds[0] > bounds[1]:
        raise BadInput(f"--delay: '{text}' ends before it begins; give the shorter one first")
    if bounds[1] > LONGEST_DELAY_S:
        raise BadInput(f"--delay: '{text}' is too long; give {LONGEST_DELAY_S / 3600:g}h at most")
    return Delay(*bounds)


def _seconds(text: str) -> float:
    return 0.0 if text.strip() == "0" else parse_duration(text.strip())


def _names(given: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(_name("--person", name) for name in given))
    if len(names) > _MOST_NAMES:
        raise BadInput(f"--person: {len(names)} people cannot respond at once; name {_MOST_NAMES} at most")
    return names


def _name(flag: str, given: str) -> str:
    name = given.strip()
    if not any(letter.isalnum() for letter in name) or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise BadInput(f"{flag}: {given!r} is no name; give one with letters, {_LONGEST_NAME} at most")
    return name


def _check_targets(path: Path) -> None:
    from scoring.notify import load_targets  # dear to import, and few need it

    try:
        load_targets(path)
    except ScoringError as error:
        raise BadInput(f"--notify: {error}") from None
