"""The terminal in which a drill for people was started, if there is one: what is said there, the bell, lines typed."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from rich.console import Console


class Terminal:
    """`stdin` is the file descriptor that lines are typed into."""

    def __init__(self, console: Console, stdin: int = 0) -> None:
        self.console = console
        self._stdin = stdin
        self._typed: list[str] = []

    @property
    def is_manned(self) -> bool:
        """Whether somebody reads what is said, and can type."""
        return self.console.is_terminal and os.isatty(self._stdin)

    def say(self, *lines: str) -> None:
        """Each line as it is, never broken up; nothing in it steers the terminal."""
        for line in lines:
            shown = "".join(letter if letter.isprintable() else " " for letter in line)
            self.console.print(shown, soft_wrap=True, highlight=False, markup=False)

    def ring(self) -> None:
        """The bell; in a log there is none."""
        if self.console.is_terminal:
            self.console.bell()

    async def line(self) -> str:
        """The next line that is typed; waits for ever where nobody can type any more."""
        if not os.isatty(self._stdin):
            await asyncio.Event().wait()
        while not self._typed:
            await self._wait_for_input()
            data = b""
            with suppress(OSError):  # as for a process in the background
                data = os.read(self._stdin, 4096)
            if not data:
                await asyncio.Event().wait()
            self._typed += data.decode(errors="replace").splitlines()
        return self._typed.pop(0)

    async def _wait_for_input(self) -> None:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._stdin, arrived.set)
        try:
            await arrived.wait()
        finally:
            loop.remove_reader(self._stdin)


def may_open_browser(is_wished: bool | None, env: Mapping[str, str], *, is_manned: bool) -> bool:
    """Whether a browser is opened: as it is wished, else in a terminal that has a display or a BROWSER."""
    if is_wished is not None:
        return is_wished
    has_screen = sys.platform in {"darwin", "win32"} or any(
        env.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    return is_manned and has_screen
