"""Runbooks beside the alerts at the console, for whoever sits where their files are not: in a folder of their own, or
with a phone. All that the app's rules name are there, whatever is injected: those of a fault alone would tell it.
"""

import asyncio
from collections.abc import Iterator

from scoring.desk.runbooks import LONGEST_ADDRESS, LONGEST_RUNBOOK, MOST_RUNBOOKS, MOST_TEXT, Runbook
from simulator.drill.app.watching import runbook_addresses
from simulator.drill.catalog import runbook_file
from simulator.drill.documents import shown
from simulator.drill.people.terminal import Terminal
from simulator.drill.stage import Stage
from simulator.drill.target import Target
from simulator.errors import BadInput

_WEB = ("http://", "https://")


async def lay_out_runbooks(stage: Stage, terminal: Terminal, drill: str) -> None:
    """Give the drill its runbooks; the terminal is told of those that cannot be had."""
    books, missing = await asyncio.to_thread(gather_runbooks, stage.plan.target)
    await stage.scoring.put_runbooks(drill, [book.model_dump() for book in books])
    terminal.say(*(f"A runbook is not at the console: {each}" for each in missing))


def gather_runbooks(target: Target) -> tuple[list[Runbook], list[str]]:
    """The runbooks that the target's rules name by a path, and for each that cannot be had a sentence."""
    books: list[Runbook] = []
    missing: list[str] = []
    room = MOST_TEXT
    for address in _paths(target):
        try:
            book = _read(address)
        except BadInput as error:
            missing.append(str(error))
            continue
        if len(books) == MOST_RUNBOOKS or len(book.text) > room:
            missing.append(f"{address}: there is no room for it; the others are enough for a drill")
            continue
        room -= len(book.text)
        books.append(book)
    return books, missing


def _paths(target: Target) -> Iterator[str]:
    """What no browser opens by itself."""
    return (address for address in runbook_addresses(target) if not address.startswith(_WEB))


def _read(address: str) -> Runbook:
    path = runbook_file(address)
    try:
        text = path.read_text(encoding="utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{shown(path)}: cannot be read: {error}") from error
    if len(text) > LONGEST_RUNBOOK or len(address) > LONGEST_ADDRESS:
        raise BadInput(f"{shown(path)}: it is too long; {LONGEST_RUNBOOK:,} characters are the most")
    return Runbook(address=address, text=text)
