"""A program driven on a real terminal, as a person at a keyboard would."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

EXPECT_S = 20.0
COLUMNS, ROWS = 101, 37


class Terminal:
    """One program on its terminal. What was expected is consumed: the next expectation looks behind it."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self._process = process
        self._master = master
        self._seen = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def expect(self, text: str) -> str:
        """Wait until `text` is shown; gives what was shown up to it."""
        deadline = time.monotonic() + EXPECT_S
        while text not in self._seen:
            more = self._more(deadline)
            assert more is not None, f"{text!r} was not shown, but:\n{self._seen}"
            self._seen += more
        before, _, self._seen = self._seen.partition(text)
        return before + text

    def end(self) -> tuple[int, str]:
        """Wait for its end: the exit code, and what else was shown."""
        deadline = time.monotonic() + EXPECT_S
        while (more := self._more(deadline)) is not None:
            self._seen += more
        return self._process.wait(EXPECT_S), self._seen

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def settings(self) -> list[object]:
        """Of the terminal, as `termios` has them."""
        return termios.tcgetattr(self._master)

    def _more(self, deadline: float) -> str | None:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        try:
            return os.read(self._master, 65536).decode(errors="replace") if ready else None
        except OSError:  # nobody has the other end any more
            return None


@contextmanager
def on_terminal(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run `command` on a terminal of 101 by 37; it is killed at the end of the block."""
    master, slave = os.openpty()
    terminal = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cwd,
        env=env,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    driven = Terminal(terminal, master)
    try:
        driven.resize(COLUMNS, ROWS)
        yield driven
    finally:
        terminal.kill()
        terminal.wait()
        os.close(master)
