"""A program driven on a real terminal, as a person at a keyboard would."""

import codecs
import fcntl
import os
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread

EXPECT_S = 20.0
CLOSE_S = 1.0
COLUMNS, ROWS = 101, 37


class Terminal:
    """One program on its terminal. What was expected is consumed: the next expectation looks behind it.

    What is shown is read all the time, as a screen does: a program that fills a terminal which nobody reads is held up.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self._process = process
        self._master = master
        self._seen = ""
        self._is_over = False
        self._shown = Condition()
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def expect(self, *texts: str) -> str:
        """Wait until one of `texts` is shown; gives what was shown up to its end."""
        with self._shown:
            self._shown.wait_for(lambda: any(text in self._seen for text in texts) or self._is_over, EXPECT_S)
            found = [(self._seen.index(text), text) for text in texts if text in self._seen]
            assert found, f"{' or '.join(map(repr, texts))} was not shown, but:\n{self._seen}"
            before, _, self._seen = self._seen.partition(min(found)[1])
            return before + min(found)[1]

    def end(self) -> tuple[int, str]:
        """Wait for its end: the exit code, and what else was shown."""
        with self._shown:
            self._shown.wait_for(lambda: self._is_over, EXPECT_S)
        return self._process.wait(EXPECT_S), self._seen

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def settings(self) -> list[object]:
        """Of the terminal, as `termios` has them."""
        return termios.tcgetattr(self._master)

    def close(self) -> None:
        """Nobody looks at it any more; the program has ended."""
        self._reading.join(CLOSE_S)
        os.close(self._master)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while data := self._more():
            with self._shown:
                self._seen += decoder.decode(data)
                self._shown.notify_all()
        with self._shown:
            self._is_over = True
            self._shown.notify_all()

    def _more(self) -> bytes:
        try:
            return os.read(self._master, 65536)
        except OSError:  # nobody has the other end any more
            return b""


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
        driven.close()
